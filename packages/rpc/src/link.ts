import { fromMs, OuroborosError, toOuroborosError, type Micros } from '@ouroboros/model';
import { sleep, type CancelSignal, type Clock } from '@ouroboros/ports';
import type { Exchange } from './exchange.js';
import type { FrameStream } from './frame.js';
import type { StreamConnector } from './wire/client.js';

/** One open stream and the connection under it. */
export interface Link {
  readonly stream: FrameStream;
  close(): void;
}

const FIRST_BACK_OFF = fromMs(20);
const LAST_BACK_OFF = fromMs(1000);
/** How long the IRM daemon may take to answer an announcement. */
const ATTACH_LIMIT = fromMs(5000);

export interface AttachmentOptions {
  readonly clock: Clock;
  readonly onState?: ((connected: boolean) => void) | undefined;
  /**
   * Connects and introduces us; the exchange that it answers is ready for calls. `keep` names what to close later; the
   * signal aborts when it takes too long.
   */
  attach(keep: (link: Link) => void, signal: AbortSignal): Promise<Exchange>;
}

/** Loads grpc-js and the schemas. */
export async function newConnector(socketPath: string): Promise<StreamConnector> {
  const client = await import('./wire/client.js');
  return new client.StreamConnector(socketPath);
}

interface Waiter {
  resolve(exchange: Exchange): void;
  reject(error: OuroborosError): void;
  /** Gives up when an attempt fails. */
  readonly impatient: boolean;
}

/**
 * Keeps one stream to the IRM daemon open: attaches, and when the stream ends or cannot be had tries again, for ever,
 * with pauses of 20 ms doubling up to 1 s. Each new stream begins with a new announcement, so that a daemon that was
 * restarted learns what we hold.
 *
 * States: attaching → attached (`current` is set) → waiting → attaching …; closed.
 */
export class Attachment {
  /** The exchange of the attached stream. */
  current: Exchange | undefined;
  private link: Link | undefined;
  private readonly waiters = new Set<Waiter>();
  private readonly closing = new AbortController();

  constructor(private readonly options: AttachmentOptions) {
    void this.run();
  }

  get closed(): boolean {
    return this.closing.signal.aborted;
  }

  /** Resolves when attached; rejects with the error of the attempt under way, or of the next one, when it fails. */
  async ready(): Promise<void> {
    await this.wait(true);
  }

  /** The attached stream's exchange, waited for over failed attempts. ETIMEDOUT at `until`; the signal's reason. */
  async attached(until?: Micros, signal?: CancelSignal): Promise<Exchange> {
    if (this.current) return this.current;
    const done = new AbortController();
    const limits = [this.wait(false, done.signal)];
    if (until !== undefined) limits.push(this.expiry(until, done.signal));
    if (signal) limits.push(aborted(signal, done.signal));
    return Promise.race(limits).finally(() => done.abort());
  }

  close(): void {
    if (this.closed) return;
    const error = new OuroborosError('EIRMD', 'closed by this process');
    this.closing.abort(error);
    this.link?.close();
    this.settle((waiter) => waiter.reject(error), true);
  }

  private wait(impatient: boolean, done?: AbortSignal): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(this.closing.signal.reason as OuroborosError);
      if (this.current) return resolve(this.current);
      const waiter = { resolve, reject, impatient };
      this.waiters.add(waiter);
      done?.addEventListener('abort', () => this.waiters.delete(waiter), { once: true });
    });
  }

  private settle(act: (waiter: Waiter) => void, patientToo: boolean): void {
    for (const waiter of this.waiters) {
      if (!patientToo && !waiter.impatient) continue;
      this.waiters.delete(waiter);
      act(waiter);
    }
  }

  private async run(): Promise<void> {
    let pause = FIRST_BACK_OFF;
    while (!this.closed) {
      if (await this.attachOnce()) pause = FIRST_BACK_OFF;
      if (!this.closed) await this.pause(pause);
      pause = Math.min(pause * 2, LAST_BACK_OFF) as Micros;
    }
  }

  /** Answers after the stream has ended; false when there was none. */
  private async attachOnce(): Promise<boolean> {
    try {
      await this.hold(await this.attachInTime());
      return true;
    } catch (thrown) {
      this.settle((waiter) => waiter.reject(toOuroborosError(thrown, 'EIRMD')), false);
      return false;
    } finally {
      this.link?.close();
      this.link = undefined;
    }
  }

  private async attachInTime(): Promise<Exchange> {
    const { attach, clock } = this.options;
    const limit = new AbortController();
    const late = new OuroborosError('EIRMD', 'the IRM daemon does not answer');
    const stopTimer = clock.at((clock.now() + ATTACH_LIMIT) as Micros, () => limit.abort(late));
    return attach((link) => this.keep(link), limit.signal).finally(stopTimer);
  }

  private keep(link: Link): void {
    this.link = link;
    if (this.closed) link.close();
  }

  private async hold(exchange: Exchange): Promise<void> {
    const end = new Promise<void>((resolve) => exchange.onEnd(() => resolve()));
    if (exchange.ended) throw exchange.ended;
    this.current = exchange;
    exchange.onEnd(() => (this.current = undefined));
    this.options.onState?.(true);
    this.settle((waiter) => waiter.resolve(exchange), true);
    await end;
    this.options.onState?.(false);
  }

  private async pause(length: Micros): Promise<void> {
    try {
      await sleep(this.options.clock, length, this.closing.signal);
    } catch (reason) {
      if (!this.closed) throw reason;
    }
  }

  private async expiry(until: Micros, done: AbortSignal): Promise<never> {
    await sleep(this.options.clock, Math.max(0, until - this.options.clock.now()) as Micros, done);
    throw new OuroborosError('ETIMEDOUT', 'timed out while the IRM daemon was away');
  }
}

function aborted(signal: CancelSignal, done: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => reject(new OuroborosError('ECANCELED', 'cancelled', { cause: signal.reason }));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    done.addEventListener('abort', () => signal.removeEventListener('abort', onAbort), { once: true });
  });
}
