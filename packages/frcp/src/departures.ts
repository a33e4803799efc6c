import { EMPTY_BYTES, fromMs, type Micros } from '@ouroboros/model';
import {
  FRCP_MAX_RANGES,
  FRCP_PCI_LENGTH,
  FRCP_RANGES_AT,
  FRCP_RANGE_LENGTH,
  FrcpFlag,
  writeFrcpDuplicates,
  writeFrcpPci,
  writeFrcpRange,
} from '@ouroboros/wire';
import type { FrcpConfig, FrcpCounters, FrcpOutputs } from './contract.js';
import type { Receiver } from './receiver.js';

/** If nobody says that the queue below has room again, it is tried after this time. */
const RETRY = fromMs(10);

/**
 * Builds the packets that leave. Each carries what the receiving side has to report at that moment, retransmissions too.
 *
 * Until the peer has shown that it knows our run, control packets carry DRF and the run's first number: a C receiver that
 * hears a control packet without DRF before our first data would take none of it. [spec/wire-frcp.md §12 Quirk 1, §13 rule 2]
 */
export class Departures {
  /** The peer has acknowledged something of our run, or given credit for it. */
  runKnown = false;
  /** First number of our run; on unreliable flows the next. */
  runSeqno: number;
  /** When a packet last left. */
  lastAt = -Infinity as Micros;
  /** The queue below is full. */
  blocked = false;
  retryAt = 0 as Micros;

  private readonly head = new Uint8Array(FRCP_RANGES_AT + FRCP_MAX_RANGES * FRCP_RANGE_LENGTH);
  private readonly reliable: boolean;
  private readonly selective: boolean;

  constructor(
    config: FrcpConfig,
    private readonly outputs: FrcpOutputs,
    private readonly counters: FrcpCounters,
    private readonly receiver: Receiver,
  ) {
    this.reliable = config.reliable;
    this.selective = config.selective;
    this.runSeqno = config.initialSeqno >>> 0;
  }

  /** A data packet whose payload lies in one piece. All answer false when the queue below is full. */
  data(seqno: number, startsRun: boolean, bytes: Uint8Array, offset: number, length: number, now: Micros): boolean {
    const report = this.writeDataHead(seqno, startsRun, now);
    if (!this.send(FRCP_PCI_LENGTH, bytes, offset, length, now)) return false;
    if (report) this.receiver.reportedWithData();
    return true;
  }

  /** As `data`, with a payload in two parts, the first of at most FRCP_MAX_HEAD bytes. */
  dataInParts(
    seqno: number,
    first: Uint8Array,
    firstLength: number,
    body: Uint8Array,
    offset: number,
    length: number,
    now: Micros,
  ): boolean {
    const report = this.writeDataHead(seqno, true, now);
    for (let i = 0; i < firstLength; i++) this.head[FRCP_PCI_LENGTH + i] = first[i]!;
    if (!this.send(FRCP_PCI_LENGTH + firstLength, body, offset, length, now)) return false;
    if (report) this.receiver.reportedWithData();
    return true;
  }

  /** What the receiving side has to report, now. */
  report(now: Micros): boolean {
    if (!this.reliable) return this.credit(now);
    const { receiver } = this;
    this.writeControlHead(FrcpFlag.ACK | FrcpFlag.FC, receiver.edge, receiver.ackno);
    const length = this.selective ? this.writeRanges() : FRCP_PCI_LENGTH;
    return this.sendReport(length, now);
  }

  /** The window alone, as C answers a rendez-vous. */
  credit(now: Micros): boolean {
    this.writeControlHead(FrcpFlag.FC, this.receiver.edge, 0);
    return this.sendReport(FRCP_PCI_LENGTH, now);
  }

  /** The last acknowledgement of a flow towards C. [§10.4] */
  farewell(now: Micros): boolean {
    this.writeControlHead(FrcpFlag.ACK, 0, this.receiver.ackno);
    return this.sendReport(FRCP_PCI_LENGTH, now);
  }

  rendezvous(now: Micros): boolean {
    this.writeControlHead(FrcpFlag.RDVS, 0, 0);
    if (!this.send(FRCP_PCI_LENGTH, EMPTY_BYTES, 0, 0, now)) return false;
    this.counters.controlSent += 1;
    this.counters.rendezvousSent += 1;
    return true;
  }

  private writeDataHead(seqno: number, startsRun: boolean, now: Micros): boolean {
    const { receiver } = this;
    let flags: number = startsRun ? FrcpFlag.DATA | FrcpFlag.DRF : FrcpFlag.DATA;
    const report = receiver.mayReport(now);
    if (report) flags |= this.reliable ? FrcpFlag.ACK | FrcpFlag.FC : FrcpFlag.FC;
    const ackno = report && this.reliable ? receiver.ackno : 0;
    writeFrcpPci(this.head, 0, flags, report ? receiver.edge : 0, seqno, ackno);
    return report;
  }

  private writeControlHead(flags: number, window: number, ackno: number): void {
    if (this.runKnown) writeFrcpPci(this.head, 0, flags, window, 0, ackno);
    else writeFrcpPci(this.head, 0, flags | FrcpFlag.DRF, window, this.runSeqno, ackno);
  }

  /** What arrived beyond ackno, lowest numbers first; answers the length of the packet. */
  private writeRanges(): number {
    const { buffer, duplicates } = this.receiver;
    writeFrcpDuplicates(this.head, 0, duplicates);
    let count = 0;
    for (let at = buffer.first; at !== buffer.highest && count < FRCP_MAX_RANGES; count += 1) {
      const here = buffer.endOfRun(at, false);
      const end = buffer.endOfRun(here, true);
      writeFrcpRange(this.head, 0, count, (here - at) >>> 0, (end - here) >>> 0);
      at = end;
    }
    return FRCP_RANGES_AT + count * FRCP_RANGE_LENGTH;
  }

  private sendReport(length: number, now: Micros): boolean {
    if (!this.send(length, EMPTY_BYTES, 0, 0, now)) return false;
    this.counters.controlSent += 1;
    this.receiver.reported();
    return true;
  }

  private send(headLength: number, body: Uint8Array, offset: number, length: number, now: Micros): boolean {
    if (this.blocked) return false;
    if (this.outputs.transmit(this.head, headLength, body, offset, length)) {
      this.lastAt = now;
      return true;
    }
    this.blocked = true;
    this.retryAt = (now + RETRY) as Micros;
    return false;
  }
}
