import { EMPTY_BYTES } from '@ouroboros/model';
import type { Clock, WriteVerdict } from '@ouroboros/ports';
import { FRCP_PCI_LENGTH, FlowSegment, MAX_MESSAGE, SEGMENT_HEADER } from '@ouroboros/wire';
import type { FrameStage } from './frame-stage.js';
import type { FrcpStage } from './frcp-stage.js';
import { HoldingStage } from './holding-stage.js';
import { MessageBuffer } from './message-buffer.js';
import { Segmenter } from './segmenter.js';

export interface SegmentCounters {
  /** Messages that arrived in several segments. */
  messages: number;
  /** Messages of unreliable flows of which a segment is missing. */
  incomplete: number;
  /** Segments that make no sense where they are. */
  malformed: number;
}

/**
 * Messages of any length on an ordered flow: each payload of FRCP is a segment, as long as the path takes it in one
 * piece; those from FIRST to LAST make a message. Where FRCP skipped a gap, the message around it is dropped.
 *
 * Half-close: END is the last word of a writer. `finish` sends it behind everything written; the flow still reads.
 */
export class SegmentStage extends HoldingStage {
  readonly counters: SegmentCounters = { messages: 0, incomplete: 0, malformed: 0 };
  /** Called once when END of the other side was reached by reading. */
  onEnd: (() => void) | null = null;
  private endReached = false;
  private finishing = false;
  private endSent = false;
  private finished: ((taken: boolean) => void)[] = [];
  private readonly message = new MessageBuffer(MAX_MESSAGE);
  private readonly segmenter: Segmenter;
  private heldBack = false;
  private drained: ((lingerMs: number) => void) | null = null;

  constructor(
    private readonly frcp: FrcpStage,
    private readonly frames: FrameStage,
    clock: Clock,
  ) {
    super(frcp, clock, false);
    this.segmenter = new Segmenter(frcp);
    frcp.onSettled = () => this.tellFinished();
  }

  override get maxPacket(): number {
    return MAX_MESSAGE;
  }

  /** The other side has said that it writes no more, and all that it wrote was read. */
  get ended(): boolean {
    return this.endReached && this.held.count === 0;
  }

  /** Nothing may be written any more. */
  get writingEnded(): boolean {
    return this.finishing;
  }

  write(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    if (this.finishing) return 'down';
    const total = headLength + length;
    if (total > MAX_MESSAGE) return 'too-large';
    const room = this.wholePacket;
    if (total > room) this.frames.wantLonger();
    const mayWrite = !this.segmenter.busy && (total <= room || this.frcp.frcp.takesAll(total, Math.ceil(total / room)));
    this.frcp.cork();
    const verdict = mayWrite ? this.segmenter.write(room, head, headLength, body, offset, length) : 'full';
    this.frcp.uncork();
    if (verdict === 'full') this.heldBack = true;
    return verdict;
  }

  /**
   * Ends writing. `done` is told once whether the other side's process has taken everything; false: the flow went down
   * before.
   */
  finish(done: (taken: boolean) => void): void {
    this.finished.push(done);
    this.finishing = true;
    this.sendEnd();
    this.tellFinished();
  }

  override drain(done: (lingerMs: number) => void): void {
    if (this.down === null && (this.segmenter.busy || (this.finishing && !this.endSent))) this.drained = done;
    else super.drain(done);
  }

  override close(): void {
    this.segmenter.clear();
    this.message.clear();
    super.close();
  }

  protected override belowWritable(): void {
    this.frcp.cork();
    const through = this.segmenter.goOn(this.wholePacket);
    this.frcp.uncork();
    if (!through) return;
    this.sendEnd();
    const { drained, heldBack } = this;
    if (drained !== null && (!this.finishing || this.endSent)) {
      this.drained = null;
      super.drain(drained);
    }
    this.heldBack = false;
    if (heldBack) super.belowWritable();
  }

  protected override belowDown(reason: 'closed' | 'peer-closed' | 'peer-gone'): void {
    const { drained } = this;
    this.drained = null;
    this.segmenter.clear();
    if (drained !== null) super.drain(drained);
    super.belowDown(reason);
  }

  protected arrive(buffer: Uint8Array, offset: number, length: number): boolean {
    if (!this.held.hasRoom) return false;
    const flags = buffer[offset]!;
    if (this.frcp.frcp.gap) this.abandon();
    if ((flags & FlowSegment.end) !== 0) return this.reachEnd();
    if (length === SEGMENT_HEADER) return this.malformed();
    if ((flags & FlowSegment.first) !== 0) this.abandon();
    const single = (flags & FlowSegment.first) !== 0 && (flags & FlowSegment.last) !== 0;
    if (single) return this.give(buffer, offset + SEGMENT_HEADER, length - SEGMENT_HEADER);
    return this.collect(flags, buffer, offset + SEGMENT_HEADER, length - SEGMENT_HEADER);
  }

  /** Longest segment that goes in one piece, its header not counted. */
  get wholePacket(): number {
    return Math.min(this.frames.wholePacket - FRCP_PCI_LENGTH, this.frcp.maxPacket) - SEGMENT_HEADER;
  }

  private collect(flags: number, buffer: Uint8Array, offset: number, length: number): true {
    const { message } = this;
    if ((flags & FlowSegment.first) !== 0) message.begin();
    if (!message.open) return true;
    if (!message.append(buffer, offset, length)) return this.malformed();
    if ((flags & FlowSegment.last) === 0) return true;
    this.counters.messages += 1;
    if (!this.give(message.bytes, 0, message.length)) {
      message.bytes = this.held.exchange(message.bytes, message.length);
    }
    message.end();
    return true;
  }

  private abandon(): void {
    if (!this.message.open) return;
    this.counters.incomplete += 1;
    this.message.end();
  }

  private malformed(): true {
    this.counters.malformed += 1;
    this.message.end();
    return true;
  }

  private reachEnd(): true {
    this.abandon();
    if (this.endReached) return this.malformed();
    this.endReached = true;
    this.clock.at(this.clock.now(), () => this.onEnd?.());
    return true;
  }

  private sendEnd(): void {
    if (!this.finishing || this.endSent || this.segmenter.busy) return;
    this.endSent = this.frcp.write(END, END.length, EMPTY_BYTES, 0, 0) === 'ok';
    this.frcp.flush();
  }

  private tellFinished(): void {
    const over = this.down !== null;
    if (this.finished.length === 0 || (!over && !(this.endSent && this.frcp.frcp.taken))) return;
    const { finished } = this;
    this.finished = [];
    const taken = this.endSent && this.frcp.frcp.taken;
    for (const done of finished) done(taken);
  }
}

const END = Uint8Array.of(FlowSegment.end);
