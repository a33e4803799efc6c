import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import type { Flow } from '../flow.js';
import { FlowStream, type FlowStreamOptions } from './flow-stream.js';

export interface FlowServerOptions extends Omit<FlowStreamOptions, 'signal'> {
  /** Closes the server. */
  readonly signal?: AbortSignal;
  /** Streams do not read before their `resume` is called. Default: false. */
  readonly pauseOnConnect?: boolean;
  /** Also take flows that lose packets; else they are refused, with the event `drop`. Default: false. */
  readonly unreliable?: boolean;
}

/** Where a server has its flows from. */
export interface FlowListener {
  /** Resolves when flows can come. */
  ready(): Promise<void>;
  accept(options: { signal: AbortSignal }): Promise<Flow>;
  /** Binds this process to a name; resolves with what undoes it. */
  bind(name: string): Promise<() => Promise<void>>;
}

/** Pause after an accept that failed, so that an IRM daemon that restarts is not stormed. */
const RETRY_MS = 200;
/** Accepts that wait at a time, so that flows which come together do not wait for one another's way to the daemon and back. */
const ACCEPTS = 8;

/**
 * Accepts flows as streams, with the events of a server of node:net: `listening`, `connection` (FlowStream), `drop`
 * (Flow: refused, for its QoS or `maxConnections`), `error`, `close`. A process has one server per node: it gets the
 * flows to every name that the process, or its program, is bound to; `stream.name` says which.
 */
export class FlowServer extends EventEmitter {
  /** Flows beyond these are dropped. Default: no limit. */
  maxConnections = Infinity;
  private state: 'idle' | 'starting' | 'listening' | 'closing' = 'idle';
  private readonly streams = new Set<FlowStream>();
  private closing = new AbortController();
  private boundName: string | null = null;
  /** The pause after an accept that failed; when the daemon is gone, all of them fail. */
  private resting: Promise<void> | null = null;
  private unbind: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly flows: FlowListener,
    private readonly options: FlowServerOptions = {},
    listener?: (stream: FlowStream) => void,
  ) {
    super();
    if (listener) this.on('connection', listener);
    options.signal?.addEventListener('abort', () => this.close(), { once: true });
  }

  get listening(): boolean {
    return this.state === 'listening';
  }

  /** The name that `listen` bound, or null. */
  address(): { name: string } | null {
    return this.listening && this.boundName !== null ? { name: this.boundName } : null;
  }

  /**
   * Begins to accept; `listening` follows, or `error` and `close`: EIRMD, EINVAL. With a name, this process is bound to
   * it until the server closes; where it is registered is not changed. EEXIST (thrown) when it listens already.
   */
  listen(name?: string, listener?: () => void): this {
    if (this.state !== 'idle') throw new OuroborosError('EEXIST', 'the server listens already');
    this.state = 'starting';
    this.closing = new AbortController();
    if (listener) this.once('listening', listener);
    this.start(name).catch((thrown: unknown) => this.failed(toOuroborosError(thrown)));
    if (this.options.signal?.aborted) this.close();
    return this;
  }

  /** Accepts no more; `close` follows when the last stream has closed. ENOTALLOC (to the callback) when it did not listen. */
  close(callback?: (error?: Error) => void): this {
    if (this.state === 'idle') {
      const error = new OuroborosError('ENOTALLOC', 'the server does not listen');
      if (callback) process.nextTick(callback, error);
      return this;
    }
    if (callback) this.once('close', () => callback());
    if (this.state === 'closing') return this;
    this.state = 'closing';
    this.closing.abort();
    this.unbind()
      .catch(() => undefined) // The daemon is gone, and the binding with it.
      .finally(() => this.closedIfDone());
    return this;
  }

  getConnections(callback: (error: null, count: number) => void): void {
    process.nextTick(callback, null, this.streams.size);
  }

  private async start(name: string | undefined): Promise<void> {
    const { signal } = this.closing;
    await this.flows.ready();
    if (signal.aborted) return;
    // Binding needs a process that is attached: while it accepts, it is.
    const first = this.flows.accept({ signal });
    first.catch(() => undefined);
    this.unbind = name === undefined ? this.unbind : once(await this.flows.bind(name));
    if (signal.aborted) return this.unbind();
    this.boundName = name ?? null;
    this.state = 'listening';
    this.emit('listening');
    void this.acceptAll(first, signal);
    for (let more = 1; more < ACCEPTS; more += 1) void this.acceptAll(this.flows.accept({ signal }), signal);
  }

  private failed(error: OuroborosError): void {
    const closing = this.state === 'closing';
    this.close();
    if (!closing) this.emit('error', error);
  }

  private async acceptAll(first: Promise<Flow>, signal: AbortSignal): Promise<void> {
    for (let next = first; !signal.aborted; next = this.flows.accept({ signal })) {
      try {
        this.admit(await next);
      } catch (thrown) {
        if (signal.aborted) return;
        await (this.resting ??= this.rest(toOuroborosError(thrown), signal));
      }
    }
  }

  private async rest(error: OuroborosError, signal: AbortSignal): Promise<void> {
    this.emit('error', error);
    await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
    this.resting = null;
  }

  private admit(flow: Flow): void {
    const reliable = flow.qos.loss === 0 && flow.qos.inOrder !== 0;
    const wanted = reliable || this.options.unreliable === true;
    if (!wanted || this.streams.size >= this.maxConnections || this.closing.signal.aborted) {
      void flow.dealloc();
      this.emit('drop', flow);
      return;
    }
    const { allowHalfOpen, highWaterMark, timeout, pauseOnConnect } = this.options;
    const stream = new FlowStream(flow, { allowHalfOpen, highWaterMark, timeout });
    if (pauseOnConnect) stream.pause();
    this.streams.add(stream);
    stream.once('close', () => {
      this.streams.delete(stream);
      this.closedIfDone();
    });
    this.emit('connection', stream);
  }

  private closedIfDone(): void {
    if (this.state !== 'closing' || this.streams.size > 0) return;
    this.state = 'idle';
    this.unbind = () => Promise.resolve();
    process.nextTick(() => this.emit('close'));
  }
}

/** An undoing that is done once, however often it is called. */
function once(undo: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= undo());
}
