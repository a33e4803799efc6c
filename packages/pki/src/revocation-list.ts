import { verify } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { CertificateList, id_ce_cRLNumber, type Extension } from '@peculiar/asn1-x509';
import { toHex } from '@ouroboros/model';
import { nameKey, type Certificate } from './certificate.js';
import { digestOfSignature } from './signature-algorithms.js';

/** A revocation list (CRL) as its file has it. [RFC 5280 §5] */
export interface RevocationList {
  /** Distinguished name of the authority, for comparison with a certificate's subject. */
  readonly issuer: string;
  /** Serial numbers with the time of revocation in milliseconds since 1970. */
  readonly revoked: ReadonlyMap<string, number>;
  /** 0 when the list has no number. */
  readonly number: number;
  /** Whether this authority signed the list; only then it counts. */
  readonly isBy: (authority: Certificate) => boolean;
}

/**
 * Reads DER; undefined when it is no list, or one with a critical extension or an algorithm that we don't know: delta
 * lists and lists of several issuers are not understood, and guessing would lose revocations.
 */
export function readRevocationList(der: Uint8Array): RevocationList | undefined {
  try {
    return factsOf(AsnConvert.parse(der, CertificateList));
  } catch {
    return undefined;
  }
}

/** Serial numbers as node:crypto writes them: upper case, no leading zero bytes. */
const serialText = (bytes: ArrayBuffer): string =>
  toHex(new Uint8Array(bytes))
    .replace(/^(00)+(?=.)/, '')
    .toUpperCase();

function factsOf(list: CertificateList): RevocationList | undefined {
  const body = list.tbsCertList;
  const extensions: readonly Extension[] = body.crlExtensions ?? [];
  const entries = body.revokedCertificates ?? [];
  const inner = entries.flatMap((entry) => entry.crlEntryExtensions ?? []);
  const digest = digestOfSignature(list.signatureAlgorithm.algorithm);
  if (digest === undefined || [...extensions, ...inner].some(({ critical }) => critical)) return undefined;
  const issuer = nameKey(body.issuer);
  return {
    issuer,
    revoked: new Map(
      entries.map((entry) => [serialText(entry.userCertificate), entry.revocationDate.getTime().getTime()]),
    ),
    number: numberOf(extensions),
    isBy: (authority) => authority.subject === issuer && isSignedBy(list, digest, authority),
  };
}

function numberOf(extensions: readonly Extension[]): number {
  const found = extensions.find(({ extnID }) => extnID === id_ce_cRLNumber);
  // An INTEGER in an OCTET STRING: tag and length go first.
  return found ? Number(`0x${toHex(new Uint8Array(found.extnValue.buffer).subarray(2)) || '0'}`) : 0;
}

function isSignedBy(list: CertificateList, digest: string | null, { publicKey }: Certificate): boolean {
  if (publicKey === null) return false;
  try {
    return verify(digest, Buffer.from(list.tbsCertListRaw!), publicKey, Buffer.from(list.signature));
  } catch {
    return false;
  }
}
