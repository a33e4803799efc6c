/** A process of ours at one end of a flow; no tests here. */
import { EMPTY_BYTES, concatBytes, type Micros } from '@ouroboros/model';
import type { PacketTaker } from '@ouroboros/ports';
import { Frcp, type FrcpConfig, type FrcpVerdict } from '../src/index.js';
import { Alarm, type World } from './world.spec.js';

/** What one process writes: byte p of its stream is PATTERN[p % length], so that each payload shows where it belongs. */
export const PATTERN = Uint8Array.from({ length: 65_521 }, (_, p) => (p * 31 + (p >> 8) * 17) & 0xff);

export interface Habits {
  /** Bytes of its writes, in order. */
  readonly writes: readonly number[];
  /** Longest payload of a packet; longer writes are cut. */
  readonly payload: number;
  /** Reads so many packets at a time; then rests. */
  readonly readBatch: number;
  readonly restMs: number;
  /** Takes in what arrives at one time as a batch. */
  readonly batches?: boolean;
  /** Takes packets as they come, where it would read all of them at once anyway. */
  readonly waits?: boolean;
}

/** What both kinds of end have. */
export interface End {
  readonly received: number;
  readonly written: number;
  /** All is written and, as far as this end can know, with the peer. */
  readonly done: boolean;
  readonly down: boolean;
  start(): void;
  take(packet: Uint8Array): void;
  roomAgain(): void;
}

/** Checks a stream of payloads against the pattern. */
export class StreamCheck {
  position = 0;

  take(buffer: Uint8Array, offset: number, length: number): void {
    for (let i = 0; i < length; i++) {
      if (buffer[offset + i] !== PATTERN[(this.position + i) % PATTERN.length]) {
        throw new Error(`byte ${this.position + i} of the stream is wrong`);
      }
    }
    this.position += length;
  }
}

/** Cuts writes into payloads. */
export class StreamSource {
  position = 0;
  private readonly total: number;
  private readonly ends: number[] = [];

  constructor(
    writes: readonly number[],
    private readonly payload: number,
  ) {
    let end = 0;
    for (const write of writes) this.ends.push((end += write));
    this.total = end;
  }

  get empty(): boolean {
    return this.position === this.total;
  }

  next(): Uint8Array {
    while (this.ends[0]! <= this.position) this.ends.shift();
    const length = Math.min(this.payload, this.ends[0]! - this.position);
    const from = this.position % PATTERN.length;
    const first = PATTERN.subarray(from, from + length);
    return first.length === length ? first : concatBytes(first, PATTERN.subarray(0, length - first.length));
  }

  advance(length: number): void {
    this.position += length;
  }
}

export class OurEnd implements End {
  readonly frcp: Frcp;
  readonly verdicts = new Map<FrcpVerdict, number>();
  readonly check = new StreamCheck();
  down = false;
  settled = 0;
  /** Most packets that the reader found at once, and that waited to be delivered. */
  mostReadable = 0;
  mostOutstanding = 0;
  private readonly source: StreamSource;
  private readonly alarm: Alarm;
  private resting = false;
  private corked = false;

  constructor(
    private readonly world: World,
    config: FrcpConfig,
    private readonly habits: Habits,
    send: (packet: Uint8Array) => boolean,
  ) {
    this.source = new StreamSource(habits.writes, habits.payload);
    this.frcp = new Frcp(config, {
      transmit: (head, headLength, body, offset, length) =>
        send(concatBytes(head.subarray(0, headLength), body.subarray(offset, offset + length))),
      readable: () => this.read(),
      writable: () => this.write(),
      settled: () => (this.settled += 1),
      failed: () => (this.down = true),
    });
    this.alarm = new Alarm(
      world,
      () => this.frcp.deadline,
      () => this.frcp.wake(this.world.now),
    );
  }

  get received(): number {
    return this.check.position;
  }

  get written(): number {
    return this.source.position;
  }

  get done(): boolean {
    return this.source.empty && this.frcp.taken;
  }

  get deadline(): Micros {
    return this.frcp.deadline;
  }

  start(): void {
    this.write();
  }

  take(packet: Uint8Array): void {
    if (this.habits.batches) this.cork();
    const verdict = this.frcp.receive(
      packet,
      0,
      packet.length,
      this.world.now,
      this.habits.waits ? this.taker : undefined,
    );
    this.verdicts.set(verdict, (this.verdicts.get(verdict) ?? 0) + 1);
    this.mostReadable = Math.max(this.mostReadable, this.frcp.readableCount);
    this.alarm.check();
  }

  roomAgain(): void {
    this.frcp.resume(this.world.now);
    this.alarm.check();
  }

  private cork(): void {
    if (this.corked) return;
    this.corked = true;
    this.frcp.cork();
    this.world.after(0, () => {
      this.corked = false;
      this.frcp.uncork(this.world.now);
      this.mostReadable = Math.max(this.mostReadable, this.frcp.readableCount);
      this.alarm.check();
    });
  }

  private write(): void {
    while (!this.source.empty) {
      const payload = this.source.next();
      const verdict = this.frcp.write(EMPTY_BYTES, 0, payload, 0, payload.length, this.world.now);
      if (verdict !== 'ok') break;
      this.source.advance(payload.length);
    }
    this.mostOutstanding = Math.max(this.mostOutstanding, this.frcp.outstanding);
    this.alarm.check();
  }

  private readonly taker: PacketTaker = (buffer, offset, length) => {
    this.check.take(buffer, offset, length);
    return true;
  };

  private read(): void {
    if (this.resting) return;
    this.frcp.read(this.habits.readBatch, this.taker, this.world.now);
    this.alarm.check();
    if (this.habits.restMs > 0) this.rest();
    else if (this.frcp.readableCount > 0) this.world.after(0, () => this.read());
  }

  private rest(): void {
    this.resting = true;
    this.world.after(this.habits.restMs * 1000, () => {
      this.resting = false;
      if (this.frcp.readableCount > 0) this.read();
    });
  }
}
