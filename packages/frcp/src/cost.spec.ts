import { EMPTY_BYTES, micros } from '@ouroboros/model';
import { Frcp, type FrcpConfig } from './index.js';

const PAYLOAD = new Uint8Array(1400).fill(7);
const WARM_UP = 20_000;
const PACKETS = 4_000;
/** A view of each payload for copying it in, at both ends, and one for each copy of a packet between them. */
const MOST_BYTES_PER_PACKET = 400;
/** Of several measurements one is not disturbed by a collection. */
const ATTEMPTS = 8;

/** Two machines, joined without a queue: what one transmits the other receives. */
class Loop {
  private readonly ends: [Frcp, Frcp];
  private readonly scratch = new Uint8Array(2048);
  private readonly waiting: { to: Frcp | null; length: number } = { to: null, length: 0 };
  now = micros(0);
  read = 0;

  constructor(
    selective: boolean,
    private readonly waits: boolean,
  ) {
    const config = (initialSeqno: number): FrcpConfig => ({ reliable: true, selective, initialSeqno, mplMs: 100 });
    const outputs = (to: 0 | 1) => ({
      transmit: (head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number) => {
        if (this.waiting.to !== null) return false;
        for (let i = 0; i < headLength; i++) this.scratch[i] = head[i]!;
        if (length > 0) this.scratch.set(body.subarray(offset, offset + length), headLength);
        this.waiting.to = this.ends[to];
        this.waiting.length = headLength + length;
        return true;
      },
      readable: () => undefined,
      writable: () => undefined,
      settled: () => undefined,
      failed: () => undefined,
    });
    this.ends = [new Frcp(config(1), outputs(1)), new Frcp(config(2), outputs(0))];
  }

  private readonly take = (): boolean => (this.read += 1) > 0;

  /** One packet from the writer to the reader, and whatever follows from it. */
  step(): void {
    const [writer, reader] = this.ends;
    this.now = micros(this.now + 20);
    writer.write(EMPTY_BYTES, 0, PAYLOAD, 0, PAYLOAD.length, this.now);
    this.settle();
    reader.read(16, this.take, this.now);
    if (reader.deadline <= this.now) reader.wake(this.now);
    if (writer.deadline <= this.now) writer.wake(this.now);
    this.settle();
  }

  private settle(): void {
    const { waiting } = this;
    while (waiting.to !== null) {
      const to = waiting.to;
      waiting.to = null;
      to.receive(this.scratch, 0, waiting.length, this.now, this.waits ? this.take : undefined);
    }
    this.ends[0].resume(this.now);
    this.ends[1].resume(this.now);
  }
}

describe.each([
  [true, true],
  [true, false],
  [false, false],
])('the packet path (selective %s, a reader that waits %s)', (selective, waits) => {
  const loop = new Loop(selective, waits);

  it('allocates next to nothing per packet, once warm', () => {
    for (let i = 0; i < WARM_UP; i++) loop.step();
    let least = Infinity;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < PACKETS; i++) loop.step();
      const used = process.memoryUsage().heapUsed - before;
      if (used >= 0) least = Math.min(least, used / PACKETS);
    }
    expect(loop.read).toBeGreaterThan(WARM_UP / 2);
    expect(least).toBeLessThan(MOST_BYTES_PER_PACKET);
  });
});
