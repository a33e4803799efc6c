import type { Writable } from 'node:stream';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import { writeBytes, type Flow } from '@ouroboros/flow';

/** Bytes so far; changes while a transfer runs. */
export interface TransferCount {
  /** Bytes given to the flow. */
  sent: number;
  /** Bytes written to the output. */
  received: number;
}

/**
 * What is known of one direction. `complete`: every byte arrived; of what was sent, at the process of the other side.
 * `unknown`: it ended, but the other side cannot say. `failed`: bytes are missing, or may be.
 */
export type Outcome = 'complete' | 'unknown' | 'failed';

export interface TransferResult {
  readonly sending: Outcome;
  readonly receiving: Outcome;
  /** The first failure, or null. */
  readonly error: OuroborosError | null;
}

/** Where the bytes come from: a stream, or a file. `destroy` ends it. */
export interface TransferInput extends AsyncIterable<unknown> {
  destroy(error?: Error): unknown;
}

export interface TransferOptions {
  /** The input ends when the other side has ended: a terminal. */
  readonly inputEndsWithPeer?: boolean;
  /** See QUIET_MS. */
  readonly quietMs?: number;
}

/** When the input has ended and the other side cannot be told, it has this long to say something more. */
const QUIET_MS = 2000;
/** More than the longest message of a stream, so that each is read at once. */
const READ_BYTES = 1 << 17;

/** One transfer: `input` into the flow, the flow into `output`, until both directions have ended or one fails. */
export class Transfer {
  readonly count: TransferCount = { sent: 0, received: 0 };
  private readonly failing = new AbortController();
  private sending: Outcome = 'failed';
  private receiving: Outcome = 'failed';
  private error: OuroborosError | null = null;
  /** Aborts when the input has ended and the other side cannot be told. */
  private readonly untold = new AbortController();
  private readonly untilUntold = AbortSignal.any([this.failing.signal, this.untold.signal]);
  /** The input was ended from here. */
  private inputClosed = false;
  /** Used for each read: memory that is new costs more than all else that is done with its bytes. */
  private readonly arrived = new Uint8Array(READ_BYTES);

  /** `input`: null when nothing is to be sent. `output` must be done with bytes when it calls back, as files, pipes and terminals are. */
  constructor(
    private readonly flow: Flow,
    private readonly input: TransferInput | null,
    private readonly output: Writable,
    private readonly options: TransferOptions = {},
  ) {}

  /** Runs it, and deallocates the flow. Aborting `stop` fails it. */
  async run(stop: AbortSignal): Promise<TransferResult> {
    const onStop = (): void => this.fail(new OuroborosError('EINTR', 'interrupted'));
    if (stop.aborted) onStop();
    stop.addEventListener('abort', onStop, { once: true });
    // The callbacks of its writes report them.
    const ignore = (): void => undefined;
    this.output.on('error', ignore);
    await Promise.all([this.guard(this.send()), this.guard(this.receive())]);
    stop.removeEventListener('abort', onStop);
    this.input?.destroy();
    await this.flow.dealloc();
    this.output.off('error', ignore);
    const { sending, receiving, error } = this;
    return { sending, receiving, error };
  }

  private async send(): Promise<void> {
    if (this.input) await this.sendAll(this.input);
    const { signal } = this.failing;
    if (this.flow.packets.halfCloses) {
      await this.flow.finish({ signal });
      this.sending = 'complete';
      return;
    }
    this.sending = 'unknown';
    this.untold.abort();
  }

  private async sendAll(input: TransferInput): Promise<void> {
    try {
      for await (const chunk of input) {
        const bytes = chunk as Uint8Array;
        await writeBytes(this.flow, bytes, { signal: this.failing.signal });
        this.count.sent += bytes.length;
      }
    } catch (thrown) {
      if (!this.inputClosed) throw thrown;
    }
  }

  private async receive(): Promise<void> {
    for (let length = await this.next(); length !== null; length = await this.next()) {
      await this.put(this.arrived.subarray(0, length));
      this.count.received += length;
    }
    if (this.options.inputEndsWithPeer || this.flow.down !== null) this.closeInput();
  }

  /** Reads into `arrived`; answers how many bytes, or null when there are no more. */
  private async next(): Promise<number | null> {
    try {
      return await this.read();
    } catch (thrown) {
      const { code } = toOuroborosError(thrown);
      if (code === 'EEND') this.receiving = 'complete';
      else if (this.endsUntold(code)) this.receiving = 'unknown';
      else throw thrown;
      return null;
    }
  }

  /** Reads without a limit until everything was sent and the other side cannot be told, then within the quiet time. */
  private async read(): Promise<number> {
    const { signal } = this.failing;
    if (!this.untold.signal.aborted) {
      try {
        return (
          this.flow.tryReadInto(this.arrived) ?? (await this.flow.readInto(this.arrived, { signal: this.untilUntold }))
        );
      } catch (thrown) {
        if (!this.untold.signal.aborted || signal.aborted) throw thrown;
      }
    }
    return this.flow.readInto(this.arrived, { signal, timeoutMs: this.options.quietMs ?? QUIET_MS });
  }

  /** Ends that are no failure where the other side cannot say that it has ended. */
  private endsUntold(code: string): boolean {
    if (this.flow.packets.halfCloses) return false;
    return code === 'ETIMEDOUT' || (code === 'EFLOWDOWN' && this.flow.downEvent === 'DEALLOC');
  }

  private put(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.output.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  private closeInput(): void {
    this.inputClosed = true;
    this.input?.destroy();
  }

  private async guard(part: Promise<void>): Promise<void> {
    try {
      await part;
    } catch (thrown) {
      this.fail(toOuroborosError(thrown));
    }
  }

  /** A direction that fails ends the other one too; why is kept once. */
  private fail(error: OuroborosError): void {
    if (this.failing.signal.aborted) return;
    this.error = error;
    this.failing.abort(error);
    this.input?.destroy(error);
  }
}
