import { NEVER, fromMs, fromSeconds, type Micros } from '@ouroboros/model';
import type { PacketTaker } from '@ouroboros/ports';
import {
  FRCP_PCI_LENGTH,
  FrcpFlag,
  frcpAckno,
  frcpFlags,
  frcpRangeCount,
  frcpSeqno,
  frcpWindow,
} from '@ouroboros/wire';
import {
  FRCTFLINGER,
  FRCTFRESCNTL,
  FRCTFRTX,
  type FrcpConfig,
  type FrcpCounters,
  type FrcpFlow,
  type FrcpOutputs,
  type FrcpVerdict,
  type FrcpWrite,
} from './contract.js';
import { receiverInactivity, senderInactivity } from './delta-t.js';
import { Departures } from './departures.js';
import { Receiver } from './receiver.js';
import { ReliableSender } from './reliable-sender.js';
import type { Sender } from './sender.js';
import { UnreliableSender } from './unreliable-sender.js';

/**
 * When the last acknowledgements are said again after `close`, as nothing tells us that they arrived: a peer that waits
 * for them would otherwise see the end of the flow and not know that all was taken.
 */
const FAREWELLS = [fromMs(50), fromMs(100)] as const;
/** What came longer ago was acknowledged, and asked for again where that was lost. */
const RECENT = fromSeconds(2);

/**
 * Flow and retransmission control of one flow: order, and where the flow is reliable, everything that was written, once.
 *
 * There is no handshake. What a packet means follows from its header and from how long ago the last one was (delta-t): a
 * sending side numbers its packets, a receiving side begins a run with a packet that says that one may begin.
 * The two sides are machines of their own: receiver.ts, reliable-sender.ts, unreliable-sender.ts.
 *
 * States: `open` → `closed` (nothing is written or read any more; what was written is still brought over) and, from both,
 * `failed`.
 */
export class Frcp implements FrcpFlow {
  readonly counters: FrcpCounters = {
    dataSent: 0,
    bytesSent: 0,
    retransmitted: 0,
    timeouts: 0,
    controlSent: 0,
    rendezvousSent: 0,
    dataReceived: 0,
    bytesReceived: 0,
    controlReceived: 0,
    gaps: 0,
    droppedDuplicate: 0,
    dropped: 0,
  };

  private readonly receiver: Receiver;
  private readonly out: Departures;
  private readonly sender: Sender;
  private closed = false;
  private lingers = true;
  private failureTold = false;
  private farewellAt: Micros = NEVER;
  private farewellsSaid = 0;
  /** Calls of `cork` without their `uncork`. */
  private corks = 0;
  /** As they were when corked. */
  private readonly before = { readable: false, delivered: true, taken: true };

  constructor(
    private readonly config: FrcpConfig,
    private readonly outputs: FrcpOutputs,
  ) {
    this.receiver = new Receiver(config, this.counters);
    this.out = new Departures(config, outputs, this.counters, this.receiver);
    this.sender = config.reliable
      ? new ReliableSender(config, this.out, this.counters)
      : new UnreliableSender(config.initialSeqno >>> 0, this.out, this.counters);
  }

  get deadline(): Micros {
    if (this.sender.failed) return NEVER;
    if (this.out.blocked) return this.out.retryAt;
    return Math.min(this.sender.deadline, this.receiver.ackAt, this.farewellAt) as Micros;
  }

  get alive(): boolean {
    return !this.sender.failed;
  }

  get maxPayload(): number {
    return this.sender.maxPayload;
  }

  get flags(): number {
    const window = this.sender.obeysWindow ? FRCTFRESCNTL : 0;
    return (this.config.reliable ? FRCTFRTX : 0) | window | (this.lingers && this.config.reliable ? FRCTFLINGER : 0);
  }

  set flags(value: number) {
    this.sender.obeysWindow = (value & FRCTFRESCNTL) !== 0;
    this.lingers = (value & FRCTFLINGER) !== 0;
  }

  get gap(): boolean {
    return this.receiver.buffer.gap;
  }

  get readableCount(): number {
    return this.receiver.buffer.readable;
  }

  get delivered(): boolean {
    return this.sender.delivered;
  }

  get taken(): boolean {
    return this.sender.taken;
  }

  get drained(): boolean {
    return this.closed && (!this.lingers || (this.sender.delivered && this.farewellAt === NEVER));
  }

  get outstanding(): number {
    return this.sender.outstanding;
  }

  get window(): number {
    return this.sender.window;
  }

  get roundTrip(): number {
    return this.sender.roundTrip;
  }

  write(
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    offset: number,
    length: number,
    now: Micros,
  ): FrcpWrite {
    if (this.closed || this.sender.failed) return 'down';
    const verdict = this.sender.write(head, headLength, body, offset, length, now);
    this.depart(now);
    return verdict;
  }

  takesAll(bytes: number, payloads: number): boolean {
    return this.sender.takesAll(bytes, payloads);
  }

  receive(buffer: Uint8Array, offset: number, length: number, now: Micros, take = refuse): FrcpVerdict {
    if (this.sender.failed) return this.drop('closed');
    this.cork();
    const verdict = this.take(buffer, offset, length, now, this.closed ? refuse : take);
    if (this.closed) this.discard(verdict, now);
    this.uncork(now);
    return verdict;
  }

  read(max: number, take: PacketTaker, now: Micros): number {
    const taken = this.receiver.read(max, take, now);
    if (taken > 0) this.depart(now);
    return taken;
  }

  cork(): void {
    this.corks += 1;
    if (this.corks > 1) return;
    this.before.readable = this.receiver.buffer.readable > 0;
    this.before.delivered = this.sender.delivered;
    this.before.taken = this.sender.taken;
  }

  uncork(now: Micros): void {
    this.corks -= 1;
    if (this.corks > 0) return;
    this.depart(now);
    const { readable, delivered, taken } = this.before;
    if (!readable && this.receiver.buffer.readable > 0) this.outputs.readable();
    if (delivered !== this.sender.delivered || taken !== this.sender.taken) this.outputs.settled();
    this.tell();
  }

  wake(now: Micros): void {
    if (this.sender.failed || now < this.deadline) return;
    this.out.blocked = false;
    this.sender.wake(now);
    const saidAll = this.farewellAt <= now && this.sayFarewell(now);
    this.depart(now);
    if (saidAll) this.outputs.settled();
    this.tell();
  }

  resume(now: Micros): void {
    this.out.blocked = false;
    this.depart(now);
    this.tell();
  }

  close(now: Micros): void {
    if (this.closed) return;
    this.closed = true;
    if (!this.config.selective) this.receiver.read(Infinity, accept, now);
    if (!this.config.reliable || !this.receiver.mayReport(now)) return;
    if (this.config.selective) {
      if (now - this.receiver.lastData <= RECENT) this.sayFarewell(now);
    } else if (this.receiver.ackAt !== NEVER) this.out.farewell(now);
  }

  lingerMs(now: Micros): number {
    const { mplMs, selective } = this.config;
    if (selective) return 0;
    const sent = this.out.lastAt + senderInactivity(mplMs);
    const received = this.receiver.lastData + receiverInactivity(mplMs);
    return Math.max(0, Math.ceil((Math.max(sent, received) - now) / 1000));
  }

  /**
   * To C nothing but taking a packet acknowledges it. A peer of ours learns from the ranges that it arrived, and is not
   * told that a process took what nobody will read, unless there is no room for what it still has to bring over.
   */
  private discard(verdict: FrcpVerdict, now: Micros): void {
    const noRoom = verdict === 'no-room' || verdict === 'outside';
    if (!this.config.selective || noRoom) this.receiver.read(Infinity, accept, now);
  }

  /** True when it was the last one. */
  private sayFarewell(now: Micros): boolean {
    this.out.report(now);
    const next = FAREWELLS[this.farewellsSaid];
    this.farewellsSaid += 1;
    this.farewellAt = next === undefined ? NEVER : ((now + next) as Micros);
    return next === undefined;
  }

  private take(packet: Uint8Array, offset: number, length: number, now: Micros, take: PacketTaker): FrcpVerdict {
    if (length < FRCP_PCI_LENGTH) return this.drop('short');
    const flags = frcpFlags(packet, offset);
    const seqno = frcpSeqno(packet, offset);
    this.sender.heard(now);
    const inRun = this.receiver.follow(flags, seqno, now);
    if ((flags & FrcpFlag.RDVS) !== 0) return this.meet(inRun, now);
    if ((flags & FrcpFlag.ACK) !== 0 && !this.acknowledge(packet, offset, length, flags, now)) {
      return this.drop('malformed');
    }
    if ((flags & FrcpFlag.FC) !== 0) this.sender.credited(frcpWindow(packet, offset), now);
    if ((flags & FrcpFlag.DATA) === 0) {
      this.counters.controlReceived += 1;
      return 'control';
    }
    if (!inRun) return this.drop('no-run');
    return this.takeData(seqno, packet, offset + FRCP_PCI_LENGTH, length - FRCP_PCI_LENGTH, now, take);
  }

  private takeData(
    seqno: number,
    packet: Uint8Array,
    offset: number,
    length: number,
    now: Micros,
    take: PacketTaker,
  ): FrcpVerdict {
    if (length === 0) return this.drop('short');
    const verdict = this.receiver.data(seqno, packet, offset, length, now, take);
    if (verdict !== 'data') return this.drop(verdict);
    this.counters.dataReceived += 1;
    this.counters.bytesReceived += length;
    return this.closed ? this.drop('closed') : verdict;
  }

  /** Without a run there is no window to tell of. [spec/wire-frcp.md §13 rule 1] */
  private meet(inRun: boolean, now: Micros): FrcpVerdict {
    this.counters.controlReceived += 1;
    if (!inRun) return 'control';
    if (this.config.selective) this.out.report(now);
    else this.out.credit(now);
    return 'control';
  }

  private acknowledge(packet: Uint8Array, offset: number, length: number, flags: number, now: Micros): boolean {
    let ranges = -1;
    if (this.config.selective && (flags & FrcpFlag.DATA) === 0 && length > FRCP_PCI_LENGTH) {
      ranges = frcpRangeCount(length);
      if (ranges < 0) return false;
    }
    return this.sender.acknowledged(frcpAckno(packet, offset), packet, offset, ranges, now);
  }

  /** Whatever is due to leave; acknowledgements last, as those that go with data are not needed any more. */
  private depart(now: Micros): void {
    if (this.corks > 0) return;
    this.sender.push(now);
    if (this.receiver.ackAt > now) return;
    if (this.receiver.mayReport(now)) this.out.report(now);
    else this.receiver.reported();
  }

  private tell(): void {
    if (this.sender.hasRoomAgain) this.outputs.writable();
    if (!this.sender.failed || this.failureTold) return;
    this.failureTold = true;
    this.outputs.failed();
  }

  private drop(verdict: FrcpVerdict): FrcpVerdict {
    if (verdict === 'duplicate') this.counters.droppedDuplicate += 1;
    else this.counters.dropped += 1;
    return verdict;
  }
}

const accept: PacketTaker = () => true;
const refuse: PacketTaker = () => false;
