import { address, utf8Bytes, type Address } from '@ouroboros/model';
import type { Hash } from '@ouroboros/ports';

/**
 * In a layer with authenticated members an address follows from the name in the member's certificate, so that nobody can give
 * another's address as its own: the first 32 bits of SHA3-256 of the name. The authority certifies no two members with the same.
 */
export function certifiedAddress(name: string, hash: Hash): Address {
  const digest = hash.digest('SHA3_256', utf8Bytes(name));
  const [a, b, c, d] = digest as unknown as readonly [number, number, number, number];
  // 0 stands for no address.
  return address(((a << 24) | (b << 16) | (c << 8) | d) >>> 0 || 1);
}
