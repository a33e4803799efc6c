/**
 * What operf writes into the packets of a flow; C writes the memory order of the sender, which is little-endian on all
 * supported machines. [spec/tools.md §3]
 *
 *   first packet:  0          4        all others:  0         4
 *                  | test type |                    | seqno   | zeros up to the size |
 *
 * Test type: 0 unidirectional, 1 bidirectional.
 */
import type { TestType } from './arguments.js';

const CONFIG_BYTES = 4;
const TYPES: readonly TestType[] = ['uni', 'bi'];

/** The first packet of a flow. */
export function configPacket(test: TestType): Uint8Array {
  const packet = new Uint8Array(CONFIG_BYTES);
  viewOf(packet).setUint32(0, TYPES.indexOf(test), true);
  return packet;
}

/** Undefined when `packet` is no first packet. */
export function readConfig(packet: Uint8Array): TestType | undefined {
  return packet.length === CONFIG_BYTES ? TYPES[viewOf(packet).getUint32(0, true)] : undefined;
}

/** `seqno` modulo 2^32, as it goes over the wire. */
export function putSeqno(packet: Uint8Array, seqno: number): void {
  viewOf(packet).setUint32(0, seqno, true);
}

/** Undefined when `packet` is too short for one. */
export const readSeqno = (packet: Uint8Array): number | undefined =>
  packet.length < 4 ? undefined : viewOf(packet).getUint32(0, true);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
