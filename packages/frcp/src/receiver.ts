import { NEVER, fromMs, type Micros } from '@ouroboros/model';
import type { PacketTaker } from '@ouroboros/ports';
import { FrcpFlag } from '@ouroboros/wire';
import {
  FRCP_BUFFER_BYTES,
  FRCP_MAX_WINDOW,
  type FrcpConfig,
  type FrcpCounters,
  type FrcpVerdict,
} from './contract.js';
import { receiverInactivity } from './delta-t.js';
import { ReceiveBuffer } from './receive-buffer.js';
import { distance, isBefore, plus } from './seqno.js';

/**
 * The receiving side of a flow: runs, order, window, and when to acknowledge. [spec/wire-frcp.md §6, §7, §13]
 *
 * States: `no run` – nothing but a packet with DRF is taken in, and nothing is acknowledged; `run` – packets of the run are.
 * A run never ends by itself; another begins with a DRF packet whose number does not belong to it.
 *
 * What C does otherwise: control packets never start or keep up a run (Quirk 1); lost packets of unreliable flows use up
 * no window (Quirk 2); and credit is given without being asked for (Quirk 3).
 */

/** Window towards C, and first guess of the size of packets. */
const C_WINDOW = 256;
/** C sends so many packets unasked. */
const C_START_WINDOW = 64;
const USUAL_PAYLOAD = 1400;
const SMALLEST_WINDOW = 2;
/** C acknowledges 10 ms after a packet [§7.2]; between our peers it is done sooner, so that losses are seen sooner. */
const ACK_DELAY_C = fromMs(10);
const ACK_DELAY = fromMs(5);
const AT_ONCE = fromMs(0);
const DUPLICATE_ACK_DELAY = fromMs(1);
/** Packets after which acknowledging waits no longer: towards C half of its first window, as in §13 rule 4. */
const ACK_EVERY_C = 32;
const ACK_EVERY = 16;
const ACK_EVERY_WHILE_MISSING = 4;
/** A run that begins this far away is no late packet of the present one. */
const FAR = 1 << 22;

export class Receiver {
  /** A run has begun. */
  started = false;
  /** First number that the peer may not send. */
  edge = 0;
  /** When to acknowledge, or NEVER. */
  ackAt: Micros = NEVER;
  /** Data packets that came twice. */
  duplicates = 0;

  readonly buffer: ReceiveBuffer;
  private readonly reliable: boolean;
  private readonly selective: boolean;
  private readonly inactivity: Micros;
  private readonly maxBytes: number;
  private readonly maxPackets: number;
  /** When a data packet last came. */
  lastData = -Infinity as Micros;
  /** Unreliable flows: the next number of the run. Packets are kept by the order of their arrival there. */
  private expected = 0;
  private lostBefore = false;
  private payload = USUAL_PAYLOAD;
  private sinceAck = 0;
  private reportedEdge = 0;

  constructor(
    config: FrcpConfig,
    private readonly counters: FrcpCounters,
  ) {
    this.reliable = config.reliable;
    this.selective = config.selective;
    this.inactivity = receiverInactivity(config.mplMs);
    this.maxBytes = config.receiveBytes ?? FRCP_BUFFER_BYTES;
    const most = config.maxWindow ?? FRCP_MAX_WINDOW;
    this.maxPackets = config.selective ? most : Math.min(C_WINDOW, Math.max(C_START_WINDOW, most));
    this.buffer = new ReceiveBuffer(this.maxBytes, this.maxPackets);
  }

  /** What is reported as the next number expected: what the reader took; towards C, which would give up a flow whose reader rests, what arrived. */
  get ackno(): number {
    return this.selective ? this.buffer.first : this.buffer.arrived;
  }

  /** C takes window and ackno for those of its present run, which after a long silence may be a new one. */
  mayReport(now: Micros): boolean {
    return this.started && (this.selective || now - this.lastData <= this.inactivity);
  }

  /** Begins a run where the packet's flags and number say so. False: there is no run. */
  follow(flags: number, seqno: number, now: Micros): boolean {
    if ((flags & FrcpFlag.DRF) !== 0 && (!this.started || this.isNewRun(seqno, now))) this.start(seqno, now);
    return this.started;
  }

  /** Takes in one packet of the run, which goes to `take` if it is the next to be read and that does not refuse it. */
  data(seqno: number, buffer: Uint8Array, offset: number, length: number, now: Micros, take: PacketTaker): FrcpVerdict {
    this.lastData = now;
    const hadAll = this.buffer.complete;
    const verdict = this.reliable
      ? this.inWindow(seqno, buffer, offset, length, take)
      : this.inSequence(seqno, buffer, offset, length, take);
    if (verdict === 'data') {
      this.payload = length > this.payload ? length : this.payload - ((this.payload - length) >> 6);
      this.advanceEdge();
      this.planAck(hadAll, now);
    } else if (verdict === 'duplicate') this.noteDuplicate(now);
    return verdict;
  }

  read(max: number, take: PacketTaker, now: Micros): number {
    const taken = this.buffer.hand(max, take);
    if (taken === 0 || !this.reliable) return taken;
    this.advanceEdge();
    const enough = this.selective ? this.window() >> 2 : ACK_EVERY_C;
    if (distance(this.edge, this.reportedEdge) >= enough) this.ackAt = now;
    else this.ackWithin(this.selective ? ACK_DELAY : ACK_DELAY_C, now);
    return taken;
  }

  /** Everything was just reported. */
  reported(): void {
    this.reportedEdge = this.edge;
    this.sinceAck = 0;
    this.ackAt = NEVER;
  }

  /** Window and ackno went out with a data packet, which tells nothing of packets that arrived beyond. */
  reportedWithData(): void {
    if (!this.selective || this.buffer.highest === this.buffer.first) this.reported();
    else this.reportedEdge = this.edge;
  }

  private start(seqno: number, now: Micros): void {
    this.started = true;
    this.lastData = now;
    this.expected = seqno;
    this.lostBefore = false;
    if (this.reliable) this.buffer.restart(seqno);
    this.edge = plus(seqno, this.window());
    this.reportedEdge = this.edge;
    // Soon, as the peer sends few packets before it is answered.
    this.ackWithin(this.selective ? AT_ONCE : ACK_DELAY_C, now);
  }

  /**
   * A C sender numbers anew when it sent no data for long, also where our run is kept up by late retransmissions or its
   * reader has not read all.
   */
  private isNewRun(seqno: number, now: Micros): boolean {
    const next = this.reliable ? this.buffer.arrived : this.expected;
    if (seqno === next || (this.reliable && this.buffer.readable > 0)) return false;
    return Math.abs(distance(seqno, next)) > FAR || now - this.lastData > this.inactivity;
  }

  private inWindow(seqno: number, buffer: Uint8Array, offset: number, length: number, take: PacketTaker): FrcpVerdict {
    const kept = this.buffer;
    if (isBefore(seqno, kept.first) || kept.has(seqno)) return 'duplicate';
    if (!isBefore(seqno, this.edge) || distance(seqno, kept.first) >= this.maxPackets) return 'outside';
    if (seqno === kept.first && kept.pass(false, take, buffer, offset, length)) return 'data';
    return kept.put(seqno, false, buffer, offset, length) ? 'data' : 'no-room';
  }

  private inSequence(
    seqno: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    take: PacketTaker,
  ): FrcpVerdict {
    const skipped = distance(seqno, this.expected);
    if (skipped < 0) return 'duplicate';
    this.counters.gaps += skipped;
    this.expected = plus(seqno, 1);
    const afterGap = this.lostBefore || skipped > 0;
    this.lostBefore =
      !(this.buffer.readable === 0 && this.buffer.pass(afterGap, take, buffer, offset, length)) &&
      (this.buffer.readable === this.maxPackets ||
        !this.buffer.put(this.buffer.arrived, afterGap, buffer, offset, length));
    return this.lostBefore ? 'no-room' : 'data';
  }

  /** The edge never goes back, although the window may shrink. */
  private advanceEdge(): void {
    const from = this.reliable ? this.buffer.first : this.expected;
    const edge = plus(from, this.window());
    if (isBefore(this.edge, edge)) this.edge = edge;
  }

  /** As many packets as the bytes hold, judged by the largest of late. */
  private window(): number {
    if (!this.reliable) return C_WINDOW;
    const fitting = Math.floor(this.maxBytes / this.payload);
    return Math.min(this.maxPackets, Math.max(SMALLEST_WINDOW, fitting));
  }

  private planAck(hadAll: boolean, now: Micros): void {
    this.sinceAck += 1;
    if (!this.reliable) {
      if (!this.selective && this.sinceAck >= ACK_EVERY_C) this.ackAt = now;
    } else if (!this.selective) {
      if (this.sinceAck >= ACK_EVERY_C) this.ackAt = now;
      else this.ackWithin(ACK_DELAY_C, now);
    } else if (this.sinceAck >= this.patience() || hadAll !== this.buffer.complete) this.ackAt = now;
    else this.ackWithin(ACK_DELAY, now);
  }

  private patience(): number {
    return this.buffer.complete ? Math.min(ACK_EVERY, this.window() >> 2) : ACK_EVERY_WHILE_MISSING;
  }

  private noteDuplicate(now: Micros): void {
    this.duplicates = plus(this.duplicates, 1);
    if (this.reliable) this.ackWithin(DUPLICATE_ACK_DELAY, now);
  }

  private ackWithin(delay: Micros, now: Micros): void {
    if (now + delay < this.ackAt) this.ackAt = (now + delay) as Micros;
  }
}
