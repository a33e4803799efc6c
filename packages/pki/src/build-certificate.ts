import { createHash } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate as AsnCertificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Time,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import type { CertificateRole } from './places.js';
import { toArrayBuffer, type SigningKey } from './signing-key.js';

const COMMON_NAME = '2.5.4.3';

export interface CertificatePlan {
  readonly kind: CertificateRole | 'authority';
  readonly commonName: string;
  /** Positive, in the fewest bytes. */
  readonly serial: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SPKI DER of the key that is certified. */
  readonly publicDer: Uint8Array;
  readonly issuer: Issuer;
}

/** Who signs. */
export interface Issuer {
  readonly name: Name;
  readonly key: SigningKey;
}

/** A version 3 certificate in DER. [RFC 5280 §4.1] */
export function buildCertificate(plan: CertificatePlan): Uint8Array {
  const { issuer } = plan;
  const body = new TBSCertificate({
    version: Version.v3,
    serialNumber: toArrayBuffer(plan.serial),
    signature: issuer.key.algorithm,
    issuer: issuer.name,
    validity: new Validity({ notBefore: new Date(plan.notBeforeMs), notAfter: new Date(plan.notAfterMs) }),
    subject: commonNameOnly(plan.commonName),
    subjectPublicKeyInfo: AsnConvert.parse(plan.publicDer, SubjectPublicKeyInfo),
    extensions: new Extensions(extensionsOf(plan)),
  });
  const certificate = new AsnCertificate({
    tbsCertificate: body,
    signatureAlgorithm: issuer.key.algorithm,
    signatureValue: issuer.key.sign(new Uint8Array(AsnConvert.serialize(body))),
  });
  return new Uint8Array(AsnConvert.serialize(certificate));
}

export function commonNameOnly(text: string): Name {
  const value = new AttributeValue({ utf8String: text });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value })])]);
}

/** Times from 2050 on have another form. [RFC 5280 §4.1.2.5] */
export const timeOf = (ms: number): Time => new Time(new Date(ms));

export const extension = (extnID: string, critical: boolean, value: unknown): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

export const authorityKeyId = (key: SigningKey): Extension =>
  extension(
    id_ce_authorityKeyIdentifier,
    false,
    new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdOf(key.publicDer)) }),
  );

/** Members of a layer call one another. */
const PURPOSES = {
  server: [id_kp_serverAuth],
  client: [id_kp_clientAuth],
  member: [id_kp_serverAuth, id_kp_clientAuth],
} as const;

function extensionsOf({ kind, publicDer, issuer }: CertificatePlan): Extension[] {
  const authority = kind === 'authority';
  const usage = authority ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : KeyUsageFlags.digitalSignature;
  return [
    extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: authority })),
    extension(id_ce_keyUsage, true, new KeyUsage(usage)),
    ...(kind === 'authority' ? [] : [extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([...PURPOSES[kind]]))]),
    extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyIdOf(publicDer))),
    authorityKeyId(issuer.key),
  ];
}

/** SHA-1 of the key without its algorithm; an identifier, nothing rests on its strength. [RFC 5280 §4.2.1.2 (1)] */
function keyIdOf(publicDer: Uint8Array): ArrayBuffer {
  const { subjectPublicKey } = AsnConvert.parse(publicDer, SubjectPublicKeyInfo);
  return toArrayBuffer(createHash('sha1').update(Buffer.from(subjectPublicKey)).digest());
}
