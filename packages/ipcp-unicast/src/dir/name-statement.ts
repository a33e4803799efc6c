import { address, type Address } from '@ouroboros/model';
import { isAddress } from '../routing/messages.js';

/**
 * What a member says of a name in a layer with authenticated members: that it serves it, or does not any more, all big-endian
 * [docs/wire-extensions.md, Signed names]. It stands in the place of the address as the value of a key.
 *
 * ```
 * value     | address u64 | number u64 | flags u8 | signature |
 * signed    | address u64 | number u64 | flags u8 | key |
 * ```
 *
 * The number is that of statements of links: the wall clock of the member in ms. Flag: 1 withdrawn. The certificate is the one that the
 * member's link state bears.
 */
export interface NameStatement {
  readonly address: Address;
  readonly number: bigint;
  readonly withdrawn: boolean;
}

const HEAD = 17;
const WITHDRAWN = 1;
/** RSA with 8192 bits. */
const MAX_SIGNATURE = 1024;

/** What is signed. */
export function nameBody({ address, number, withdrawn }: NameStatement, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD + key.length);
  const data = new DataView(bytes.buffer);
  data.setBigUint64(0, BigInt(address));
  data.setBigUint64(8, number);
  data.setUint8(16, withdrawn ? WITHDRAWN : 0);
  bytes.set(key, HEAD);
  return bytes;
}

/** The value, of what is signed and its signature. */
export function encodeName(body: Uint8Array, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD + signature.length);
  bytes.set(body.subarray(0, HEAD));
  bytes.set(signature, HEAD);
  return bytes;
}

/** Undefined for what is no such value. The signature is a view. */
export function decodeName(bytes: Uint8Array): (NameStatement & { readonly signature: Uint8Array }) | undefined {
  if (bytes.length <= HEAD || bytes.length > HEAD + MAX_SIGNATURE) return undefined;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [from, number, flags] = [data.getBigUint64(0), data.getBigUint64(8), data.getUint8(16)];
  if (!isAddress(from) || flags > WITHDRAWN) return undefined;
  const signature = bytes.subarray(HEAD);
  return { address: address(Number(from)), number, withdrawn: flags === WITHDRAWN, signature };
}
