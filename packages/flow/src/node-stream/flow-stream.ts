import { Duplex, addAbortSignal } from 'node:stream';
import { OuroborosError, toOuroborosError, type QosSpec } from '@ouroboros/model';
import { writeBytes } from '../byte-messages.js';
import type { Flow } from '../flow.js';
import type { FlowCryptoFacts } from '../packet-flow.js';

export interface FlowStreamOptions {
  /**
   * False (the default): when the other side has finished writing, so does this one. True: this one may go on, and has
   * to call `end`.
   */
  readonly allowHalfOpen?: boolean;
  /** Destroys the stream with an AbortError. */
  readonly signal?: AbortSignal;
  /** See FlowStream.setTimeout. Default: 0, none. */
  readonly timeout?: number;
  /** Bytes that are buffered in each direction before back-pressure. Default: that of Node. */
  readonly highWaterMark?: number;
}

/** Asks for the flow of a stream; gives up when the signal aborts. */
export type OpenFlow = (signal: AbortSignal) => Promise<Flow>;

/**
 * A flow as a Duplex stream of bytes, with the events of a socket of node:net: `connect`, `ready`, `data`, `end`,
 * `drain`, `finish`, `timeout`, `error`, `close`. Writes are cut into messages; message boundaries are none of a
 * stream. While the other side does not read, writing waits.
 *
 * It says more than a socket: `finish` comes when the process at the other side has taken everything that was written;
 * `end` only when all that the other side wrote is here. A flow that goes down before is an `error`: EFLOWDOWN,
 * EFLOWPEER. Errors of the allocation: those of Flows.alloc.
 *
 * Where the flow cannot tell the other side that writing has ended (a C peer, or a QoS that loses packets), its end is
 * the only end there is: `end()` deallocates it after what was written (with `allowHalfOpen`: when the stream is
 * destroyed), and reading ends with the flow.
 */
export class FlowStream extends Duplex {
  /** Bytes taken from the flow. */
  bytesRead = 0;
  /** Bytes given to the flow. */
  bytesWritten = 0;
  /** Milliseconds after which silence is told; 0 = never. */
  timeout = 0;
  private current: Flow | null;
  private readonly giveUp = new AbortController();
  private idle: NodeJS.Timeout | undefined;

  /** @param source a flow that nobody else reads or writes, or how to get one */
  constructor(
    private readonly source: Flow | OpenFlow,
    options: FlowStreamOptions = {},
  ) {
    const { allowHalfOpen = false, highWaterMark, signal, timeout = 0 } = options;
    super({ allowHalfOpen, highWaterMark, emitClose: false });
    this.current = typeof source === 'function' ? null : source;
    if (signal) addAbortSignal(signal, this);
    this.setTimeout(timeout);
  }

  /** The flow itself: QoS, statistics. Null until `connect`. Its reads and writes belong to the stream. */
  get flow(): Flow | null {
    return this.current;
  }

  /** The allocation is under way. */
  get connecting(): boolean {
    return this.current === null && !this.destroyed;
  }

  get pending(): boolean {
    return this.current === null;
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening';
    const [reads, writes] = [!this.destroyed && this.readable, !this.destroyed && this.writable];
    if (reads) return writes ? 'open' : 'readOnly';
    return writes ? 'writeOnly' : 'closed';
  }

  /** The name that was asked for; undefined until `connect`, as are those below. */
  get name(): string | undefined {
    return this.current?.name;
  }

  /** The layer that carries the flow; empty between two processes of this host. */
  get layer(): string | undefined {
    return this.current?.layer;
  }

  get qos(): QosSpec | undefined {
    return this.current?.qos;
  }

  /** How the flow is protected; null for a plain one. */
  get crypto(): FlowCryptoFacts | null | undefined {
    return this.current?.crypto;
  }

  /** What stands for the address of a socket. Empty until `connect`. */
  address(): { name: string; layer: string; flowId: number } | Record<string, never> {
    return this.current ? { name: this.current.name, layer: this.current.layer, flowId: this.current.id } : {};
  }

  /** After this many ms without a byte in either direction, `timeout` is emitted; nothing else happens. 0 switches it off. */
  setTimeout(ms: number, listener?: () => void): this {
    if (!(ms >= 0)) throw new OuroborosError('EINVAL', 'timeout must be 0 or more milliseconds', { field: 'timeout' });
    this.timeout = ms;
    if (listener) {
      if (ms > 0) this.once('timeout', listener);
      else this.off('timeout', listener);
    }
    this.stirred();
    return this;
  }

  /** Destroys the stream when what was written is taken. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** Ends the flow at once, or its allocation. The other side still gets what was given to the flow, then an error. */
  override destroy(error?: Error): this {
    this.giveUp.abort(error);
    return super.destroy(error);
  }

  override _construct(callback: (error?: Error | null) => void): void {
    if (typeof this.source !== 'function') return callback();
    this.source(this.giveUp.signal).then(
      (flow) => this.opened(flow, callback),
      // Who destroyed the stream has said why.
      (thrown: unknown) => callback(this.destroyed ? null : toOuroborosError(thrown)),
    );
  }

  override _read(): void {
    void this.readNext();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.send([chunk]).then(() => callback(), callback);
  }

  /** What was written meanwhile goes together: small writes share messages. */
  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this.send(chunks.map(({ chunk }) => chunk)).then(() => callback(), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.finishFlow().then(() => callback(), callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.idle);
    const over = (): void => {
      callback(error);
      process.nextTick(() => this.emit('close', error !== null));
    };
    if (this.current) this.current.dealloc().then(over, over);
    else over();
  }

  private opened(flow: Flow, callback: () => void): void {
    this.current = flow;
    callback();
    if (this.destroyed) return;
    this.stirred();
    this.emit('connect');
    this.emit('ready');
  }

  private async readNext(): Promise<void> {
    const flow = this.current!;
    try {
      const bytes = flow.tryRead() ?? (await flow.read());
      this.stirred();
      this.bytesRead += bytes.length;
      this.push(bytes);
    } catch (thrown) {
      this.readEnded(flow, toOuroborosError(thrown));
    }
  }

  private readEnded(flow: Flow, error: OuroborosError): void {
    if (this.destroyed) return;
    const ended = error.code === 'EEND' || (!flow.packets.halfCloses && endedByPeer(flow, error));
    if (ended) this.push(null);
    else this.destroy(error);
  }

  private async send(chunks: readonly Buffer[]): Promise<void> {
    const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    await writeBytes(this.current!, bytes);
    this.bytesWritten += bytes.length;
    this.stirred();
  }

  private async finishFlow(): Promise<void> {
    const flow = this.current!;
    if (flow.packets.halfCloses) return flow.finish();
    if (!this.allowHalfOpen) await flow.dealloc();
  }

  private stirred(): void {
    clearTimeout(this.idle);
    if (this.timeout > 0 && !this.destroyed) this.idle = setTimeout(() => this.emit('timeout'), this.timeout).unref();
  }
}

/** Without half-close an orderly end by the other side, or by `end` here, is the end of its bytes; its death is not. */
const endedByPeer = (flow: Flow, { code }: OuroborosError): boolean =>
  code === 'ENOTALLOC' || (code === 'EFLOWDOWN' && flow.downEvent === 'DEALLOC');
