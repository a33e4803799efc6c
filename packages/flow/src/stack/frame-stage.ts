import { MachineDriver } from '@ouroboros/machine';
import { EMPTY_BYTES } from '@ouroboros/model';
import type { Clock, DownReason, FlowEnd, WriteVerdict } from '@ouroboros/ports';
import {
  FlowFrame,
  MAX_MESSAGE,
  PACKET_FRAME_HEADER,
  PROBE_ANSWER_LENGTH,
  PROBE_HEADER,
  probeAnswerLength,
  probeNumber,
  writeProbe,
  writeProbeAnswer,
} from '@ouroboros/wire';
import { Fragmenter } from './fragmenter.js';
import { HoldingStage } from './holding-stage.js';
import { PathMtu, type PathMtuInput, type PathMtuOutput } from './path-mtu.js';
import { Reassembly } from './reassembly.js';

export interface FrameStageConfig {
  readonly clock: Clock;
  /** Bytes that the stages below add to a packet. */
  readonly overhead: number;
  /** False where no layer lies between the ends: the path takes what the channel takes. */
  readonly probes: boolean;
  /** Number of the first message and the first probe. */
  readonly firstNumber: number;
}

export interface FrameCounters {
  /** Frames of no known type, or too short. */
  malformed: number;
  probesSent: number;
  probesReceived: number;
}

/**
 * Frames: cuts what is longer than the path's longest packet, puts together what arrives in fragments, and measures the
 * path. What arrives is taken in whether or not the user reads, so that probes are answered: up to the bounds of
 * HeldPackets; then the rest stays below and holds the sender back.
 */
export class FrameStage extends HoldingStage {
  readonly counters: FrameCounters = { malformed: 0, probesSent: 0, probesReceived: 0 };
  readonly reassembly = new Reassembly();
  /**
   * Packets longer than both this and the path's longest packet are refused instead of cut. For layers above, which find
   * their own path's size only if this one does not carry everything. [as RFC 8200 §5 for links below IPv6's 1280 bytes]
   */
  cutUpTo = MAX_MESSAGE;
  private readonly path: PathMtu;
  private readonly pathDriver: MachineDriver<PathMtuInput, PathMtuOutput>;
  private readonly fragmenter: Fragmenter;
  private readonly overhead: number;
  private head: Uint8Array = new Uint8Array(64);
  private heldBack = false;
  private cancelExpiry: (() => void) | null = null;
  private drained: ((lingerMs: number) => void) | null = null;

  constructor(below: FlowEnd, config: FrameStageConfig) {
    super(below, config.clock, true);
    this.overhead = config.overhead;
    const max = below.maxPacket + config.overhead;
    this.path = new PathMtu({ max, firstNumber: config.firstNumber });
    if (!config.probes) this.path.size = max;
    this.pathDriver = new MachineDriver(this.path, config.clock, (probe) => this.sendProbe(probe));
    this.fragmenter = new Fragmenter(below, config.firstNumber);
  }

  /** Longest message; what is longer than the path takes is cut, as far as `cutUpTo` allows. */
  override get maxPacket(): number {
    return Math.min(MAX_MESSAGE, Math.max(this.cutUpTo, this.below.maxPacket - PACKET_FRAME_HEADER));
  }

  /** Longest packet that the whole path is known to take, as the layer carries it. */
  get pathPacket(): number {
    return this.path.size;
  }

  /** Longest packet that `write` sends in one piece. */
  get wholePacket(): number {
    return this.path.size - this.overhead - PACKET_FRAME_HEADER;
  }

  /** What `wholePacket` is at most, when all on the path takes as much as the layer here. */
  get longestWhole(): number {
    return this.below.maxPacket - PACKET_FRAME_HEADER;
  }

  /** The user has more to send than `wholePacket`: the path is worth measuring. */
  wantLonger(): void {
    this.pathDriver.input(WANTED);
  }

  write(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    const total = headLength + length;
    if (this.fragmenter.busy) return this.full();
    const verdict =
      total <= this.wholePacket
        ? this.writeWhole(head, headLength, body, offset, length)
        : this.writeCut(head, headLength, body, offset, length);
    return verdict === 'full' ? this.full() : verdict;
  }

  override queuedTx(): number {
    return this.below.queuedTx() + (this.fragmenter.busy ? 1 : 0);
  }

  override close(): void {
    this.pathDriver.stop();
    this.cancelExpiry?.();
    this.reassembly.clear();
    this.fragmenter.clear();
    super.close();
  }

  override drain(done: (lingerMs: number) => void): void {
    if (!this.fragmenter.busy || this.down !== null) return super.drain(done);
    this.drained = done;
  }

  protected override belowWritable(): void {
    if (this.fragmenter.busy && !this.fragmenter.goOn()) return;
    const { drained, heldBack } = this;
    this.drained = null;
    this.heldBack = false;
    if (drained) super.drain(drained);
    if (heldBack) super.belowWritable();
  }

  protected override belowDown(reason: DownReason): void {
    this.pathDriver.stop();
    this.fragmenter.clear();
    this.drained?.(0);
    super.belowDown(reason);
  }

  private full(): 'full' {
    this.heldBack = true;
    return 'full';
  }

  private writeWhole(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number) {
    if (headLength >= this.head.length) this.head = new Uint8Array(headLength * 2);
    const framed = this.head;
    framed[0] = FlowFrame.packet;
    for (let i = 0; i < headLength; i += 1) framed[i + PACKET_FRAME_HEADER] = head[i]!;
    const verdict = this.below.write(framed, headLength + PACKET_FRAME_HEADER, body, offset, length);
    if (headLength + length > LONG) this.path.longSent = true;
    return verdict;
  }

  private writeCut(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number) {
    const total = headLength + length;
    this.wantLonger();
    if (total > MAX_MESSAGE || total > this.cutUpTo) return 'too-large';
    this.path.longSent = true;
    return this.fragmenter.write(this.path.size - this.overhead, head, headLength, body, offset, length);
  }

  protected arrive(buffer: Uint8Array, offset: number, length: number): boolean {
    if (!this.held.hasRoom) return false;
    switch (buffer[offset]) {
      case FlowFrame.packet:
        if (length > PACKET_FRAME_HEADER) {
          return this.give(buffer, offset + PACKET_FRAME_HEADER, length - PACKET_FRAME_HEADER);
        }
        break;
      case FlowFrame.fragment:
        this.reassemble(buffer, offset, length);
        return true;
      case FlowFrame.probe:
        if (length >= PROBE_HEADER) return this.answerProbe(probeNumber(buffer, offset), length);
        break;
      case FlowFrame.probeAnswer:
        if (length >= PROBE_ANSWER_LENGTH) return this.probeAnswered(buffer, offset);
    }
    this.counters.malformed += 1;
    return true;
  }

  private reassemble(buffer: Uint8Array, offset: number, length: number): void {
    const { reassembly } = this;
    if (!reassembly.add(buffer, offset, length, this.clock.now())) return this.expectRest();
    this.giveOrHold(reassembly.message, 0, reassembly.messageLength);
  }

  /** Messages that nobody completes are dropped in time. */
  private expectRest(): void {
    if (this.cancelExpiry !== null || this.reassembly.pending === 0) return;
    this.cancelExpiry = this.clock.at(this.reassembly.deadline, () => {
      this.cancelExpiry = null;
      this.reassembly.expire(this.clock.now());
      this.expectRest();
    });
  }

  private answerProbe(number: number, length: number): true {
    this.counters.probesReceived += 1;
    writeProbeAnswer(this.head, number, length);
    this.below.write(this.head, PROBE_ANSWER_LENGTH, EMPTY_BYTES, 0, 0);
    return true;
  }

  private probeAnswered(buffer: Uint8Array, offset: number): true {
    const length = probeAnswerLength(buffer, offset) + this.overhead;
    this.pathDriver.input({ type: 'answer', number: probeNumber(buffer, offset), length });
    return true;
  }

  private sendProbe({ number, size }: PathMtuOutput): void {
    const length = size - this.overhead - PROBE_HEADER;
    writeProbe(this.head, number);
    const verdict = this.below.write(this.head, PROBE_HEADER, zeros(length), 0, length);
    if (verdict === 'ok') this.counters.probesSent += 1;
    else if (verdict === 'full') this.pathDriver.input(UNSENT);
  }
}

const WANTED: PathMtuInput = { type: 'wanted' };
const UNSENT: PathMtuInput = { type: 'unsent' };
/** Packets up to here say nothing about a path that takes more than the base size. */
const LONG = 400;

let zeroBytes = new Uint8Array(0);

/** At least `length` zeros, which nobody writes. */
function zeros(length: number): Uint8Array {
  if (zeroBytes.length < length) zeroBytes = new Uint8Array(length);
  return zeroBytes;
}
