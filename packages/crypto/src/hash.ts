import { createHash } from 'node:crypto';
import type { Hash } from '@ouroboros/ports';

type Algorithm = Parameters<Hash['digest']>[0];

/** Names of the algorithms in OpenSSL. */
const OPENSSL_NAME: Readonly<Record<Algorithm, string>> = {
  SHA3_224: 'sha3-224',
  SHA3_256: 'sha3-256',
  SHA3_384: 'sha3-384',
  SHA3_512: 'sha3-512',
  MD5: 'md5',
  SHA384: 'sha384',
};

/** Digests by node:crypto. The result is a new array. */
export class NodeHash implements Hash {
  digest(algorithm: Algorithm, bytes: Uint8Array): Uint8Array {
    return new Uint8Array(createHash(OPENSSL_NAME[algorithm]).update(bytes).digest());
  }
}
