import { NEVER, fromMs, type Micros } from '@ouroboros/model';
import { FRCP_MAX_RANGES, frcpDuplicates, frcpHere, frcpMissing } from '@ouroboros/wire';
import { CRecovery } from './c-recovery.js';
import { FRCP_BUFFER_BYTES, FRCP_MAX_WINDOW, type FrcpConfig, type FrcpCounters, type FrcpWrite } from './contract.js';
import { LONGEST_RETRANSMISSION, senderInactivity } from './delta-t.js';
import type { Departures } from './departures.js';
import { FlightLimit } from './flight-limit.js';
import { LossDetector } from './loss-detector.js';
import { RttEstimator } from './rtt-estimator.js';
import { ARRIVED, FLYING, SendBuffer } from './send-buffer.js';
import { distance, isBefore, plus } from './seqno.js';
import type { Sender } from './sender.js';

/**
 * Sends what is written until the peer has it. [spec/wire-frcp.md §5, §7, §13]
 *
 * A packet that is written is kept and queued; it leaves when the window and the queue below allow, and is forgotten when
 * the peer's ackno passes it. Lost packets go before new ones.
 *
 * How a loss is found. Between our peers: by selective acknowledgements (loss-detector.ts). Towards C: by how ackno moves
 * after silence (c-recovery.ts). In both cases silence is: nothing has arrived for a time-out that doubles each time. That
 * alone finds the loss of the last packets.
 *
 * There is no congestion window: the layer holds us back by its full queue. Only until the peer has answered for the first time, few packets
 * are sent, as a receiver drops a run whose beginning is lost. [Quirk 19]
 *
 * States: `unknown` (the peer has not answered: at most FIRST_BURST under way) → `open` ⇄ `blocked` (packets wait for the
 * window: a rendez-vous each 100 ms) → `failed`. Never another number than the next: a receiver that has forgotten the run begins
 * one with the next DRF, one that has not goes on; drawing a new number, as C does after long silence, breaks the second.
 */
const FIRST_BURST = 10;
/** Window until the peer tells its own. [§4] */
const START_WINDOW = 64;
const RENDEZVOUS_INTERVAL = fromMs(100);
/** The same where nothing waits for the answer but the news that the reader took all. */
const UNTAKEN_INTERVAL = fromMs(250);
const C_PACKETS = 256;
/** An edge farther ahead than this, or an ackno farther back, is none. */
const PLAUSIBLE = 1 << 16;
const MAX_DOUBLINGS = 12;
/** The window field counts modulo 2^24. */
const WINDOW_FIELD = 1 << 24;
const HALF_WINDOW_FIELD = 0x7fffff;

export class ReliableSender implements Sender {
  obeysWindow = true;
  failed = false;

  private readonly packets: SendBuffer;
  private readonly rtt: RttEstimator;
  private readonly losses: LossDetector;
  private readonly flight = new FlightLimit();
  /** Towards C. */
  private readonly recovery: CRecovery;
  private readonly selective: boolean;
  private readonly inactivity: Micros;
  /** Number of the first packet that was never sent. */
  private next: number;
  /** First number that may not be sent. */
  private edge: number;
  private edgeKnown = false;
  /** Every packet before it has arrived. */
  private missing: number;
  private refused = false;

  private doublings = 0;
  /** One lost packet is sent again whatever is under way, to find out what arrived. */
  private probing = false;
  /** When something last arrived at the peer, or was last sent for want of that. */
  private quietSince = 0 as Micros;
  /** When something last arrived at the peer, or it opened its window. */
  private progressAt = 0 as Micros;
  private lastHeard = 0 as Micros;
  private rendezvousAt: Micros = NEVER;
  /** At the last look packets waited for the window. */
  private waited = false;
  /** The last acknowledgement told of all packets before it. */
  private toldTo: number;
  /** The shortest time that the present acknowledgement measured. */
  private sample = Infinity;

  constructor(
    config: FrcpConfig,
    private readonly out: Departures,
    private readonly counters: FrcpCounters,
  ) {
    const first = config.initialSeqno >>> 0;
    const most = config.maxWindow ?? FRCP_MAX_WINDOW;
    this.selective = config.selective;
    this.inactivity = senderInactivity(config.mplMs);
    const bytes = config.sendBytes ?? FRCP_BUFFER_BYTES;
    this.packets = new SendBuffer(first, bytes, config.selective ? most : Math.min(most, C_PACKETS));
    this.rtt = new RttEstimator(config.selective);
    this.losses = new LossDetector(this.packets, this.rtt);
    this.recovery = new CRecovery(first, this.packets, this.rtt);
    this.next = this.missing = this.toldTo = first;
    this.edge = plus(first, START_WINDOW);
  }

  get maxPayload(): number {
    return this.packets.maxPayload;
  }

  get deadline(): Micros {
    return Math.min(this.losses.lookAt, this.silenceAt, this.rendezvousAt) as Micros;
  }

  get delivered(): boolean {
    return !this.failed && this.outstanding === 0;
  }

  get taken(): boolean {
    return !this.failed && this.packets.count === 0;
  }

  get outstanding(): number {
    return this.packets.count - this.packets.arrived;
  }

  get window(): number {
    return Math.max(0, distance(this.edge, this.packets.first));
  }

  get roundTrip(): Micros {
    return this.rtt.roundTrip;
  }

  get hasRoomAgain(): boolean {
    const again = this.refused && this.packets.hasRoom;
    if (again) this.refused = false;
    return again;
  }

  write(
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    offset: number,
    length: number,
    now: Micros,
  ): FrcpWrite {
    if (headLength + length > this.maxPayload) return 'too-large';
    const resting = this.packets.count === 0;
    if (!this.packets.append(head, headLength, body, offset, length)) {
      this.refused = true;
      return 'full';
    }
    if (resting && now - this.out.lastAt > this.inactivity) this.announceRun();
    return 'ok';
  }

  takesAll(bytes: number, payloads: number): boolean {
    if (this.packets.isLong(bytes, payloads) || this.packets.takesAll(bytes, payloads)) return true;
    this.refused = true;
    return false;
  }

  acknowledged(ackno: number, packet: Uint8Array, offset: number, ranges: number, now: Micros): boolean {
    if (!this.isPlausible(ackno, packet, offset, ranges)) return false;
    const outstanding = this.outstanding;
    this.out.runKnown = true;
    this.sample = Infinity;
    const beganAgain = this.takeUpTo(ackno, now);
    if (ranges >= 0) this.takeRanges(ackno, packet, offset, ranges, now);
    if (this.outstanding < outstanding) this.noteProgress(now);
    if (this.selective) this.detectLosses(now);
    else if (beganAgain) this.markAllLost();
    else this.recovery.goOn(now);
    return true;
  }

  credited(window: number, now: Micros): void {
    let edge = ((this.edge & 0xff000000) | window) >>> 0;
    const ahead = distance(edge, this.edge);
    if (ahead < -HALF_WINDOW_FIELD) edge = plus(edge, WINDOW_FIELD);
    else if (ahead > HALF_WINDOW_FIELD) edge = plus(edge, -WINDOW_FIELD);
    const credit = distance(edge, this.packets.first);
    if (credit < 0 || credit > PLAUSIBLE) return;
    this.out.runKnown = true;
    // Packets overtake each other: an edge that is known never goes back.
    if (this.edgeKnown && !isBefore(this.edge, edge)) return;
    this.edge = edge;
    this.edgeKnown = true;
    this.progressAt = now;
  }

  heard(now: Micros): void {
    this.lastHeard = now;
  }

  wake(now: Micros): void {
    if (this.losses.lookAt <= now) this.detectLosses(now);
    if (this.silenceAt <= now) this.breakSilence(now);
    if (this.rendezvousAt <= now) this.askForWindow(now);
  }

  push(now: Micros): void {
    const { packets } = this;
    while (packets.lost > 0 && this.isOpen(packets.firstLost()) && (this.probing || this.mayFly())) {
      if (!this.resend(now)) return;
    }
    while (packets.lost === 0 && this.next !== packets.end && this.maySend() && this.mayFly()) {
      if (!this.sendNext(now)) return;
    }
    this.planRendezvous(now);
  }

  /** Also when all has arrived and the news that it was taken does not come: it may be lost. */
  private planRendezvous(now: Micros): void {
    const { packets } = this;
    const missing = this.firstMissing();
    const waits = (this.next !== packets.end && !this.maySend()) || (missing !== packets.end && !this.isOpen(missing));
    if (!waits && (packets.count === 0 || packets.flying > 0)) this.rendezvousAt = NEVER;
    else if (this.rendezvousAt === NEVER || (waits && !this.waited)) {
      this.rendezvousAt = (now + (waits ? RENDEZVOUS_INTERVAL : UNTAKEN_INTERVAL)) as Micros;
      this.lastHeard = now;
    }
    this.waited = waits;
  }

  private announceRun(): void {
    this.out.runKnown = false;
    this.out.runSeqno = this.packets.first;
  }

  private maySend(): boolean {
    if (!this.out.runKnown && distance(this.next, this.out.runSeqno) >= FIRST_BURST) return false;
    return this.isOpen(this.next);
  }

  /** The first burst may have gone beyond a small window; what the peer dropped of it waits for the window too. */
  private isOpen(seqno: number): boolean {
    return !this.obeysWindow || isBefore(seqno, this.edge);
  }

  private mayFly(): boolean {
    if (!this.selective || this.packets.flying < this.flight.packets) return true;
    this.flight.reached();
    return false;
  }

  private detectLosses(now: Micros): void {
    const before = this.packets.lost;
    this.losses.detect(this.toldTo, now);
    const found = this.packets.lost - before;
    if (found > 0) this.flight.noteLost(found, this.packets.flying);
  }

  private sendNext(now: Micros): boolean {
    const { packets, next } = this;
    const startsRun = next === packets.first;
    const length = packets.lengthOf(next);
    if (!this.out.data(next, startsRun, packets.bytes, packets.offsetOf(next), length, now)) return false;
    packets.sent(next, now, startsRun);
    this.next = plus(next, 1);
    this.counters.dataSent += 1;
    this.counters.bytesSent += length;
    return true;
  }

  private resend(now: Micros): boolean {
    const { packets } = this;
    const seqno = packets.firstLost();
    const startsRun = packets.startedRun(seqno);
    if (!this.out.data(seqno, startsRun, packets.bytes, packets.offsetOf(seqno), packets.lengthOf(seqno), now)) {
      return false;
    }
    packets.resent(seqno, now);
    this.probing = false;
    this.counters.retransmitted += 1;
    return true;
  }

  private isPlausible(ackno: number, packet: Uint8Array, offset: number, ranges: number): boolean {
    const sent = distance(this.next, ackno);
    if (sent < 0 || distance(this.packets.first, ackno) > PLAUSIBLE) return false;
    let told = 0;
    for (let i = 0; i < ranges; i++) told += frcpMissing(packet, offset, i) + frcpHere(packet, offset, i);
    return told <= sent;
  }

  /** True when the packet that began the run was lost and has now arrived, alone: the peer dropped all that followed it. [Quirk 19] */
  private takeUpTo(ackno: number, now: Micros): boolean {
    const { packets } = this;
    let beganAgain = false;
    while (isBefore(packets.first, ackno)) {
      const seqno = packets.first;
      beganAgain = packets.startedRun(seqno) && packets.wasResent(seqno);
      this.take(seqno, now);
      packets.dropFirst();
      beganAgain &&= packets.first === ackno;
    }
    return beganAgain;
  }

  private takeRanges(ackno: number, packet: Uint8Array, offset: number, ranges: number, now: Micros): void {
    this.losses.noteDuplicates(frcpDuplicates(packet, offset), this.counters.retransmitted, now);
    let end = ackno;
    for (let i = 0; i < ranges; i++) {
      const from = plus(end, frcpMissing(packet, offset, i));
      end = plus(from, frcpHere(packet, offset, i));
      const known = this.firstMissing();
      for (let seqno = isBefore(from, known) ? known : from; isBefore(seqno, end); seqno = plus(seqno, 1)) {
        this.take(seqno, now);
      }
    }
    this.toldTo = ranges === FRCP_MAX_RANGES ? end : this.next;
  }

  private take(seqno: number, now: Micros): void {
    const { packets } = this;
    if (packets.stateOf(seqno) === ARRIVED) return;
    // A packet that was sent twice measures nothing (Karn). Towards C it must, as what a lost packet held up is acknowledged
    // with it, and would measure how long the recovery took. Where it measures too short a time, the deviation grows.
    if (!this.selective || !packets.wasResent(seqno)) {
      this.sample = Math.min(this.sample, now - packets.lastSentAt(seqno));
    }
    this.losses.arrived(seqno, now);
    packets.markArrived(seqno);
    this.flight.noteArrived();
  }

  private noteProgress(now: Micros): void {
    this.doublings = 0;
    this.quietSince = this.progressAt = now;
    if (this.sample !== Infinity) this.rtt.sample(this.sample as Micros);
  }

  private get silenceAt(): Micros {
    const { packets, doublings } = this;
    if (packets.flying === 0) return NEVER;
    const patience =
      this.selective && doublings === 0 && this.rtt.measured ? this.rtt.tailPatience : this.rtt.patience(doublings);
    return (Math.max(this.quietSince, packets.lastSentAt(packets.oldestFlying)) + patience) as Micros;
  }

  private breakSilence(now: Micros): void {
    const { packets } = this;
    const seqno = this.firstMissing();
    if (!this.isOpen(seqno)) {
      this.quietSince = now;
      return;
    }
    if (now - Math.max(packets.firstSentAt(seqno), this.progressAt) >= LONGEST_RETRANSMISSION) return this.fail();
    this.counters.timeouts += 1;
    const first = this.doublings === 0;
    this.doublings = Math.min(MAX_DOUBLINGS, this.doublings + 1);
    this.quietSince = now;
    this.probing = true;
    if (packets.stateOf(seqno) === FLYING) packets.markLost(seqno);
    if (!this.selective) this.recovery.begin(this.next, now);
    else if (!first) this.startOver();
  }

  /** The packet that was to find out what arrived was lost too: nothing is taken to be under way any more. */
  private startOver(): void {
    this.flight.noteSilence();
    this.markAllLost();
  }

  private markAllLost(): void {
    while (this.packets.flying > 0) this.packets.markLost(this.packets.oldestFlying);
  }

  private askForWindow(now: Micros): void {
    if (now - this.lastHeard >= LONGEST_RETRANSMISSION) return this.fail();
    this.out.rendezvous(now);
    this.rendezvousAt = (now + (this.waited ? RENDEZVOUS_INTERVAL : UNTAKEN_INTERVAL)) as Micros;
  }

  private firstMissing(): number {
    const { packets } = this;
    if (isBefore(this.missing, packets.first)) this.missing = packets.first;
    while (this.missing !== this.next && packets.stateOf(this.missing) === ARRIVED)
      this.missing = plus(this.missing, 1);
    return this.missing;
  }

  private fail(): void {
    this.failed = true;
    this.packets.clear();
    this.next = this.packets.end;
    this.rendezvousAt = NEVER;
    this.losses.lookAt = NEVER;
  }
}
