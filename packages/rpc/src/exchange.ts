import { OuroborosError, toOuroborosError, type ErrorCode } from '@ouroboros/model';
import type { CancelSignal } from '@ouroboros/ports';
import { Cancellation } from './cancellation.js';
import { fromFailure, toFailure, type Failure } from './failure.js';
import type { Body, Frame, FrameStream, Plain } from './frame.js';

/** Requests that one side may have open at the other; more than a process can have flows. */
export const MAX_OPEN_REQUESTS = 8192;

export interface ExchangeHandler {
  /** Answers a request of the other side. The signal aborts when the other side cancels it or is gone. */
  serve(request: Body, signal: CancelSignal): Promise<Body>;
  /** Takes a request that wants no answer. */
  notice(request: Body): void;
}

export interface CallOptions {
  /** Name of the reply; any other is a fault of the other side. */
  readonly reply: string;
  readonly signal?: CancelSignal | undefined;
  /** Takes a reply that arrives although the call was cancelled, so that what it grants can be given back. */
  readonly onLate?: (reply: Plain) => void;
}

interface PendingCall {
  readonly reply: string;
  settle(outcome: Plain | OuroborosError): void;
}

/**
 * Requests and replies in both directions over one stream of frames.
 *
 * Each call gets a number, and ends by its reply, by cancellation (the other side is told) or by the end of the stream.
 * Both directions are bounded: a side that has too many requests open gets EAGAIN for the next.
 */
export class Exchange {
  /** Why the stream ended; undefined while it lives. All open calls were rejected with this very object. */
  ended: OuroborosError | undefined;
  private readonly calls = new Map<number, PendingCall>();
  private readonly serving = new Map<number, Cancellation>();
  private readonly endListeners: ((error: OuroborosError) => void)[] = [];
  private lastId = 0;

  constructor(
    private readonly stream: FrameStream,
    private readonly handler: ExchangeHandler,
    /** The code with which open calls are rejected when the stream ends. */
    private readonly lost: ErrorCode,
  ) {
    stream.onFrame = (frame) => this.take(frame);
    stream.onEnd = (error) => this.end(error);
  }

  /** Rejects with the other side's error, ECANCELED, EAGAIN, or `ended`. */
  call(name: string, value: Plain, options: CallOptions): Promise<Plain> {
    return new Promise((resolve, reject) => {
      if (this.ended) throw this.ended;
      if (options.signal?.aborted) throw cancelled(options.signal);
      if (this.calls.size >= MAX_OPEN_REQUESTS) throw new OuroborosError('EAGAIN', 'too many requests are open');
      const id = this.freeId();
      const pending = this.pendingCall(id, options, resolve, reject);
      this.calls.set(id, pending);
      this.sendRequest(id, name, value, pending);
    });
  }

  /** Sends a request that wants no answer; nothing happens when the stream has ended. */
  notify(name: string, value: Plain): void {
    if (!this.ended) this.stream.send({ id: 0, kind: 'request', name, value });
  }

  /** Calls back once when the stream ends; at once when it has ended. */
  onEnd(listener: (error: OuroborosError) => void): void {
    if (this.ended) listener(this.ended);
    else this.endListeners.push(listener);
  }

  close(error?: OuroborosError): void {
    this.stream.close(error);
  }

  private sendRequest(id: number, name: string, value: Plain, pending: PendingCall): void {
    try {
      this.stream.send({ id, kind: 'request', name, value });
    } catch (thrown) {
      this.calls.delete(id);
      pending.settle(toOuroborosError(thrown));
    }
  }

  private pendingCall(
    id: number,
    options: CallOptions,
    resolve: (value: Plain) => void,
    reject: (error: OuroborosError) => void,
  ): PendingCall {
    let wasCancelled = false;
    const onAbort = (): void => {
      wasCancelled = true;
      this.stream.send({ id, kind: 'request', name: 'cancel', value: {} });
      reject(cancelled(options.signal));
    };
    options.signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (outcome: Plain | OuroborosError): void => {
      options.signal?.removeEventListener('abort', onAbort);
      if (outcome instanceof OuroborosError) reject(outcome);
      else if (wasCancelled) options.onLate?.(outcome);
      else resolve(outcome);
    };
    return { reply: options.reply, settle };
  }

  private freeId(): number {
    do this.lastId = (this.lastId + 1) >>> 0;
    while (this.lastId === 0 || this.calls.has(this.lastId));
    return this.lastId;
  }

  private take(frame: Frame): void {
    if (frame.kind === 'reply') this.takeReply(frame);
    else if (frame.name === 'cancel') this.serving.get(frame.id)?.abort(new OuroborosError('ECANCELED', 'cancelled'));
    else if (frame.id !== 0) this.takeRequest(frame);
    else if (frame.name !== '' && !(frame.value instanceof OuroborosError))
      this.handler.notice({ name: frame.name, value: frame.value });
  }

  private takeReply(frame: Frame): void {
    const call = this.calls.get(frame.id);
    if (!call) return;
    this.calls.delete(frame.id);
    if (frame.value instanceof OuroborosError) call.settle(new OuroborosError('EIO', frame.value.message));
    else if (frame.name === 'failure') call.settle(fromFailure(frame.value as Failure));
    else if (frame.name === call.reply) call.settle(frame.value);
    else call.settle(new OuroborosError('EIO', `the answer is '${frame.name}' instead of '${call.reply}'`));
  }

  private takeRequest(frame: Frame): void {
    const refusal = this.refusal(frame);
    if (refusal) this.reply(frame.id, { name: 'failure', value: toFailure(refusal) });
    else void this.answer(frame.id, { name: frame.name, value: frame.value });
  }

  private refusal(frame: Frame): OuroborosError | undefined {
    if (frame.value instanceof OuroborosError) return frame.value;
    if (frame.name === '') return new OuroborosError('ENOTSUP', 'unknown request');
    if (this.serving.has(frame.id)) return new OuroborosError('EINVAL', `request ${frame.id} is open already`);
    if (this.serving.size >= MAX_OPEN_REQUESTS) return new OuroborosError('EAGAIN', 'too many requests are open');
    return undefined;
  }

  private async answer(id: number, request: Body): Promise<void> {
    const cancellation = new Cancellation();
    this.serving.set(id, cancellation);
    try {
      this.reply(id, await this.handler.serve(request, cancellation));
    } catch (thrown) {
      this.reply(id, { name: 'failure', value: toFailure(thrown) });
    } finally {
      this.serving.delete(id);
    }
  }

  private reply(id: number, body: Body): void {
    this.stream.send({ id, kind: 'reply', ...body });
  }

  private end(reason: OuroborosError): void {
    const error = reason.code === this.lost ? reason : new OuroborosError(this.lost, reason.message, { cause: reason });
    this.ended = error;
    for (const call of this.calls.values()) call.settle(error);
    this.calls.clear();
    for (const cancellation of this.serving.values()) cancellation.abort(error);
    for (const listener of this.endListeners.splice(0)) listener(error);
  }
}

function cancelled(signal: CancelSignal | undefined): OuroborosError {
  if (signal?.reason instanceof OuroborosError) return signal.reason;
  return new OuroborosError('ECANCELED', 'cancelled', { cause: signal?.reason });
}
