import type { FrcpFlow, FrcpOutputs } from '@ouroboros/frcp';
import { micros, type Micros } from '@ouroboros/model';
import type { Clock, DownReason, FlowEnd, PacketTaker, WriteVerdict } from '@ouroboros/ports';
import { FRCP_PCI_LENGTH } from '@ouroboros/wire';
import { Alarm } from './alarm.js';
import { Stage } from './stage.js';

const PACKETS_PER_TURN = 64;
const EVERYTHING = 0x7fffffff;

/**
 * FRCP: takes in every packet as it comes, whether or not the user reads, since acknowledgements and windows ride on them;
 * what the user has not read waits in the machine's buffer. The machine's news are acted on after its call, in `settle`.
 */
export class FrcpStage extends Stage {
  readonly frcp: FrcpFlow;
  /** Called when `frcp.delivered` or `frcp.taken` has become true, or never will: the flow is down. */
  onSettled: (() => void) | null = null;
  private readonly alarm: Alarm;
  private readable: (() => void) | null = null;
  private turnDue = false;
  private corks = 0;
  /** Who reads just now, how many packets it still takes, and how many came from below in this turn. */
  private reader: PacketTaker = refuse;
  private wanted = 0;
  private seen = 0;
  /** The time of the batch. */
  private corkedAt: Micros = micros(0);
  private closed = false;
  private failure: DownReason | null = null;
  private belowEnded: DownReason | null = null;
  private readonly news = { writable: false, settled: false, failed: false };
  private drained: ((lingerMs: number) => void) | null = null;

  constructor(
    below: FlowEnd,
    private readonly clock: Clock,
    create: (outputs: FrcpOutputs) => FrcpFlow,
  ) {
    super(below);
    this.alarm = new Alarm(clock, () => this.wake());
    this.frcp = create({
      transmit: (head, headLength, body, offset, length) =>
        below.write(head, headLength, body, offset, length) !== 'full',
      readable: () => undefined,
      writable: () => (this.news.writable = true),
      settled: () => (this.news.settled = true),
      failed: () => (this.news.failed = true),
    });
    below.onReadable = () => this.takeIn();
  }

  override get maxPacket(): number {
    return Math.min(this.below.maxPacket - FRCP_PCI_LENGTH, this.frcp.maxPayload);
  }

  override get down(): DownReason | null {
    return this.failure ?? this.belowEnded;
  }

  write(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    if (this.down !== null) return 'down';
    if (headLength + length > this.maxPacket) return 'too-large';
    const verdict = this.frcp.write(head, headLength, body, offset, length, this.now());
    this.settleSoon();
    return verdict;
  }

  /** Until `uncork` packets are written in one batch, which leaves together and for which one look at the clock does. */
  cork(): void {
    if (this.corks === 0) this.corkedAt = this.clock.now();
    this.corks += 1;
    this.frcp.cork();
  }

  uncork(): void {
    this.corks -= 1;
    this.frcp.uncork(this.corkedAt);
    this.settleSoon();
  }

  /** What waits, and then what lies below, which need not be taken in first. */
  read(max: number, take: PacketTaker): number {
    if (this.closed) return 0;
    this.cork();
    let taken = this.frcp.read(max, take, this.corkedAt);
    if (taken < max && this.frcp.readableCount === 0) taken += this.readThrough(max - taken, take);
    this.uncork();
    return taken;
  }

  override queuedRx(): number {
    return this.closed ? 0 : this.frcp.readableCount;
  }

  override queuedTx(): number {
    return this.frcp.outstanding;
  }

  override get onReadable(): (() => void) | null {
    return this.readable;
  }

  override set onReadable(callback: (() => void) | null) {
    this.readable = callback;
    if (callback !== null && this.queuedRx() > 0) this.turnSoon();
  }

  override drain(done: (lingerMs: number) => void): void {
    this.drained = done;
    this.frcp.close(this.clock.now());
    this.settle();
  }

  override close(): void {
    if (this.closed) return;
    this.closed = true;
    this.readable = null;
    this.alarm.stop();
    this.below.close();
  }

  protected override belowWritable(): void {
    this.frcp.resume(this.clock.now());
    this.settle();
  }

  /** What arrived before the end is still taken in, and can be read. */
  protected override belowDown(reason: DownReason): void {
    this.readBelow(EVERYTHING);
    this.belowEnded = reason;
    this.alarm.stop();
    this.settle();
    super.belowDown(reason);
  }

  /** The reader first, for whom nothing need be copied; then what it does not want. */
  private takeIn(): void {
    this.seen = 0;
    if (this.frcp.readableCount === 0) this.readable?.();
    if (this.closed) return;
    if (this.seen < PACKETS_PER_TURN) this.readBelow(PACKETS_PER_TURN - this.seen);
    this.settle();
    this.tellReadable();
  }

  /** What is here has arrived together, and is acknowledged together. */
  private readBelow(max: number): void {
    this.cork();
    this.below.read(max, this.arrive);
    this.corks -= 1;
    this.frcp.uncork(this.corkedAt);
  }

  private readonly arrive: PacketTaker = (buffer, offset, length) => {
    this.frcp.receive(buffer, offset, length, this.corkedAt);
    return true;
  };

  private readThrough(max: number, take: PacketTaker): number {
    this.reader = take;
    this.wanted = max;
    this.seen += this.below.read(PACKETS_PER_TURN, this.arriveForReader);
    this.reader = refuse;
    return max - this.wanted;
  }

  private readonly arriveForReader: PacketTaker = (buffer, offset, length) => {
    if (this.wanted === 0 || this.frcp.readableCount > 0) return false;
    this.frcp.receive(buffer, offset, length, this.corkedAt, this.offer);
    return true;
  };

  private readonly offer: PacketTaker = (buffer, offset, length) => {
    if (this.wanted === 0 || !this.reader(buffer, offset, length)) return false;
    this.wanted -= 1;
    return true;
  };

  private now(): Micros {
    return this.corks > 0 ? this.corkedAt : this.clock.now();
  }

  private wake(): void {
    this.frcp.wake(this.clock.now());
    this.settle();
  }

  private tellReadable(): void {
    if (this.queuedRx() === 0) return;
    this.readable?.();
    if (this.readable !== null && this.queuedRx() > 0) this.turnSoon();
  }

  private turnSoon(): void {
    if (this.turnDue || this.closed) return;
    this.turnDue = true;
    this.clock.at(this.clock.now(), () => {
      this.turnDue = false;
      this.settle();
      this.tellReadable();
    });
  }

  /** Within a call of the user nobody is called back. */
  private settleSoon(): void {
    if (this.corks > 0) return;
    const { writable, settled, failed } = this.news;
    if (writable || settled || failed) this.turnSoon();
    else if (this.belowEnded === null) this.alarm.set(this.frcp.deadline);
  }

  private settle(): void {
    if (this.closed) return;
    const { writable, settled, failed } = this.news;
    this.news.writable = this.news.settled = this.news.failed = false;
    if (failed) this.fail();
    if (writable) super.belowWritable();
    if (settled || this.down !== null) this.onSettled?.();
    if (this.drained !== null && (this.frcp.drained || this.down !== null)) this.finishDrain();
    if (this.down === null) this.alarm.set(this.frcp.deadline);
  }

  private fail(): void {
    if (this.down !== null) return;
    this.failure = 'peer-gone';
    this.alarm.stop();
    super.belowDown('peer-gone');
  }

  private finishDrain(): void {
    const { drained } = this;
    this.drained = null;
    const lingerMs = this.frcp.lingerMs(this.clock.now());
    super.drain(() => drained?.(lingerMs));
  }
}

const refuse: PacketTaker = () => false;
