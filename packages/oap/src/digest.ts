import type { Hash } from '@ouroboros/ports';
import { OAP_DIGESTS, type OapMessage } from '@ouroboros/wire';

type PortDigest = Parameters<Hash['digest']>[0];

const BY_NAME: Readonly<Record<string, PortDigest>> = {
  'sha3-256': 'SHA3_256',
  sha384: 'SHA384',
  'sha3-384': 'SHA3_384',
  'sha3-512': 'SHA3_512',
};

/**
 * The digest of the request hash for a request's `md_nid`: SHA-384 for 0. Undefined for those that only a host with
 * cryptography configured uses; then there is no answering the request. [spec/wire-crypto.md §1]
 */
export function requestDigest(mdNid: number): PortDigest | undefined {
  if (mdNid === 0) return 'SHA384';
  const name = OAP_DIGESTS.find((one) => one.nid === mdNid)?.name;
  return name === undefined ? undefined : BY_NAME[name];
}

const NOTHING = new Uint8Array(0);

/** A message without any cryptography. */
export const plainMessage = (
  parts: Pick<OapMessage, 'id' | 'timestampNs' | 'data'> & Partial<OapMessage>,
): OapMessage => ({
  cipherNid: 0,
  kdfNid: 0,
  mdNid: 0,
  certificate: NOTHING,
  kex: NOTHING,
  kexRaw: false,
  kexClientEncapsulates: false,
  requestHash: NOTHING,
  signature: NOTHING,
  ...parts,
});
