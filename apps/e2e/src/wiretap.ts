import { createSocket, type Socket } from 'node:dgram';

/** More than is on the way at once: what a tap loses is sent again, and takes time. */
const BUFFER = 4 << 20;

/**
 * A relay on the link of two nodes of a UDP layer, for those who know each other by its addresses: it passes everything
 * on and keeps a copy.
 */
export class Wiretap {
  /** All datagrams that passed, in both directions. */
  readonly captured: Buffer[] = [];
  /** Longer datagrams, in bytes, do not pass. */
  longest = Infinity;

  private constructor(private readonly sockets: readonly Socket[]) {}

  /** `ends`: the addresses of the nodes; `as`: what each is known by to the other. All use the same port. */
  static async open(port: number, ends: readonly [string, string], as: readonly [string, string]): Promise<Wiretap> {
    const [a, b] = await Promise.all([bound(port, as[0]), bound(port, as[1])]);
    const tap = new Wiretap([a, b]);
    tap.passOn(a, b, ends[1]);
    tap.passOn(b, a, ends[0]);
    return tap;
  }

  /** What comes to one end's stand-in goes on to that end, from the stand-in of the other. */
  private passOn(standIn: Socket, other: Socket, end: string): void {
    const { port } = standIn.address();
    other.on('message', (datagram) => {
      if (datagram.length > this.longest) return;
      this.captured.push(datagram);
      standIn.send(datagram, port, end);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.sockets.map((socket) => new Promise<void>((closed) => socket.close(closed))));
  }
}

function bound(port: number, address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER, sendBufferSize: BUFFER });
    socket.once('error', reject);
    socket.bind(port, address, () => resolve(socket));
  });
}

const BLOCK = 16;
const HEAD = 4;

/** How many different blocks of 16 bytes, into which a random payload is cut, stand anywhere in the packets; by chance none. */
export function blocksFound(payload: Buffer, packets: Iterable<Buffer>): number {
  const blocks = new Set<string>();
  const heads = new Set<number>();
  for (let at = 0; at + BLOCK <= payload.length; at += BLOCK) {
    blocks.add(payload.toString('latin1', at, at + BLOCK));
    heads.add(payload.readUInt32BE(at));
  }
  const found = new Set<string>();
  for (const packet of packets) {
    for (let at = 0, head = 0; at < packet.length; at += 1) {
      head = ((head << 8) | packet[at]!) >>> 0;
      const from = at + 1 - HEAD;
      if (from < 0 || !heads.has(head)) continue;
      const block = packet.toString('latin1', from, from + BLOCK);
      if (blocks.has(block)) found.add(block);
    }
  }
  return found.size;
}
