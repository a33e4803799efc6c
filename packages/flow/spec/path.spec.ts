/** A path between two flow ends that loses, delays and bounds packets, in virtual time; no tests here. */
import { micros } from '@ouroboros/model';
import type { DownReason, FlowEnd, PacketTaker, WriteVerdict } from '@ouroboros/ports';
import { SeededRandom, VirtualClock } from '@ouroboros/simnet';
import { setImmediate as turn } from 'node:timers/promises';

/** What the path does; may be changed while it runs. */
export interface PathConditions {
  /** Longest packet of each link on the way; longer ones vanish. */
  links: number[];
  /** Probabilities. */
  loss: number;
  duplicate: number;
  delayMs: number;
  /** Up to this much more, each packet its own: packets overtake each other. */
  jitterMs: number;
  /** Packets that an end takes before it is full, while they are on the way to the next process. */
  queue: number;
  /** How fast the queue empties: packets per ms. */
  rate: number;
}

const CLEAR: PathConditions = { links: [], loss: 0, duplicate: 0, delayMs: 1, jitterMs: 0, queue: 1000, rate: 100 };

/** One end of the path, with the contract of FlowEnd. Packets are handed out in memory that is overwritten afterwards. */
export class PathEnd implements FlowEnd {
  readonly maxPacket: number;
  down: DownReason | null = null;
  onWritable: (() => void) | null = null;
  onDown: ((reason: DownReason) => void) | null = null;
  other!: PathEnd;
  /** Lengths of all packets that were sent. */
  readonly sent: number[] = [];
  /** Copies of what was sent, when the spec wants them. */
  readonly tapped: Uint8Array[] = [];
  tap = false;
  private readonly arrived: Uint8Array[] = [];
  private readable: (() => void) | null = null;
  private inQueue = 0;
  private waits = false;
  private emptyAt = 0;
  private turnDue = false;

  constructor(private readonly path: Path) {
    this.maxPacket = path.maxPacket;
  }

  write(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    if (this.down !== null) return 'down';
    if (headLength + length > this.maxPacket) return 'too-large';
    if (headLength > head.length || offset + length > body.length) throw new RangeError('no such bytes');
    if (this.inQueue >= this.path.conditions.queue) {
      this.waits = true;
      return 'full';
    }
    const packet = new Uint8Array(headLength + length);
    packet.set(head.subarray(0, headLength));
    packet.set(body.subarray(offset, offset + length), headLength);
    this.sent.push(packet.length);
    if (this.tap) this.tapped.push(packet.slice());
    this.inQueue += 1;
    const { clock, conditions } = this.path;
    this.emptyAt = Math.max(this.emptyAt, clock.now()) + 1000 / conditions.rate;
    clock.at(micros(this.emptyAt), () => this.leave(packet));
    return 'ok';
  }

  /** Puts a packet before this end as if it came from the path. */
  arrive(packet: Uint8Array): void {
    if (this.down !== null) return;
    this.arrived.push(packet);
    this.turnSoon();
  }

  limitWaiting(): void {}

  flush(): void {
    // Everything written is on its way already.
  }

  read(max: number, take: PacketTaker): number {
    let taken = 0;
    while (taken < max && this.arrived.length > 0) {
      const [packet] = this.arrived;
      const memory = new Uint8Array(packet!.length + 3);
      memory.set(packet!, 3);
      const isTaken = take(memory, 3, packet!.length);
      // The next process can see this memory: nothing may be written to it.
      if (!packet!.every((byte, i) => memory[3 + i] === byte)) throw new Error('a received packet was written to');
      if (!isTaken) break;
      memory.fill(0xdd);
      this.arrived.shift();
      taken += 1;
    }
    return taken;
  }

  queuedRx(): number {
    return this.arrived.length;
  }

  queuedTx(): number {
    return this.inQueue;
  }

  get onReadable(): (() => void) | null {
    return this.readable;
  }

  set onReadable(callback: (() => void) | null) {
    this.readable = callback;
    if (callback && this.arrived.length > 0) this.turnSoon();
  }

  close(): void {
    if (this.down !== null) return;
    this.down = 'closed';
    this.readable = null;
    this.path.clock.schedule(() => this.other.end('peer-closed'));
  }

  end(reason: DownReason): void {
    if (this.down !== null) return;
    this.down = reason;
    this.onDown?.(reason);
  }

  private leave(packet: Uint8Array): void {
    this.inQueue -= 1;
    this.path.carry(this.other, packet);
    if (!this.waits || this.inQueue > this.path.conditions.queue / 2) return;
    this.waits = false;
    this.onWritable?.();
  }

  private turnSoon(): void {
    if (this.turnDue) return;
    this.turnDue = true;
    this.path.clock.schedule(() => {
      this.turnDue = false;
      if (this.arrived.length > 0) this.readable?.();
      if (this.arrived.length > 0 && this.readable) this.turnSoon();
    });
  }
}

export class Path {
  readonly clock = new VirtualClock(async () => {
    await turn();
  });
  readonly conditions: PathConditions;
  readonly random: SeededRandom;
  readonly near: PathEnd;
  readonly far: PathEnd;

  constructor(
    conditions: Partial<PathConditions> = {},
    readonly maxPacket = 65_532,
    seed = 1,
  ) {
    this.conditions = { ...CLEAR, ...conditions };
    this.random = new SeededRandom(seed);
    this.near = new PathEnd(this);
    this.far = new PathEnd(this);
    this.near.other = this.far;
    this.far.other = this.near;
  }

  carry(to: PathEnd, packet: Uint8Array): void {
    const { links, loss, duplicate, delayMs, jitterMs } = this.conditions;
    if (links.some((link) => packet.length > link)) return;
    const copies = duplicate > 0 && this.random.fraction() < duplicate ? 2 : 1;
    for (let i = 0; i < copies; i += 1) {
      if (loss > 0 && this.random.fraction() < loss) continue;
      const after = (delayMs + jitterMs * (jitterMs > 0 ? this.random.fraction() : 0)) * 1000;
      this.clock.at(micros(this.clock.now() + after), () => to.arrive(packet));
    }
  }

  /** Lets time pass. */
  run(ms: number): Promise<void> {
    return this.clock.run(micros(ms * 1000));
  }
}

/** Bytes by which their place in a message can be told. */
export const pattern = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (seed + i * 7 + (i >> 8)) & 0xff);
