import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { DigestName } from '@ouroboros/ports';

/** Curves of EC keys. [spec/wire-crypto.md §8.3] */
const CURVES: readonly string[] = ['prime256v1', 'secp384r1', 'secp521r1'];
const MIN_RSA_BITS = 2048;
/** What EC and RSA keys sign with by themselves. [spec/wire-crypto.md §8.3] */
const OWN_DIGEST: DigestName = 'sha256';

export type KeyFault = 'unsupported' | 'weak';

/** What keeps a key, private or public, from being used for signatures; undefined: nothing. */
export function keyFault(key: KeyObject | null): KeyFault | undefined {
  const { modulusLength = 0, namedCurve = '' } = key?.asymmetricKeyDetails ?? {};
  switch (key?.asymmetricKeyType) {
    case 'ed25519':
    case 'ed448':
      return undefined;
    case 'ec':
      return CURVES.includes(namedCurve) ? undefined : 'unsupported';
    case 'rsa':
      return modulusLength >= MIN_RSA_BITS ? undefined : 'weak';
    default:
      return 'unsupported';
  }
}

/** False for keys that sign without a digest. */
export const takesDigest = (key: KeyObject): boolean =>
  key.asymmetricKeyType !== 'ed25519' && key.asymmetricKeyType !== 'ed448';

/**
 * As OpenSSL's DigestSign: DER for ECDSA, PKCS #1 v1.5 for RSA. Undefined when the digest does not go with the key.
 * [spec/wire-crypto.md §8.3]
 */
export function signRegion(key: KeyObject, digest: DigestName | null, region: Uint8Array): Uint8Array | undefined {
  const algorithm = algorithmFor(key, digest);
  if (algorithm === undefined) return undefined;
  return attempt(() => new Uint8Array(sign(algorithm, region, key)));
}

/** Undefined when the digest does not go with the key. */
export function verifyRegion(
  key: KeyObject,
  digest: DigestName | null,
  region: Uint8Array,
  signature: Uint8Array,
): boolean | undefined {
  const algorithm = algorithmFor(key, digest);
  if (algorithm === undefined) return undefined;
  return attempt(() => verify(algorithm, region, key, signature));
}

/** Whether the holder of a public key (SPKI DER) has signed `region`. False for anything that is no key that we take. */
export function signedBy(publicKey: Uint8Array, region: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    return keyFault(key) === undefined && verifyRegion(key, null, region, signature) === true;
  } catch {
    return false;
  }
}

function algorithmFor(key: KeyObject, digest: DigestName | null): DigestName | null | undefined {
  if (takesDigest(key)) return digest ?? OWN_DIGEST;
  return digest === null ? null : undefined;
}

/** OpenSSL knows which digests it signs with which keys; it throws for the others. */
function attempt<T>(operation: () => T): T | undefined {
  try {
    return operation();
  } catch {
    return undefined;
  }
}
