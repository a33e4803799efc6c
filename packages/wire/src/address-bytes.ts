import { OuroborosError } from '@ouroboros/model';
import { accepted, refused, type Decoded } from './decoded.js';

/** Largest address; addresses are unsigned 32-bit numbers that some formats hold in 64 bits. [spec/wire-control.md §3] */
export const MAX_ADDRESS = 0xffffffff;

/** An address as directory value: 8 bytes, big-endian. EINVAL when it is not an unsigned 32-bit number. */
export function addressToBytes(address: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, addressTo64(address));
  return bytes;
}

/** The address in a directory value: `bad-length` unless 8 bytes, `bad-value` unless 1…2^32−1. */
export function addressFromBytes(bytes: Uint8Array): Decoded<number> {
  if (bytes.length !== 8) return refused('bad-length');
  const value = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0);
  return value === 0n || value > BigInt(MAX_ADDRESS) ? refused('bad-value') : accepted(Number(value));
}

/** An address as a 64-bit field takes it. EINVAL when it is not an unsigned 32-bit number. */
export function addressTo64(address: number): bigint {
  if (!Number.isInteger(address) || address < 0 || address > MAX_ADDRESS) {
    throw new OuroborosError('EINVAL', `${address} is not an address`, { field: 'address' });
  }
  return BigInt(address);
}

export const isAddress = (value: bigint): boolean => value <= BigInt(MAX_ADDRESS);
