/**
 * Packets between the two processes of a measurement: the first byte says what the server does with it, the rest is
 * padding. The answer to REPORT is JSON behind the first byte.
 */
export const ECHO = 1;
export const COUNT = 2;
export const REPORT = 3;

export function packetOf(kind: number, size: number): Uint8Array {
  const packet = new Uint8Array(size).fill(0x5a);
  packet[0] = kind;
  return packet;
}

/** What the server has seen of a stream of COUNT packets. Times are its own, in ms. */
export interface Received {
  readonly packets: number;
  readonly bytes: number;
  /** From the first to the last packet. */
  readonly spanMs: number;
}

export function reportPacket(received: Received): Uint8Array {
  return Buffer.concat([Buffer.of(REPORT), Buffer.from(JSON.stringify(received))]);
}

export const readReport = (packet: Uint8Array): Received =>
  JSON.parse(Buffer.from(packet.subarray(1)).toString()) as Received;
