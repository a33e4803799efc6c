import { micros, type Micros } from '@ouroboros/model';
import type { Sink } from '@ouroboros/machine';
import type { LogLevel, StatusEvent } from '@ouroboros/ports';
import type { Failure, RegistryOutput } from './messages.js';
import type { RegistryOptions, RegistryPolicy } from './options.js';
import { Secrets } from './secrets.js';
import { TimerHeap, type Timer } from './timer-heap.js';

type Fields = Readonly<Record<string, unknown>>;

/** What all parts of the registry share: the time of this input, the way out, timers, options. */
export class Core {
  now: Micros = micros(0);
  policy: RegistryPolicy;
  /** The daemon ends: nothing is started any more. */
  stopping = false;
  readonly timers = new TimerHeap();
  readonly secrets: Secrets;
  private out: Sink<RegistryOutput> | null = null;
  private changed = false;

  constructor(readonly options: RegistryOptions) {
    this.policy = options.policy;
    this.secrets = new Secrets(options.hash, options.seed);
  }

  get limits(): RegistryOptions['limits'] {
    return this.options.limits;
  }

  /** Runs one step of the machine at `now`, after the timers that are due. */
  run(now: Micros, out: Sink<RegistryOutput>, step: () => void): void {
    this.now = now;
    this.out = out;
    for (let due = this.timers.takeDue(now); due; due = this.timers.takeDue(now)) due.run();
    step();
    if (this.changed) this.emit({ kind: 'persist' });
    this.changed = false;
    this.out = null;
  }

  emit(output: RegistryOutput): void {
    this.out?.emit(output);
  }

  after(ms: number, run: () => void): Timer {
    return this.timers.set((this.now + ms * 1000) as Micros, run);
  }

  reply(request: number, value: unknown): void {
    this.emit({ kind: 'reply', request, outcome: { ok: true, value } });
  }

  fail(request: number, error: Failure): void {
    this.emit({ kind: 'reply', request, outcome: { ok: false, error } });
  }

  /** Something worth keeping over a restart of the daemon has changed. */
  keep(): void {
    this.changed = true;
  }

  event(kind: StatusEvent['kind'], text: string): void {
    this.emit({ kind: 'event', event: { kind, text } });
  }

  log(level: LogLevel, message: string, fields: Fields = {}): void {
    this.emit({ kind: 'log', level, message, fields });
  }

  /** A change that a user sees: an event for watchers and a line in the log. */
  report(kind: StatusEvent['kind'], text: string, fields: Fields = {}, level: LogLevel = 'info'): void {
    this.event(kind, text);
    this.log(level, text, fields);
  }
}
