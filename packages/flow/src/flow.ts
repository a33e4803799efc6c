import { EMPTY_BYTES, OuroborosError, type QosSpec } from '@ouroboros/model';
import type { Clock, PacketTaker } from '@ouroboros/ports';
import { FlowOptions } from './flow-options.js';
import type { FlowStatistics } from './flow-statistics.js';
import type { FlowCryptoFacts, FlowDownCode, FlowDownEvent, PacketFlow } from './packet-flow.js';
import { WaitQueue, type WaitOptions } from './wait-queue.js';

/** What a flow set hears of its members. Internal to this package. */
export interface FlowWatcher {
  /** A packet with content is queued. Called once per `armWatcher`. */
  readable(flow: Flow): void;
  down(flow: Flow): void;
  deallocated(flow: Flow): void;
}

/**
 * A flow, as applications use it: packets by promise. One write is one packet; reads of one flow are served in the
 * order in which they were called, and so are writes. [spec/architecture.md §8, spec/wire-frcp.md §10]
 *
 * Errors of all calls: ENOTALLOC after `dealloc`; EPERM against the access mode; EFLOWDOWN when the flow was ended or
 * its other side died, EFLOWPEER when nothing was heard for the peer time-out (both: only after what is queued was
 * read); ETIMEDOUT; EAGAIN in non-blocking mode; EINVAL; EMSGSIZE. Reads: EEND when the other side has finished writing
 * and everything was read. Writes: EPIPE after `finish`.
 */
export class Flow extends FlowOptions implements AsyncIterable<Uint8Array> {
  private readonly readers: WaitQueue;
  private readonly writers: WaitQueue;
  /** Calls of `finish` that wait for the other side. */
  private readonly finishers: WaitQueue;
  /** What became of what was written before `finish`; undefined while that is open. */
  private allTaken: boolean | undefined;
  /** Bytes of the first queued packet that reads have already taken; the rest of it waits in the queue. */
  private consumed = 0;
  private endMarkDue = false;
  /** A read has said EEND. */
  private endTold = false;
  private target: Uint8Array = EMPTY_BYTES;
  private outcome = NOTHING;
  private watcher: FlowWatcher | null = null;
  private watcherArmed = false;

  /** `packets` is used up by this object: nobody else may set its listeners or receive from it. */
  constructor(
    readonly packets: PacketFlow,
    clock: Clock,
  ) {
    super();
    this.readers = new WaitQueue(clock, () => this.listen());
    this.finishers = new WaitQueue(clock, () => undefined);
    this.writers = new WaitQueue(clock, (waiting) => {
      packets.onWritable = waiting ? () => this.writers.poke() : null;
    });
    packets.onDown = () => this.wentDown();
    packets.onPeerFinished = () => this.peerFinished();
  }

  /** Host-wide number of the flow. */
  get id(): number {
    return this.packets.flowId;
  }

  /** The name that was asked for. */
  get name(): string {
    return this.packets.name;
  }

  /** The layer that carries the flow; empty between two processes of this host. */
  get layer(): string {
    return this.packets.layer;
  }

  get qos(): QosSpec {
    return this.packets.qos;
  }

  /** Stands in the logs of all daemons that took part in the allocation. */
  get correlationId(): string {
    return this.packets.correlationId;
  }

  /** Longest packet in bytes that `write` takes: 16 MiB between peers of ours, else what the layer takes in one piece. */
  get maxPacket(): number {
    return this.packets.maxPacket;
  }

  /**
   * Longest packet in bytes that the whole path takes in one piece, as far as is known; headers of the flow included.
   * Longer writes are cut.
   */
  get pathPacket(): number {
    return this.packets.pathPacket;
  }

  /** Longest packet in bytes that `write` sends in one piece, as far as the path is known. */
  get wholePacket(): number {
    return this.packets.wholePacket;
  }

  /** How the flow is protected, or null for a plain one. */
  get crypto(): FlowCryptoFacts | null {
    return this.packets.crypto;
  }

  /** What happened on the flow so far. */
  get statistics(): FlowStatistics {
    return this.packets.statistics();
  }

  /** Why the flow is down, or null while it is up. */
  override get down(): FlowDownCode | null {
    return this.packets.down;
  }

  /** How its end is called in a flow set, or null. */
  get downEvent(): FlowDownEvent | null {
    return this.packets.downEvent;
  }

  get deallocated(): boolean {
    return this.packets.deallocated;
  }

  /**
   * The next packet, whole, as a copy that belongs to the caller; never empty. After a `readInto` that took a part of
   * a packet: the rest of that packet. The time-out defaults to `rcvTimeoutMs`.
   */
  async read(options: WaitOptions = {}): Promise<Uint8Array> {
    return this.waitToRead(() => this.takePacket(), options);
  }

  /** As `read`, but undefined when nothing can be read now. */
  tryRead(): Uint8Array | undefined {
    return this.readers.length > 0 ? undefined : this.takePacket();
  }

  /**
   * Reads up to `target.length` bytes of one packet straight from the queue into `target`; gives the number of bytes.
   * With partial reads (the default) the rest of a longer packet comes with the next reads, and after bytes that just
   * filled `target` and ended a packet the next `readInto` gives 0: the end-of-packet mark. With `noPartialRead` a
   * longer packet is dropped with EMSGSIZE and there is no mark. EINVAL for an empty target.
   */
  async readInto(target: Uint8Array, options: WaitOptions = {}): Promise<number> {
    checkTarget(target);
    return this.waitToRead(() => this.takeInto(target), options);
  }

  /** As `readInto`, but undefined when nothing can be read now. */
  tryReadInto(target: Uint8Array): number | undefined {
    checkTarget(target);
    return this.readers.length > 0 ? undefined : this.takeInto(target);
  }

  /**
   * Sends `bytes` as one packet and gives their number; waits while the queue is full. `bytes` must not change before.
   * Resolved means queued here, not received there. An empty packet is a keep-alive. The time-out defaults to
   * `sndTimeoutMs`. EMSGSIZE for more than `maxPacket` bytes.
   */
  async write(bytes: Uint8Array, options: WaitOptions = {}): Promise<number> {
    if (this.writeNoBlock) {
      if (this.tryWrite(bytes)) return bytes.length;
      throw new OuroborosError('EAGAIN', `the queue of flow ${this.id} is full`);
    }
    const limits = { timeoutMs: options.timeoutMs ?? this.sndTimeoutMs, signal: options.signal };
    return this.writers.wait(() => (this.push(bytes) ? bytes.length : undefined), limits);
  }

  /** As `write`, but at once: false when the queue is full. */
  tryWrite(bytes: Uint8Array): boolean {
    return this.writers.length === 0 && this.push(bytes);
  }

  /**
   * Ends writing; reading goes on. Resolves when the process at the other side has taken everything that was written. Writes
   * that wait are sent first. ENOTSUP on flows that cannot know: unreliable ones, and those with a C peer. EFLOWDOWN,
   * EFLOWPEER: the flow went down before. ETIMEDOUT and the signal's reason end the waiting, not the ending.
   */
  async finish(options: WaitOptions = {}): Promise<void> {
    this.checkAllocated();
    if (!this.packets.halfCloses) {
      throw new OuroborosError('ENOTSUP', `flow ${this.id} cannot tell its other side that writing has ended`);
    }
    let taken: boolean | undefined;
    await this.writers.wait(() => {
      if (!this.packets.finished) this.packets.finish((all) => this.finished(all));
      return true;
    }, options);
    await this.finishers.wait(() => {
      taken = this.allTaken;
      if (taken === undefined) this.checkAllocated();
      return taken === undefined ? undefined : true;
    }, options);
    if (taken === false) this.checkUp();
  }

  /** Packets as they come, each a copy; ends when the other side finished, or the flow is down or deallocated (see `down`). */
  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (;;) {
      const packet = await this.read().catch(endOfFlow);
      if (packet === undefined) return;
      yield packet;
    }
  }

  /** Ends the flow; calls that wait reject with ENOTALLOC. The other side can read what was written. Harmless when repeated. */
  async dealloc(): Promise<void> {
    const done = this.packets.dealloc();
    this.readers.poke();
    this.writers.poke();
    this.finishers.poke();
    this.watcher?.deallocated(this);
    return done;
  }

  /** Packets received and not yet read, keep-alives included. */
  get rxQueueLength(): number {
    return this.packets.queuedRx();
  }

  /** Packets written that the next process has not yet taken. */
  get txQueueLength(): number {
    return this.packets.queuedTx();
  }

  /** True when a read would give bytes of a packet, or EEND for the first time, at once. */
  get readable(): boolean {
    return this.packets.hasPacket() || (this.packets.peerFinished && !this.endTold);
  }

  /** Joins a flow set; EPERM when the flow is in one, ENOTALLOC. Internal to this package, as are the two below. */
  joinWatcher(watcher: FlowWatcher): void {
    this.checkAllocated();
    if (this.watcher !== null) throw new OuroborosError('EPERM', `flow ${this.id} is in another flow set`);
    this.watcher = watcher;
  }

  /** Asks for one call of `readable`. */
  armWatcher(): void {
    this.watcherArmed = true;
    this.listen();
  }

  leaveWatcher(): void {
    this.watcher = null;
    this.watcherArmed = false;
    this.listen();
  }

  private waitToRead<T>(take: () => T | undefined, options: WaitOptions): Promise<T> {
    const limits = { timeoutMs: options.timeoutMs ?? this.rcvTimeoutMs, signal: options.signal };
    if (!this.readNoBlock) return this.readers.wait(take, limits);
    const now = this.readers.length > 0 ? undefined : take();
    if (now !== undefined) return Promise.resolve(now);
    throw new OuroborosError('EAGAIN', `nothing to read on flow ${this.id}`);
  }

  /** Undefined: nothing is queued yet. Throws when nothing can come any more. */
  private takePacket(): Uint8Array | undefined {
    this.checkReading();
    this.endMarkDue = false;
    let packet: Uint8Array | undefined;
    this.packets.receive(1, (buffer, offset, length) => {
      packet = new Uint8Array(length - this.consumed);
      packet.set(buffer.subarray(offset + this.consumed, offset + length));
      this.consumed = 0;
      return true;
    });
    if (packet === undefined) this.checkMoreToCome();
    return packet;
  }

  private takeInto(target: Uint8Array): number | undefined {
    this.checkReading();
    const markDue = this.endMarkDue && !this.noPartialRead;
    this.endMarkDue = false;
    if (markDue) return 0;
    this.target = target;
    this.outcome = NOTHING;
    this.packets.receive(1, this.fillTarget);
    this.target = EMPTY_BYTES;
    if (this.outcome === TOO_LONG) {
      throw new OuroborosError('EMSGSIZE', `a packet longer than ${target.length} bytes was dropped`);
    }
    if (this.outcome !== NOTHING) return this.outcome;
    this.checkMoreToCome();
    return undefined;
  }

  private readonly fillTarget: PacketTaker = (buffer, offset, length) => {
    const left = length - this.consumed;
    const room = this.target.length;
    if (left > room && this.noPartialRead) {
      this.consumed = 0;
      this.outcome = TOO_LONG;
      return true;
    }
    const from = offset + this.consumed;
    this.outcome = Math.min(left, room);
    this.target.set(buffer.subarray(from, from + this.outcome));
    const whole = left <= room;
    this.consumed = whole ? 0 : this.consumed + room;
    this.endMarkDue = left === room && !this.noPartialRead;
    return whole;
  };

  private push(bytes: Uint8Array): boolean {
    if (!(bytes instanceof Uint8Array)) {
      throw new OuroborosError('EINVAL', 'bytes must be a Uint8Array', { field: 'bytes' });
    }
    this.checkAllocated();
    if (this.access === 'read') throw new OuroborosError('EPERM', `flow ${this.id} is set to reading only`);
    if (this.packets.finished) throw new OuroborosError('EPIPE', `writing to flow ${this.id} was finished`);
    const verdict = this.packets.send(EMPTY_BYTES, 0, bytes, 0, bytes.length);
    if (verdict === 'down') this.checkUp();
    if (verdict === 'too-large') {
      throw new OuroborosError('EMSGSIZE', `a packet has at most ${this.maxPacket} bytes, not ${bytes.length}`);
    }
    return verdict === 'ok';
  }

  private checkReading(): void {
    this.checkAllocated();
    if (this.access === 'write') throw new OuroborosError('EPERM', `flow ${this.id} is set to writing only`);
  }

  private checkAllocated(): void {
    if (this.deallocated) throw new OuroborosError('ENOTALLOC', `flow ${this.id} is deallocated`);
  }

  private checkMoreToCome(): void {
    if (this.packets.peerFinished) {
      this.endTold = true;
      throw new OuroborosError('EEND', `the other side of flow ${this.id} writes no more`);
    }
    this.checkUp();
  }

  private checkUp(): void {
    if (this.down === 'EFLOWPEER') {
      throw new OuroborosError('EFLOWPEER', `the peer of flow ${this.id} was not heard for its peer time-out`);
    }
    if (this.down !== null) throw new OuroborosError('EFLOWDOWN', `flow ${this.id} is down`);
  }

  private readonly packetQueued = (): void => {
    this.readers.poke();
    if (!this.watcherArmed || !this.packets.hasPacket()) return;
    this.watcherArmed = false;
    this.listen();
    this.watcher?.readable(this);
  };

  private listen(): void {
    this.packets.onReadable = this.readers.length > 0 || this.watcherArmed ? this.packetQueued : null;
  }

  private finished(all: boolean): void {
    this.allTaken = all;
    this.finishers.poke();
  }

  private peerFinished(): void {
    this.readers.poke();
    this.watcher?.readable(this);
  }

  private wentDown(): void {
    this.readers.poke();
    this.writers.poke();
    this.finishers.poke();
    this.watcher?.down(this);
  }
}

/** Outcomes of `fillTarget` that are no number of bytes. */
const NOTHING = -1;
const TOO_LONG = -2;

function checkTarget(target: Uint8Array): void {
  if (target instanceof Uint8Array && target.length > 0) return;
  throw new OuroborosError('EINVAL', 'target must be a Uint8Array of 1 byte or more', { field: 'target' });
}

function endOfFlow(thrown: unknown): undefined {
  const code = thrown instanceof OuroborosError ? thrown.code : undefined;
  if (code === 'EEND' || code === 'EFLOWDOWN' || code === 'EFLOWPEER' || code === 'ENOTALLOC') return undefined;
  throw thrown;
}
