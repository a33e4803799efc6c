/**
 * Packets between the two processes of a measurement: the first byte says what the server does with it, the next four are the number of
 * the run, the rest is padding. The answer to REPORT is JSON behind the first byte.
 */
export const ECHO = 1;
export const COUNT = 2;
export const REPORT = 3;

const HEADER = 5;

export function packetOf(kind: number, size: number, run = 0): Uint8Array {
  const packet = new Uint8Array(Math.max(size, HEADER)).fill(0x5a);
  packet[0] = kind;
  new DataView(packet.buffer).setUint32(1, run);
  return packet;
}

export const runOf = (packet: Uint8Array): number =>
  ((packet[1]! << 24) | (packet[2]! << 16) | (packet[3]! << 8) | packet[4]!) >>> 0;

/** What the server has seen of one run of COUNT packets. Times are its own, in ms. */
export interface Received {
  readonly packets: number;
  readonly bytes: number;
  /** From the first to the last packet. */
  readonly spanMs: number;
  /** Packets in each second from the first one. */
  readonly perSecond: readonly number[];
}

export function reportPacket(received: Received): Uint8Array {
  return Buffer.concat([Buffer.of(REPORT), Buffer.from(JSON.stringify(received))]);
}

export const readReport = (packet: Uint8Array): Received =>
  JSON.parse(Buffer.from(packet.subarray(1)).toString()) as Received;
