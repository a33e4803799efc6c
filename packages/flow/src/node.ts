/**
 * Flows for programs on Node: `flowAlloc`, `flowAccept`, `flowJoin`, `flowDealloc`; and as streams: `connect`, `createServer`. The first call attaches the process to the IRM
 * daemon of its runtime directory; while no flow is open and no call waits, nothing here keeps the process alive.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { basename } from 'node:path';
import { OuroborosError, QOS_DATA, QOS_RAW, toOuroborosError, type QosSpec } from '@ouroboros/model';
import type {
  CancelSignal,
  ChannelHost,
  ExpectOptions,
  FlowEnd,
  FlowService,
  Logger,
  Management,
} from '@ouroboros/ports';
import { loadCrypto } from '@ouroboros/crypto';
import {
  NodeClock,
  NodeRandom,
  channelPath,
  createChannelHost,
  createLogger,
  irmSocketPath,
  levelOf,
  runtimeDir,
} from '@ouroboros/node-runtime';
import { connectFlowService, connectManagement, type FlowServiceClient } from '@ouroboros/rpc';
import { parseFlowBuffer } from './flow-buffer.js';
import { Flow, FlowHost, FlowSet, checkFlow, type PacketFlow } from './index.js';
import { FlowServer, type FlowServerOptions } from './node-stream/flow-server.js';
import { FlowStream, type FlowStreamOptions } from './node-stream/flow-stream.js';

export * from './index.js';
export * from './node-stream/flow-server.js';
export * from './node-stream/flow-stream.js';
export { OuroborosError };

export interface FlowAllocOptions {
  /** Default: raw. */
  readonly qos?: QosSpec;
  /** Default: 20 000 ms. [spec/architecture.md §4.5] */
  readonly timeoutMs?: number;
  readonly signal?: CancelSignal;
}

export interface FlowJoinOptions {
  /** Default: 20 000 ms. */
  readonly timeoutMs?: number;
  readonly signal?: CancelSignal;
}

export interface FlowAcceptOptions {
  /** Default: no limit; so is 0. */
  readonly timeoutMs?: number;
  readonly signal?: CancelSignal;
}

export interface FlowsOptions {
  /** Of the node whose flows are wanted. Default: that of the environment, `$OUROBOROS_RUNTIME_DIR` first. */
  readonly runtimeDir?: string;
  /** Default: to stderr, from the level `$OUROBOROS_LOG`, else `warn`. */
  readonly logger?: Logger;
  /**
   * Memory of a flow that is ordered or reliable, in each direction: so many bytes wait until the other process has taken them,
   * then the writer waits. From 16 KiB to 256 MiB. Default: `$OUROBOROS_FLOW_BUFFER` in bytes, else 4 MiB.
   */
  readonly bufferBytes?: number;
}

/** Flows of this process at one node. */
export interface Flows {
  readonly runtimeDir: string;
  /**
   * Asks for a flow to `name`. ENAME, ENOSERVER, EREFUSED, EQOS, ETIMEDOUT, ENOANSWER, EIRMD (no IRM daemon), EINVAL;
   * the reason of the signal when it aborts.
   */
  alloc(name: string, options?: FlowAllocOptions): Promise<Flow>;
  /**
   * Joins a broadcast layer: a flow on which each packet written goes to all other processes that joined, on all hosts,
   * and theirs are read. Unordered and unacknowledged; a packet has at most 1400 bytes. ENAME (no member of the layer on this host), ENOTSUP (no
   * broadcast layer), ETIMEDOUT, EIRMD, EINVAL; the reason of the signal when it aborts.
   */
  join(layer: string, options?: FlowJoinOptions): Promise<Flow>;
  /** Waits for the next flow to a name that this program or process is bound to. ETIMEDOUT, EIRMD, EINVAL; the signal's reason. */
  accept(options?: FlowAcceptOptions): Promise<Flow>;
  newSet(): FlowSet;
  /**
   * Binds this process to a name, which is created when it is new, so that `accept` gets its flows. Resolves with what
   * undoes it. In which layers the name is registered is not changed. Needs an `accept` that waits: a process that is
   * idle detaches. EIRMD, EINVAL.
   */
  bind(name: string): Promise<() => Promise<void>>;
  /** Resolves when the process is attached to the IRM daemon; EIRMD when that is not to be had. */
  ready(): Promise<void>;
  /** Deallocates all flows, ends calls that wait, and detaches. A later call attaches again. */
  close(): Promise<void>;
}

const DEFAULT_ALLOC_TIMEOUT_MS = 20_000;
/** How long an idle process stays attached, so that a program that goes on with its next flow need not attach anew. */
const REST_AFTER_MS = 100;
/** The IRM daemon's answer to the last deallocations is not waited for longer than this. */
const CLOSE_LIMIT_MS = 1000;

/** Flows at a node of one's own choice, for processes that take part in several; others use `flowAlloc` and its kin. */
export function openFlows(options: FlowsOptions = {}): Flows {
  return new NodeFlows(options);
}

/** Flows at the node of the environment. See Flows.alloc. */
export function flowAlloc(name: string, options?: FlowAllocOptions): Promise<Flow> {
  return defaultFlows().alloc(name, options);
}

/** See Flows.join. */
export function flowJoin(layer: string, options?: FlowJoinOptions): Promise<Flow> {
  return defaultFlows().join(layer, options);
}

/** See Flows.accept. */
export function flowAccept(options?: FlowAcceptOptions): Promise<Flow> {
  return defaultFlows().accept(options);
}

/** Ends a flow; what was written can still be read by the other side. EBADF when `flow` is none. Harmless when repeated. */
export async function flowDealloc(flow: Flow): Promise<void> {
  checkFlow(flow);
  await flow.dealloc();
}

/** A set to wait for several flows together. */
export function flowSet(): FlowSet {
  return defaultFlows().newSet();
}

export interface ConnectOptions extends FlowStreamOptions {
  /** Default: QOS_DATA, reliable and in order. A stream over another one has holes where packets were lost. */
  readonly qos?: QosSpec;
  /** Limit for the allocation. Default: 20 000 ms. */
  readonly connectTimeoutMs?: number;
  /** Default: the node of the environment. */
  readonly flows?: Flows;
}

export interface CreateServerOptions extends FlowServerOptions {
  /** Default: the node of the environment. */
  readonly flows?: Flows;
}

/** A stream to the process that serves `name`; usable at once, what is written waits for the flow. `listener`: for `connect`. */
export function connect(name: string, options: ConnectOptions = {}, listener?: () => void): FlowStream {
  const { qos = QOS_DATA, connectTimeoutMs, flows = defaultFlows(), ...rest } = options;
  const open = (signal: AbortSignal): Promise<Flow> => flows.alloc(name, { qos, timeoutMs: connectTimeoutMs, signal });
  const stream = new FlowStream(open, rest);
  if (listener) stream.once('connect', listener);
  return stream;
}

/** A server of streams; it begins with its `listen`. `listener`: for `connection`. */
export function createServer(options: CreateServerOptions = {}, listener?: (stream: FlowStream) => void): FlowServer {
  const { flows = defaultFlows(), ...rest } = options;
  return new FlowServer(flows, rest, listener);
}

/** Deallocates all flows of `flowAlloc` and `flowAccept` and detaches from the IRM daemon. */
export async function closeFlows(): Promise<void> {
  await defaults?.close();
}

let defaults: Flows | undefined;

function defaultFlows(): Flows {
  defaults ??= openFlows();
  return defaults;
}

/** One attachment to the IRM daemon, from the first call to the rest after the last flow. */
interface Session {
  readonly host: FlowHost;
  readonly client: FlowServiceClient;
  readonly channels: ListenOnDemand;
  wasAttached: boolean;
}

class NodeFlows implements Flows {
  readonly runtimeDir: string;
  private readonly clock = new NodeClock();
  private readonly random = new NodeRandom();
  private readonly logger: Logger;
  private readonly bufferBytes: number | undefined;
  private session: Session | null = null;
  private calls = 0;
  private rest: NodeJS.Timeout | undefined;

  constructor(options: FlowsOptions) {
    this.runtimeDir = options.runtimeDir ?? runtimeDir();
    this.logger = options.logger ?? defaultLogger();
    this.bufferBytes = options.bufferBytes ?? bufferOfEnvironment();
  }

  async alloc(name: string, options: FlowAllocOptions = {}): Promise<Flow> {
    const { qos = QOS_RAW, timeoutMs = DEFAULT_ALLOC_TIMEOUT_MS, signal } = options;
    return this.attached(async (session) => {
      await orAborted(session.client.ready(), signal);
      return this.flow(await session.host.alloc({ name, qos, timeoutMs }, signal));
    });
  }

  async join(layer: string, options: FlowJoinOptions = {}): Promise<Flow> {
    const { timeoutMs = DEFAULT_ALLOC_TIMEOUT_MS, signal } = options;
    return this.attached(async (session) => {
      await orAborted(session.client.ready(), signal);
      return this.flow(await session.host.join({ name: layer, timeoutMs }, signal));
    });
  }

  async accept(options: FlowAcceptOptions = {}): Promise<Flow> {
    const { timeoutMs = 0, signal } = options;
    return this.attached(async (session) => {
      // An IRM daemon that was there once is waited for: a server outlives its restart.
      if (!session.wasAttached) await orAborted(session.client.ready(), signal);
      await session.channels.listen();
      return this.flow(await session.host.accept({ timeoutMs: timeoutMs === Infinity ? 0 : timeoutMs }, signal));
    });
  }

  newSet(): FlowSet {
    return new FlowSet(this.clock);
  }

  async bind(name: string): Promise<() => Promise<void>> {
    await this.attached(async ({ client }) => {
      await client.ready();
      await this.manage((management) => management.bindProcess(process.pid, name));
    });
    return () => this.manage((management) => management.unbindProcess(process.pid, name));
  }

  async ready(): Promise<void> {
    await this.attached(({ client }) => client.ready());
  }

  async close(): Promise<void> {
    const { session } = this;
    this.session = null;
    clearTimeout(this.rest);
    if (!session) return;
    const limit = setTimeout(() => session.client.close(), CLOSE_LIMIT_MS);
    await session.host.close();
    clearTimeout(limit);
    session.client.close();
  }

  /** One call of the daemon's management, over a connection of its own. */
  private async manage(call: (management: Management) => Promise<void>): Promise<void> {
    const management = connectManagement(irmSocketPath(this.runtimeDir));
    try {
      await call(management);
    } finally {
      management.close();
    }
  }

  private flow(packets: PacketFlow): Flow {
    return new Flow(packets, this.clock);
  }

  /** Runs a call in the session, which is opened when there is none and closed when it was the last. */
  private async attached<T>(call: (session: Session) => Promise<T>): Promise<T> {
    this.session ??= this.open();
    this.calls += 1;
    try {
      return await call(this.session);
    } finally {
      this.calls -= 1;
      this.restSoon();
    }
  }

  private open(): Session {
    const channels = new ListenOnDemand(this.runtimeDir, this.logger);
    const client = connectFlowService({
      socketPath: irmSocketPath(this.runtimeDir),
      clock: this.clock,
      announce: () => ({ ...self(), channelPath: channels.path ?? '', flows: host.held() }),
      onFlowDown: (flowId) => host.flowDown(flowId),
      onState: (connected) => (session.wasAttached ||= connected),
    });
    const service: FlowService = {
      alloc: (request, signal) => client.alloc(request, signal),
      join: (request, signal) => client.join(request, signal),
      accept: (request, signal) => client.accept(request, signal),
      dealloc: (flowId, lingerMs) => client.dealloc(flowId, lingerMs).finally(() => this.restSoon()),
      report: (facts) => client.report(facts),
    };
    const host = new FlowHost({
      service,
      channels,
      clock: this.clock,
      random: this.random,
      crypto: loadCrypto,
      logger: this.logger,
      bufferBytes: this.bufferBytes,
    });
    const session: Session = { host, client, channels, wasAttached: false };
    return session;
  }

  private restSoon(): void {
    clearTimeout(this.rest);
    if (this.isIdle()) this.rest = setTimeout(() => void this.closeIfIdle(), REST_AFTER_MS);
  }

  private isIdle(): boolean {
    return this.session !== null && this.calls === 0 && !this.session.host.busy;
  }

  private async closeIfIdle(): Promise<void> {
    await this.session?.channels.settled();
    if (this.isIdle()) await this.close();
  }
}

/**
 * A channel host that begins to listen when the first flow is to be accepted: a process that only allocates needs no
 * socket. Its path is announced from the start.
 */
class ListenOnDemand implements ChannelHost {
  /** Null where this process may make no socket; then it is reached through layers only. */
  readonly path: string | null;
  private readonly attaching: Promise<ChannelHost>;
  private listening: Promise<ChannelHost> | null = null;
  private listener: ChannelHost | null = null;
  private closed = false;

  constructor(
    private readonly dir: string,
    private readonly logger: Logger,
  ) {
    this.path = mayMakeFiles(dir) ? channelPath(dir, process.pid) : null;
    this.attaching = createChannelHost({ logger });
    this.attaching.catch(() => undefined); // Reported by the call that attaches.
  }

  /** EEXIST, EACCES: there is no socket to be had. */
  async listen(): Promise<void> {
    if (this.path === null) return;
    this.listening ??= createChannelHost({ path: this.path, gid: groupOf(this.dir), logger: this.logger });
    this.listener = await this.listening;
    if (this.closed) this.listener.close();
  }

  expect(ticket: Uint8Array, options?: ExpectOptions): FlowEnd {
    if (this.listener !== null) return this.listener.expect(ticket, options);
    throw new OuroborosError('EACCES', `this process has no socket in ${this.dir}`);
  }

  async attach(path: string, ticket: Uint8Array): Promise<FlowEnd> {
    const host = await this.attaching;
    return host.attach(path, ticket);
  }

  async settled(): Promise<void> {
    await this.listener?.settled();
  }

  close(): void {
    this.closed = true;
    this.listener?.close();
    this.attaching.then(
      (host) => host.close(),
      () => undefined,
    );
  }
}

function mayMakeFiles(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK | constants.X_OK);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** A directory in which a group may make sockets is shared by its members; so are then the sockets. */
function groupOf(dir: string): number | undefined {
  const { mode, gid } = statSync(dir);
  return (mode & constants.S_IWGRP) === 0 ? undefined : gid;
}

/**
 * What runs: the script, where there is one, not node; under the name that it was started by (links are not followed),
 * which is the name by which an operator binds it. [spec/architecture.md §1]
 */
function self(): { pid: number; program: string; args: readonly string[] } {
  return { pid: process.pid, program: process.argv[1] ?? process.execPath, args: process.argv.slice(2) };
}

function defaultLogger(): Logger {
  const asked = process.env['OUROBOROS_LOG'];
  const level = asked ? levelOf(asked) : 'warn';
  return createLogger({ program: basename(self().program), level });
}

function bufferOfEnvironment(): number | undefined {
  const asked = process.env['OUROBOROS_FLOW_BUFFER'];
  return asked ? parseFlowBuffer('OUROBOROS_FLOW_BUFFER', asked) : undefined;
}

/** What `promise` gives, unless the signal aborts first; then its reason. */
function orAborted<T>(promise: Promise<T>, signal: CancelSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(toReason(signal));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

const toReason = (signal: CancelSignal): Error =>
  signal.reason instanceof Error ? signal.reason : toOuroborosError(signal.reason, 'ECANCELED');
