/**
 * What oping writes into one packet of the flow. [spec/tools.md §1]
 *
 *   0       4       8              16             24
 *   | type  | id    | seconds      | nanoseconds  | zeros up to the size |
 *
 * type and id are big-endian; the two halves of the sender's monotonic time are little-endian (C: the sender's memory
 * order) and opaque to the server.
 */
export const HEADER_BYTES = 24;
export const MIN_SIZE = 64;
export const MAX_SIZE = 1500;

const REQUEST = 0;
const REPLY = 1;
const NANOS_PER_SECOND = 1_000_000_000n;

/** A reply as the client sees it. */
export interface PingReply {
  readonly id: number;
  /** When the request was sent, in ns of the client's monotonic clock. */
  readonly sentAt: bigint;
}

/** Writes a request into the front of `packet`; what is behind the header stays. `sentAt` in ns. */
export function putRequest(packet: Uint8Array, id: number, sentAt: bigint): void {
  const view = viewOf(packet);
  view.setUint32(0, REQUEST);
  view.setUint32(4, id);
  view.setBigUint64(8, sentAt / NANOS_PER_SECOND, true);
  view.setBigUint64(16, sentAt % NANOS_PER_SECOND, true);
}

/** Undefined when `packet` is no reply. */
export function readReply(packet: Uint8Array): PingReply | undefined {
  if (packet.length < HEADER_BYTES) return undefined;
  const view = viewOf(packet);
  if (view.getUint32(0) !== REPLY) return undefined;
  const sentAt = view.getBigUint64(8, true) * NANOS_PER_SECOND + view.getBigUint64(16, true);
  return { id: view.getUint32(4), sentAt };
}

/** Turns a request into its reply in place: the type changes, all else stays. False when `packet` is no request. */
export function turnIntoReply(packet: Uint8Array): boolean {
  if (packet.length < 4) return false;
  const view = viewOf(packet);
  if (view.getUint32(0) !== REQUEST) return false;
  view.setUint32(0, REPLY);
  return true;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
