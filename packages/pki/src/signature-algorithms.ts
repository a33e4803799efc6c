/** Signature algorithms by object identifier, with the digest for node:crypto; null = part of the algorithm. */
const DIGESTS: ReadonlyMap<string, string | null> = new Map([
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.3.101.112', null],
  ['1.3.101.113', null],
]);

/** MD2, MD4, MD5 and SHA-1 with RSA, SHA-1 with DSA and with ECDSA. */
const BROKEN: readonly string[] = [
  '1.2.840.113549.1.1.2',
  '1.2.840.113549.1.1.3',
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.10040.4.3',
  '1.2.840.10045.4.1',
];

/** Undefined for an algorithm that revocation lists may not be signed with here. */
export const digestOfSignature = (oid: string): string | null | undefined => DIGESTS.get(oid);

/** Whether collisions of the digest can be made. */
export const isBroken = (oid: string): boolean => BROKEN.includes(oid);
