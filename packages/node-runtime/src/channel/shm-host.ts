import { chownSync, chmodSync } from 'node:fs';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import type { ChannelHost, ExpectOptions, FlowEnd } from '@ouroboros/ports';
import { acceptUnix, closeDescriptor, connectUnix, listenUnix, native, type PollHandle } from '../native/index.js';
import {
  MAX_CONNECTIONS,
  checkOptions,
  checkSocketPath,
  fileIdentity,
  newCounters,
  pathTaken,
  unlinkIfSame,
  type ChannelHostOptions,
  type CheckedOptions,
} from './channel-options.js';
import { NO_LINK, type RingFlowEnd } from './ring-flow-end.js';
import { ShmAccepted, type ShmAcceptingHost } from './shm-accepted.js';
import { ShmAttached, type ShmAttachingHost } from './shm-attached.js';
import type { ShmConnection } from './shm-connection.js';
import { OwnedFlow } from './shm-flow.js';
import { TicketTable, checkTicket } from './ticket-table.js';
import { TurnLoop } from './turn-loop.js';
import { Unfetched } from './unfetched.js';
import { WaitingMemory } from './waiting-memory.js';

/** Looks for news in a turn that has nothing else to do: each costs a third of a turn. */
const LOOKS_PER_TURN = 8;
/** Connections taken per wake-up; the rest in the next turn. */
const ACCEPTS_PER_WAKE = 64;
/** How long to look away when no descriptor is left for a connection that waits. */
const ACCEPT_PAUSE_MS = 100;
/** How soon to try again when the other side's queue of connections is full. */
const CONNECT_RETRY_MS = 5;

/**
 * Packet channels in shared memory. A host that listens, or has open flows, keeps the process alive until `close`.
 * Needs `loadNative()` to have found the C library; ENOTSUP else.
 */
export class ShmChannelHost implements ChannelHost, ShmAcceptingHost, ShmAttachingHost {
  readonly path: string | null;
  readonly options: CheckedOptions;
  readonly counters = newCounters();
  readonly tickets = new TicketTable<OwnedFlow>();
  readonly unfetched: Unfetched;
  readonly turns = new TurnLoop((idle) => this.pollAwake(idle));
  private readonly waiting: WaitingMemory;
  private readonly ends = new Set<RingFlowEnd>();
  private readonly accepted = new Set<ShmConnection>();
  private readonly attached = new Map<string, ShmAttached>();
  private awakened: ShmConnection[] = [];
  private listener = -1;
  private watch: PollHandle | null = null;
  private identity: string | null = null;
  private closed = false;
  private readonly onConnections = (): void => this.acceptWaiting();

  /** EINVAL names the option; EEXIST: somebody listens at the path; ENOENT, EACCES: no file can be made there. */
  constructor(options: ChannelHostOptions) {
    native();
    this.options = checkOptions(options);
    this.unfetched = new Unfetched(this.options.handshakeMs);
    this.waiting = new WaitingMemory(this.options.ringBytes);
    this.path = this.options.path ?? null;
    try {
      if (this.path !== null) this.listen(this.path);
    } catch (error) {
      this.close();
      throw toOuroborosError(error);
    }
  }

  expect(ticket: Uint8Array, options: ExpectOptions = {}): FlowEnd {
    this.checkOpen();
    if (this.path === null)
      throw new OuroborosError('EINVAL', 'a host without a path cannot expect', { field: 'path' });
    checkTicket(ticket);
    const copy = ticket.slice();
    const flow: OwnedFlow = new OwnedFlow(this.options.ringBytes, this.turns, this.waiting, () => {
      this.tickets.delete(copy, flow);
      this.ends.delete(flow.end);
      this.unfetched.delete(flow.end);
    });
    this.ends.add(flow.end);
    try {
      this.tickets.add(copy, options.uid, flow);
    } catch (error) {
      flow.end.close();
      throw error;
    }
    flow.end.link = { ...NO_LINK, keepsMemory: true, closedHere: () => this.unfetched.keep(flow.end) };
    return flow.end;
  }

  async attach(path: string, ticket: Uint8Array): Promise<FlowEnd> {
    checkSocketPath(path);
    checkTicket(ticket);
    const deadline = performance.now() + this.options.handshakeMs;
    for (;;) {
      this.checkOpen();
      const connection = this.attached.get(path) ?? this.connect(path);
      if (connection) return connection.attach(ticket);
      if (performance.now() > deadline)
        throw new OuroborosError('ETIMEDOUT', `too many wait for the process behind ${path}`);
      await new Promise((resolve) => setTimeout(resolve, CONNECT_RETRY_MS));
    }
  }

  settled(): Promise<void> {
    return this.unfetched.settled();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.path !== null) unlinkIfSame(this.path, this.identity);
    this.watch?.close();
    if (this.listener >= 0) closeDescriptor(this.listener);
    for (const end of this.ends) {
      end.close();
      end.free();
    }
    for (const connection of [...this.accepted, ...this.attached.values()]) connection.destroy();
  }

  awake(connection: ShmConnection): void {
    this.awakened.push(connection);
    this.turns.schedule();
  }

  gone(connection: ShmConnection): void {
    this.accepted.delete(connection);
    if (connection instanceof ShmAttached && this.attached.get(connection.path) === connection) {
      this.attached.delete(connection.path);
    }
  }

  track(make: (onRelease: () => void) => RingFlowEnd): RingFlowEnd {
    const end = make(() => this.ends.delete(end));
    this.ends.add(end);
    return end;
  }

  /**
   * Takes news from the connections that are awake; answers whether there are any to ask in the next turn. Between the looks of
   * an idle turn the core is anybody's: who is looked for may be waiting for it.
   */
  private pollAwake(idle: boolean): boolean {
    for (let looks = 1; !this.pollOnce() && idle && looks < LOOKS_PER_TURN && this.awakened.length > 0; looks++) {
      native().c.sched_yield();
    }
    return this.awakened.length > 0;
  }

  /** Asks each once; answers whether one had news. */
  private pollOnce(): boolean {
    let kept = 0;
    let news = false;
    for (let i = 0; i < this.awakened.length; i++) {
      const connection = this.awakened[i]!;
      if (!connection.poll()) continue;
      this.awakened[kept++] = connection;
      if (connection.hasNews) news = true;
    }
    this.awakened.length = kept;
    return news;
  }

  private listen(path: string): void {
    this.listener = listenUnix(path, 0o600) ?? this.listenAtStale(path);
    this.identity = fileIdentity(path);
    if (this.options.gid !== undefined) {
      chownSync(path, -1, this.options.gid);
      chmodSync(path, 0o660);
    }
    this.watch = native().poll(this.listener, { readable: true }, this.onConnections);
  }

  /** Takes the place of a process that is dead: its socket file is there, and nobody listens. */
  private listenAtStale(path: string): number {
    const identity = fileIdentity(path);
    const found = connectUnix(path);
    if (typeof found === 'number') closeDescriptor(found);
    if (identity === null || found !== 'ECONNREFUSED') throw pathTaken(path);
    unlinkIfSame(path, identity);
    const listener = listenUnix(path, 0o600);
    if (listener === null) throw pathTaken(path);
    return listener;
  }

  private acceptWaiting(): void {
    for (let i = 0; i < ACCEPTS_PER_WAKE && !this.closed; i++) {
      const fd = acceptUnix(this.listener);
      if (fd === 'EAGAIN') return;
      if (typeof fd === 'string') return this.pauseAccepting(fd);
      if (this.accepted.size < MAX_CONNECTIONS) {
        this.accepted.add(new ShmAccepted(this, fd));
      } else {
        this.counters.refusedConnections += 1;
        closeDescriptor(fd);
      }
    }
  }

  private pauseAccepting(error: string): void {
    this.options.logger.log('error', 'packet channel: cannot accept a connection', { error });
    this.watch?.stop();
    setTimeout(() => {
      if (!this.closed) this.watch?.start({ readable: true }, this.onConnections);
    }, ACCEPT_PAUSE_MS);
  }

  /** Undefined = the other side's queue is full. EPIPE, EACCES, EIO. */
  private connect(path: string): ShmAttached | undefined {
    const fd = connectUnix(path);
    if (fd === 'EAGAIN') return undefined;
    if (fd === 'ENOENT' || fd === 'ECONNREFUSED') throw new OuroborosError('EPIPE', `nobody listens at ${path}`);
    if (fd === 'EACCES' || fd === 'EPERM') throw new OuroborosError('EACCES', `not allowed to attach at ${path}`);
    if (typeof fd === 'string') throw new OuroborosError('EIO', `connect to ${path}: ${fd}`);
    const connection = new ShmAttached(this, fd, path);
    this.attached.set(path, connection);
    return connection;
  }

  private checkOpen(): void {
    if (this.closed) throw new OuroborosError('ECANCELED', 'this channel host is closed');
  }
}
