import { createHash, createHmac } from 'node:crypto';
import { OuroborosError, concatBytes } from '@ouroboros/model';
import type { DigestName, Kdf } from '@ouroboros/ports';

/** Length of each digest in bytes. [spec/wire-crypto.md §2] */
export const DIGEST_LENGTH: Readonly<Record<DigestName, number>> = {
  blake2s256: 32,
  sha256: 32,
  'sha3-256': 32,
  sha384: 48,
  'sha3-384': 48,
  blake2b512: 64,
  sha512: 64,
  'sha3-512': 64,
};

/** HKDF [RFC 5869] by HMAC of node:crypto, with any digest of OAP. Their names are OpenSSL's. */
export class NodeKdf implements Kdf {
  extract(digest: DigestName, salt: Uint8Array, secret: Uint8Array): Uint8Array {
    return hmac(digest, salt, secret);
  }

  /** EINVAL for more than 255 blocks. [RFC 5869 §2.3] */
  expand(digest: DigestName, key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
    const block = DIGEST_LENGTH[digest];
    const blocks = Math.ceil(length / block);
    if (blocks > 255) throw new OuroborosError('EINVAL', `${length} bytes are too many to expand`, { field: 'length' });
    const out = new Uint8Array(blocks * block);
    let last: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < blocks; i++) {
      last = hmac(digest, key, concatBytes(last, info, Uint8Array.of(i + 1)));
      out.set(last, i * block);
    }
    const expanded = out.slice(0, length);
    out.fill(0);
    last.fill(0);
    return expanded;
  }

  digest(digest: DigestName, bytes: Uint8Array): Uint8Array {
    return new Uint8Array(createHash(digest).update(bytes).digest());
  }
}

const hmac = (digest: DigestName, key: Uint8Array, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHmac(digest, key).update(bytes).digest());
