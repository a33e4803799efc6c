import type { DigestName, Hash, Kdf, KeyExchange } from '@ouroboros/ports';
import { OAP_DIGESTS } from '@ouroboros/wire';

export interface OapCrypto {
  readonly kdf: Kdf;
  readonly keyExchange: KeyExchange;
}

export interface OapTools {
  readonly hash: Hash;
  /** Null: this host encrypts nothing. */
  readonly crypto: OapCrypto | null;
}

const PORT_NAMES: Partial<Readonly<Record<DigestName, Parameters<Hash['digest']>[0]>>> = {
  'sha3-256': 'SHA3_256',
  sha384: 'SHA384',
  'sha3-384': 'SHA3_384',
  'sha3-512': 'SHA3_512',
};

/** Undefined for a digest that only a host with cryptography has. */
export function digested(tools: OapTools, digest: DigestName, bytes: Uint8Array): Uint8Array | undefined {
  if (tools.crypto) return tools.crypto.kdf.digest(digest, bytes);
  const name = PORT_NAMES[digest];
  return name && tools.hash.digest(name, bytes);
}

/** The digest of the request hash for a request's `md_nid`: SHA-384 for 0. [spec/wire-crypto.md §1] */
export const requestDigest = (mdNid: number): DigestName =>
  OAP_DIGESTS.find(({ nid }) => nid === mdNid)?.name ?? 'sha384';
