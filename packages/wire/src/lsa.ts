/**
 * Link-state announcement: one directed adjacency, exactly 24 bytes, big-endian, one per packet on the management flow.
 * Destination comes first. [spec/wire-control.md §4.1]
 *
 *   0 destination address (8) │ 8 source address (8) │ 16 sequence number (8)
 */
import { addressTo64, isAddress } from './address-bytes.js';
import { accepted, refused, type Decoded } from './decoded.js';
import { fieldTable, readFields, writeFields } from './field-table.js';

export const LSA_LENGTH = 24;

export const LSA_TABLE = fieldTable('big-endian', { destination: 'u64', source: 'u64', sequence: 'u64' });

export interface Lsa {
  /** Address at the far end of the adjacency. */
  readonly destination: number;
  /** Address of the announcing node. */
  readonly source: number;
  /** Compared as 64 bit without wrap. */
  readonly sequence: bigint;
}

/** Refuses every length but 24 (`bad-length`) and addresses of 2^32 and more. */
export function decodeLsa(bytes: Uint8Array): Decoded<Lsa> {
  if (bytes.length !== LSA_LENGTH) return refused('bad-length');
  const { destination, source, sequence } = readFields(LSA_TABLE, bytes);
  if (!isAddress(destination)) return refused('bad-value', 'destination');
  if (!isAddress(source)) return refused('bad-value', 'source');
  return accepted({ destination: Number(destination), source: Number(source), sequence });
}

/** EINVAL for an address or number that does not fit. */
export function encodeLsa(lsa: Lsa): Uint8Array {
  const bytes = new Uint8Array(LSA_LENGTH);
  writeFields(LSA_TABLE, bytes, {
    destination: addressTo64(lsa.destination),
    source: addressTo64(lsa.source),
    sequence: lsa.sequence,
  });
  return bytes;
}
