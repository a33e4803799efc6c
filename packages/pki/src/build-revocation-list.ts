import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  CertificateList,
  Extension,
  id_ce_cRLNumber,
  RevokedCertificate,
  TBSCertList,
  Version,
} from '@peculiar/asn1-x509';
import { fromHex } from '@ouroboros/model';
import { authorityKeyId, timeOf, type Issuer } from './build-certificate.js';
import { toArrayBuffer } from './signing-key.js';

export interface RevocationPlan {
  readonly issuer: Issuer;
  /** Grows with each list. Below 2^31. */
  readonly number: number;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  /** Serial numbers in hex with the time of revocation. */
  readonly revoked: ReadonlyMap<string, number>;
}

/** A version 2 revocation list in DER. [RFC 5280 §5.1] */
export function buildRevocationList(plan: RevocationPlan): Uint8Array {
  const { key, name } = plan.issuer;
  const entries = [...plan.revoked].map(([serial, ms]) => {
    return new RevokedCertificate({ userCertificate: integerOf(serial), revocationDate: timeOf(ms) });
  });
  const body = new TBSCertList({
    version: Version.v2,
    signature: key.algorithm,
    issuer: name,
    thisUpdate: timeOf(plan.thisUpdateMs),
    nextUpdate: timeOf(plan.nextUpdateMs),
    // An empty list is left out. [RFC 5280 §5.1.2.6]
    revokedCertificates: entries.length > 0 ? entries : undefined,
    crlExtensions: [authorityKeyId(key), listNumber(plan.number)],
  });
  const list = new CertificateList({
    tbsCertList: body,
    signatureAlgorithm: key.algorithm,
    signature: key.sign(new Uint8Array(AsnConvert.serialize(body))),
  });
  return new Uint8Array(AsnConvert.serialize(list));
}

/** Serial numbers are positive: a first bit that is set gets a zero byte before it. */
function integerOf(hex: string): ArrayBuffer {
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return toArrayBuffer(fromHex(/^[89a-f]/i.test(even) ? `00${even}` : even));
}

function listNumber(value: number): Extension {
  const bytes = new Uint8Array(integerOf(value.toString(16)));
  const der = Uint8Array.of(0x02, bytes.length, ...bytes);
  return new Extension({ extnID: id_ce_cRLNumber, critical: false, extnValue: new OctetString(toArrayBuffer(der)) });
}
