import { createHash, X509Certificate, type KeyObject } from 'node:crypto';
import { AsnConvert, AsnParser } from '@peculiar/asn1-schema';
import {
  BasicConstraints,
  Certificate as AsnCertificate,
  ExtendedKeyUsage,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  KeyUsage,
  type Extension,
  type Name,
} from '@peculiar/asn1-x509';
import { toHex, printable } from '@ouroboros/model';

const COMMON_NAME = '2.5.4.3';
/** Extensions whose meaning is looked at, or has none here; any other that is critical makes a certificate unusable. [RFC 5280 §4.2] */
const KNOWN_EXTENSIONS: readonly string[] = [
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_extKeyUsage,
  id_ce_subjectAltName,
];

/** What a certificate says, read once. */
export interface Certificate {
  readonly der: Uint8Array;
  readonly x509: X509Certificate;
  /** Null: of a kind that this OpenSSL does not know. */
  readonly publicKey: KeyObject | null;
  /** Hexadecimal, upper case. */
  readonly serial: string;
  /** First common name of the subject, '' without one. [spec/wire-crypto.md §11 Quirk 14] */
  readonly commonName: string;
  readonly issuerName: string;
  /** The distinguished names, for comparison. */
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** May sign certificates: basic constraints, and key usage where there is one. */
  readonly authority: boolean;
  /** How many intermediates may stand below it. */
  readonly pathLength: number;
  /** May sign messages. */
  readonly signs: boolean;
  /** Object identifiers of the extended key usage; null: for anything. */
  readonly purposes: readonly string[] | null;
  /** A critical extension that we don't know; null: none. */
  readonly unknownCritical: string | null;
  /** Object identifier of the algorithm that the issuer signed with. */
  readonly signedWith: string;
}

/** Reads DER; undefined when it is no certificate. Whatever the bytes are, it does not throw. */
export function readCertificate(der: Uint8Array): Certificate | undefined {
  try {
    return factsOf(der);
  } catch {
    return undefined;
  }
}

/** `certificate "oping" (serial 1A, issued by "lab")`, without control characters. */
export const describe = ({ commonName, serial, issuerName }: Certificate): string =>
  printable(`certificate "${commonName}" (serial ${serial}, issued by "${issuerName}")`);

export const isSelfSigned = (certificate: Certificate): boolean => isIssuedBy(certificate, certificate);

/** What was found of two certificates stays so. */
const issuedBy = new WeakMap<Certificate, WeakMap<Certificate, boolean>>();

/** Name, key identifiers and signature agree. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  const found = issuedBy.get(certificate) ?? new WeakMap<Certificate, boolean>();
  issuedBy.set(certificate, found);
  const known = found.get(issuer) ?? agrees(certificate, issuer);
  found.set(issuer, known);
  return known;
}

const agrees = ({ x509 }: Certificate, issuer: Certificate): boolean =>
  issuer.publicKey !== null && x509.checkIssued(issuer.x509) && x509.verify(issuer.publicKey);

/** The public key, SPKI DER. */
export const spkiOf = ({ x509 }: Certificate): Buffer => x509.publicKey.export({ type: 'spki', format: 'der' });

/** First 16 bytes of SHA-256 of the key: stays when the certificate is renewed. */
export const fingerprintOf = (certificate: Certificate): Uint8Array =>
  new Uint8Array(createHash('sha256').update(spkiOf(certificate)).digest().subarray(0, FINGERPRINT_LENGTH));

const FINGERPRINT_LENGTH = 16;

export const nameKey = (name: Name): string => toHex(new Uint8Array(AsnConvert.serialize(name)));

function factsOf(der: Uint8Array): Certificate {
  const x509 = new X509Certificate(der);
  const { tbsCertificate: body, signatureAlgorithm } = AsnConvert.parse(der, AsnCertificate);
  const extensions: readonly Extension[] = body.extensions ?? [];
  const constraints = extensionOf(extensions, id_ce_basicConstraints, BasicConstraints);
  const usage = extensionOf(extensions, id_ce_keyUsage, KeyUsage)?.toJSON();
  const purposes = extensionOf(extensions, id_ce_extKeyUsage, ExtendedKeyUsage);
  return {
    der,
    x509,
    publicKey: publicKeyOf(x509),
    serial: x509.serialNumber,
    commonName: firstCommonName(body.subject),
    issuerName: firstCommonName(body.issuer),
    subject: nameKey(body.subject),
    issuer: nameKey(body.issuer),
    notBeforeMs: body.validity.notBefore.getTime().getTime(),
    notAfterMs: body.validity.notAfter.getTime().getTime(),
    authority: constraints?.cA === true && (usage === undefined || usage.includes('keyCertSign')),
    pathLength: constraints?.pathLenConstraint ?? Infinity,
    signs: usage === undefined || usage.includes('digitalSignature'),
    purposes: purposes === undefined ? null : [...purposes],
    unknownCritical: extensions.find((e) => e.critical && !KNOWN_EXTENSIONS.includes(e.extnID))?.extnID ?? null,
    signedWith: signatureAlgorithm.algorithm,
  };
}

function publicKeyOf(x509: X509Certificate): KeyObject | null {
  try {
    return x509.publicKey;
  } catch {
    return null;
  }
}

function firstCommonName(name: Name): string {
  const attribute = [...name].flatMap((set) => [...set]).find(({ type }) => type === COMMON_NAME);
  return attribute?.value.toString() ?? '';
}

function extensionOf<T>(extensions: readonly Extension[], id: string, type: new () => T): T | undefined {
  const found = extensions.find((extension) => extension.extnID === id);
  return found && AsnParser.parse(found.extnValue, type);
}
