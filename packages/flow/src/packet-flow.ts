import { EMPTY_BYTES, type Micros, type QosSpec } from '@ouroboros/model';
import type {
  Clock,
  CryptoSuite,
  DownReason,
  FlowCrypto,
  FlowEnd,
  FlowGrant,
  PacketTaker,
  Random,
  WriteVerdict,
} from '@ouroboros/ports';
import { statisticsOf, type FlowStatistics, type PacketFlowCounters } from './flow-statistics.js';
import { checkInteger } from './check-qos.js';
import { PeerWatch } from './peer-watch.js';
import type { DoorWatcher } from './stack/doorstep.js';
import { FlowStack, isBare, layerPacketOf } from './stack/flow-stack.js';

/** EFLOWDOWN: ended by the other side, its layer or its death. EFLOWPEER: nothing heard for the peer time-out. */
export type FlowDownCode = 'EFLOWDOWN' | 'EFLOWPEER';

/** What the flow set calls the end of a flow. [spec/wire-frcp.md §11] */
export type FlowDownEvent = 'DOWN' | 'DEALLOC' | 'PEER';

/** What a PacketFlow needs of its host. */
export interface PacketFlowHost {
  readonly clock: Clock;
  readonly random: Random;
  /** Bytes that FRCP keeps in each direction until the other process has taken them; undefined: its default. */
  readonly bufferBytes?: number;
  /** Gives the flow back to the IRM daemon, once. `lingerMs`: how long the layer must keep it for the protocol of the flow. */
  release(flow: PacketFlow, lingerMs: number): Promise<void>;
}

/** What a PacketFlow is besides its grant. */
export interface PacketFlowRole {
  /** True at the end that asked for the flow. */
  readonly initiator: boolean;
  /** For encrypted flows. */
  readonly crypto: CryptoSuite | null;
}

/** How a flow is protected; the keys stay inside. */
export type FlowCryptoFacts = Pick<FlowCrypto, 'profile' | 'cipher' | 'kex' | 'peer'>;

const PLAIN_ACCEPTED: PacketFlowRole = { initiator: false, crypto: null };

/** Packets handed to `onPacket` in one turn of the event loop, so that one busy flow does not starve the others. */
const PACKETS_PER_TURN = 64;
const EVERYTHING = 0x7fffffff;

/**
 * One flow on the packet path: synchronous, without promises and without allocation per packet. IPCPs use it as it is;
 * `Flow` puts the calls of applications on top.
 *
 * Between the user and the channel lies the stack of the flow (stack/flow-stack.ts). A bare flow has none: raw QoS,
 * nothing agreed, no key.
 */
export class PacketFlow {
  /** Host-wide number of the flow. */
  readonly flowId: number;
  readonly qos: QosSpec;
  /** Maximum packet lifetime in ms. */
  readonly mplMs: number;
  /** The layer that carries the flow; empty between two processes of this host. */
  readonly layer: string;
  /** The name that was asked for. */
  readonly name: string;
  /** Extension features that both ends agreed; 0 with a C peer. */
  readonly features: number;
  /** Equal in the logs of both hosts. */
  readonly correlationId: string;
  /** How the flow is protected, or null for a plain one. */
  readonly crypto: FlowCryptoFacts | null;
  readonly counters: PacketFlowCounters = {
    packetsSent: 0,
    bytesSent: 0,
    packetsReceived: 0,
    bytesReceived: 0,
    keepAlivesSent: 0,
    keepAlivesReceived: 0,
    sendFull: 0,
  };

  /** Called once when `send` may succeed again after 'full'. */
  onWritable: (() => void) | null = null;
  /** Called before the first packet of each batch that goes to `onPacket`. */
  onBatch: (() => void) | null = null;
  /** Called once, when the flow goes down while this is set, after `onPacket` was given the rest. What is queued can still be received. */
  onDown: ((code: FlowDownCode) => void) | null = null;
  /** Called once when all that the other side wrote was received, and it has said that it writes no more. */
  onPeerFinished: (() => void) | null = null;

  /** The channel, or the uppermost stage. */
  private readonly end: FlowEnd;
  private readonly stack: FlowStack | null;
  /** Longest packet that channel and layer carry. Where there are stages, they refuse what is longer. */
  private readonly layerPacket: number;
  private readonly watch: PeerWatch;
  /** The watch, where no stage tells it of the packets. */
  private readonly told: PeerWatch | null;
  private packetListener: PacketTaker | null = null;
  private readableListener: (() => void) | null = null;
  private currentTaker: PacketTaker | null = null;
  private delivered = 0;
  private taken = 0;
  private downCode: FlowDownCode | null = null;
  private downKind: FlowDownEvent | null = null;
  private released: Promise<void> | null = null;

  constructor(
    grant: Omit<FlowGrant, 'channel'>,
    private readonly channel: FlowEnd,
    private readonly host: PacketFlowHost,
    role: PacketFlowRole = PLAIN_ACCEPTED,
  ) {
    this.flowId = grant.flowId;
    this.qos = grant.qos;
    this.mplMs = grant.mplMs;
    this.layer = grant.layer;
    this.name = grant.name;
    this.features = grant.features;
    this.correlationId = grant.correlationId;
    this.crypto = factsOf(grant.crypto);
    this.layerPacket = layerPacketOf(grant, channel);
    this.watch = this.watchPeer();
    this.stack = isBare(grant) ? null : this.buildStack(grant, role);
    this.end = this.stack?.top ?? channel;
    this.told = this.stack === null ? this.watch : null;
    this.end.onWritable = () => this.onWritable?.();
    this.end.onDown = (reason) => this.endDown(reason);
    this.setPeerTimeout(grant.qos.timeout);
    if (channel.down !== null) this.endDown(channel.down);
  }

  /** Longest packet in bytes that `send` takes. */
  get maxPacket(): number {
    return this.stack === null ? this.layerPacket : this.end.maxPacket;
  }

  /** Longest packet in bytes that goes through the whole path in one piece, as far as is known; headers of the flow included. */
  get pathPacket(): number {
    return this.stack?.pathPacket ?? this.layerPacket;
  }

  /** Longest packet in bytes that `send` sends in one piece, as far as the path is known. */
  get wholePacket(): number {
    return this.stack?.wholePacket ?? this.channel.maxPacket;
  }

  /** What `wholePacket` can become, on a flow that is not in order, as the layer here cuts nothing shorter. */
  get longestWhole(): number {
    return this.stack?.longestWhole ?? this.layerPacket;
  }

  /**
   * Packets longer than this and than `pathPacket` are 'too-large' for `send`, instead of being cut: for a layer, whose
   * users are to find the size of their path. Without FRAMES nothing is cut.
   */
  set cutUpTo(bytes: number) {
    if (this.stack?.frames) this.stack.frames.cutUpTo = bytes;
  }

  /** FRCT flags (FRCTFRTX …), null on flows without FRCP. Setting: bits that cannot change are ignored. */
  get frctFlags(): number | null {
    return this.stack?.frcp?.frcp.flags ?? null;
  }

  set frctFlags(flags: number | null) {
    if (this.stack?.frcp && flags !== null) this.stack.frcp.frcp.flags = flags;
  }

  /** What happened on the flow so far. */
  statistics(): FlowStatistics {
    return statisticsOf(this.counters, this.pathPacket, this.stack);
  }

  /** True where both ends can say that they write no more: `finish`. */
  get halfCloses(): boolean {
    return Boolean(this.stack?.segments) && this.qos.loss === 0;
  }

  /** `finish` was called: `send` answers 'down'. */
  get finished(): boolean {
    return this.stack?.segments?.writingEnded ?? false;
  }

  /** The other side writes no more, and everything was received. */
  get peerFinished(): boolean {
    return this.stack?.segments?.ended ?? false;
  }

  /**
   * Says that nothing more is sent. `done` is told whether the other side's process has taken everything; false: the flow
   * went down before. Only where `halfCloses`.
   */
  finish(done: (taken: boolean) => void): void {
    this.stack?.segments?.finish(done);
  }

  /** When the last packet, empty or not, was taken from the flow; at first, when its peer time-out was set. */
  get heardAt(): Micros {
    return this.watch.heardAt;
  }

  /** Why the flow is down, or null. */
  get down(): FlowDownCode | null {
    return this.downCode;
  }

  /** The event that a flow set reports for the end: DOWN the other process died, DEALLOC the flow was ended, PEER silence. */
  get downEvent(): FlowDownEvent | null {
    return this.downKind;
  }

  get deallocated(): boolean {
    return this.released !== null;
  }

  /**
   * Sends the packet `head[0 … headLength)` + `body[offset … offset+length)`; both are copied. 'full': nothing was
   * sent, `onWritable` follows. 'down': nothing was sent, see `down`. 'too-large': more than `maxPacket`, or than a layer's
   * flow cuts (`cutUpTo`). An empty packet is a keep-alive.
   */
  send(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    if (this.downCode !== null || this.released !== null) return 'down';
    if (this.stack === null && headLength + length > this.layerPacket) return 'too-large';
    const verdict =
      headLength + length > 0
        ? this.end.write(head, headLength, body, offset, length)
        : this.channel.write(head, 0, body, 0, 0);
    if (verdict === 'ok') this.countSent(headLength + length);
    else if (verdict === 'full') this.counters.sendFull += 1;
    return verdict;
  }

  /** Bytes that may wait in the channel below before `send` answers 'full'. [FlowEnd.limitWaiting] */
  limitWaiting(bytes: number): void {
    this.channel.limitWaiting(bytes);
  }

  /** Publishes at once what was sent in this turn of the event loop. */
  flush(): void {
    if (this.released === null) this.end.flush();
  }

  /**
   * Hands up to `max` queued packets to `take`, in order, and answers how many it took. Empty packets are counted and
   * skipped. A packet that `take` refuses stays and comes first next time. Not to be called from within `take`.
   */
  receive(max: number, take: PacketTaker): number {
    const takenBefore = this.taken;
    this.currentTaker = take;
    this.delivered = 0;
    for (let asked = max; asked > 0 && this.released === null; asked = max - this.delivered) {
      if (this.end.read(asked, this.takeOne) < asked) break;
    }
    this.currentTaker = null;
    if (this.taken !== takenBefore) this.told?.received();
    return this.delivered;
  }

  /** True when a packet with content is queued; empty ones before it are taken out. */
  hasPacket(): boolean {
    if (this.released !== null) return false;
    this.receive(EVERYTHING, refuse);
    return this.end.queuedRx() > 0;
  }

  /**
   * Takes packets as they come, instead of `receive`: set it and packets are handed over, some per turn of the event
   * loop; `buffer` is valid during the call only, false leaves the packet for the next turn. Null stops, and holds the sender back.
   */
  get onPacket(): PacketTaker | null {
    return this.packetListener;
  }

  set onPacket(listener: PacketTaker | null) {
    this.packetListener = listener;
    this.listen();
  }

  /** Called in each turn in which a packet with content is queued, while set. Ignored while `onPacket` is set. */
  get onReadable(): (() => void) | null {
    return this.readableListener;
  }

  set onReadable(listener: (() => void) | null) {
    this.readableListener = listener;
    this.listen();
  }

  /** Packets received and not yet taken, empty ones included. */
  queuedRx(): number {
    return this.released === null ? this.end.queuedRx() : 0;
  }

  /** Packets sent that the next process has not yet taken. */
  queuedTx(): number {
    return this.released === null ? this.end.queuedTx() : 0;
  }

  /** Sets the peer time-out T in ms, first that of the QoS; 0 switches keep-alives and watching off. EINVAL. */
  setPeerTimeout(ms: number): void {
    checkInteger('peer time-out in ms', ms, 0xffffffff);
    if (this.downCode !== null || this.released !== null) return;
    this.watch.setTimeout(ms);
  }

  /**
   * Ends the flow. What was sent can still be received by the other side; a reliable flow is given back when it has been.
   * Repeating it gives the same promise.
   */
  dealloc(): Promise<void> {
    this.released ??= this.leave();
    return this.released;
  }

  /** The IRM daemon said that the layer or the other side ended the flow. For FlowHost. */
  ended(): void {
    this.goDown('EFLOWDOWN', this.end.down === 'peer-gone' ? 'DOWN' : 'DEALLOC');
  }

  private readonly takeOne: PacketTaker = (buffer, offset, length) => {
    if (this.released !== null) return false;
    if (length > 0) {
      if (this.currentTaker === null || !this.currentTaker(buffer, offset, length)) return false;
      this.delivered += 1;
      this.counters.packetsReceived += 1;
      this.counters.bytesReceived += length;
    } else this.counters.keepAlivesReceived += 1;
    this.taken += 1;
    return true;
  };

  private readonly packetsQueued = (): void => {
    if (this.packetListener !== null) this.receiveBatch(PACKETS_PER_TURN, this.packetListener);
    else if (this.hasPacket()) this.readableListener?.();
  };

  private receiveBatch(max: number, listener: PacketTaker): void {
    this.onBatch?.();
    this.receive(max, listener);
  }

  private listen(): void {
    if (this.released !== null) return;
    const wanted = this.packetListener !== null || this.readableListener !== null;
    this.end.onReadable = wanted ? this.packetsQueued : null;
  }

  private countSent(length: number): void {
    if (length > 0) {
      this.counters.packetsSent += 1;
      this.counters.bytesSent += length;
    } else this.counters.keepAlivesSent += 1;
    this.told?.sent();
  }

  private buildStack(grant: Omit<FlowGrant, 'channel'>, role: PacketFlowRole): FlowStack {
    const { clock, random, bufferBytes } = this.host;
    const stack = new FlowStack(grant, this.channel, {
      clock,
      random,
      bufferBytes,
      ...role,
      watcher: this.doorWatcher(),
    });
    if (stack.segments) stack.segments.onEnd = () => this.onPeerFinished?.();
    return stack;
  }

  private doorWatcher(): DoorWatcher {
    return {
      sent: () => this.watch.sent(),
      received: () => this.watch.received(),
      keepAlive: () => (this.counters.keepAlivesReceived += 1),
    };
  }

  private watchPeer(): PeerWatch {
    return new PeerWatch(this.host.clock, {
      sendKeepAlive: () => this.sendKeepAlive(),
      peerSilent: () => this.goDown('EFLOWPEER', 'PEER'),
      arrivals: () => this.arrivals(),
    });
  }

  private arrivals(): number {
    if (this.stack !== null) return this.stack.doorstep.arrivals;
    this.receive(EVERYTHING, refuse);
    return this.taken + this.end.queuedRx();
  }

  private sendKeepAlive(): void {
    if (this.channel.write(EMPTY_BYTES, 0, EMPTY_BYTES, 0, 0) === 'ok') this.counters.keepAlivesSent += 1;
  }

  private async leave(): Promise<void> {
    const { end, stack } = this;
    end.onReadable = null;
    end.onWritable = null;
    end.onDown = null;
    const lingerMs = stack === null ? 0 : await new Promise<number>((resolve) => stack.top.drain(resolve));
    this.watch.stop();
    end.flush();
    end.close();
    return this.host.release(this, lingerMs);
  }

  private endDown(reason: DownReason): void {
    this.goDown('EFLOWDOWN', reason === 'peer-gone' ? 'DOWN' : 'DEALLOC');
  }

  private goDown(code: FlowDownCode, kind: FlowDownEvent): void {
    if (this.downCode !== null || this.released !== null) return;
    this.downCode = code;
    this.downKind = kind;
    this.watch.stop();
    this.takeRest();
    this.onDown?.(code);
  }

  /** What arrived before the end goes to `onPacket` before `onDown`: the last words of a peer must not be lost. */
  private takeRest(): void {
    if (this.packetListener !== null && this.currentTaker === null) {
      this.receiveBatch(this.end.queuedRx(), this.packetListener);
    }
  }
}

const factsOf = (crypto: FlowCrypto | null): FlowCryptoFacts | null =>
  crypto && { profile: crypto.profile, cipher: crypto.cipher, kex: crypto.kex, peer: crypto.peer };

const refuse: PacketTaker = () => false;
