import type { Machine, Sink } from '@ouroboros/machine';
import { NEVER, fromMs, micros, type Address, type Micros, type QosCube } from '@ouroboros/model';
import { decodeTrace, encodeTrace, type TraceHop, type TraceQuestion, type TraceReply } from '@ouroboros/wire';
import { random64 } from '../random64.js';

/**
 * Follows the way of packets of a cube to a member, hop by hop, and asks members for their names.
 * [docs/wire-extensions.md, Traces]
 *
 * Story: this member knows its own next hop. It asks that one how packets go on from there, then the next, until the target has
 * answered. Each is asked twice at most, 400 ms apart. From one that does not answer (C has no traces) the way goes on as the
 * link state says.
 *
 * States of a trace: asking a member → asking the next … → told.
 */
export type TraceInput =
  | { readonly kind: 'trace'; readonly id: number; readonly to: Address; readonly cube: QosCube }
  /** Names of members. */
  | { readonly kind: 'who'; readonly id: number; readonly members: readonly Address[] }
  /** `bytes` is read during the call only. */
  | { readonly kind: 'message'; readonly bytes: Uint8Array };

export type TraceOutput =
  | { readonly kind: 'send'; readonly to: Address; readonly cube: QosCube; readonly bytes: Uint8Array }
  | { readonly kind: 'traced'; readonly id: number; readonly steps: readonly TraceStep[] }
  | { readonly kind: 'named'; readonly id: number; readonly names: ReadonlyMap<Address, string> };

/** One member on the way. */
export interface TraceStep {
  readonly address: Address;
  /** Undefined: it did not answer. */
  readonly name: string | undefined;
  /** Of the question and its answer; 0 for this member. */
  readonly roundTrip: Micros;
  /** Undefined at the target, where there is no way, and where nobody answered. */
  readonly hop: TraceHop | undefined;
  /** It answers who asks what the hop is made of. */
  readonly tells: boolean;
}

export interface TracerConfig {
  readonly self: Address;
  readonly name: string;
  /** What links of this member are made of is told to others. */
  readonly tells: boolean;
  readonly random32: () => number;
  /** How packets of the cube leave this member; undefined: no way. */
  readonly hopTo: (to: Address, cube: QosCube) => TraceHop | undefined;
  /** Members that packets pass from one member to another, as the link state says. */
  readonly path: (from: Address, to: Address) => readonly Address[];
}

const TRIES = 2;
const PATIENCE = fromMs(400);
/** Longer ways are not followed: packets would not live to their end. */
const MAX_STEPS = 64;
/** Open questions: a trace that would need one more is told as far as it is, and names beyond are not asked for. */
const MAX_OPEN = 256;

interface Job {
  readonly id: number;
  /** Null: only names are asked for. */
  readonly to: Address | null;
  readonly cube: QosCube;
  readonly steps: TraceStep[];
  readonly names: Map<Address, string>;
  /** Questions without answer. */
  open: number;
}

interface Question {
  readonly job: Job;
  readonly member: Address;
  readonly number: bigint;
  readonly sent: Micros;
  tries: number;
  due: Micros;
}

export class Tracer implements Machine<TraceInput, TraceOutput> {
  readonly counters = { malformed: 0, answered: 0, unexpected: 0 };
  private readonly questions = new Map<bigint, Question>();

  constructor(private readonly config: TracerConfig) {}

  get deadline(): Micros {
    let earliest: number = NEVER;
    for (const { due } of this.questions.values()) earliest = Math.min(earliest, due);
    return micros(earliest);
  }

  handle(input: TraceInput, now: Micros, out: Sink<TraceOutput>): void {
    if (input.kind === 'trace') this.trace(input.id, input.to, input.cube, now, out);
    else if (input.kind === 'who') this.who(input.id, input.members, now, out);
    else this.onMessage(input.bytes, now, out);
  }

  wake(now: Micros, out: Sink<TraceOutput>): void {
    for (const question of [...this.questions.values()]) {
      if (question.due > now) continue;
      if (question.tries < TRIES) this.send(question, now, out);
      else this.silent(question, now, out);
    }
  }

  private trace(id: number, to: Address, cube: QosCube, now: Micros, out: Sink<TraceOutput>): void {
    const { self, name, tells, hopTo } = this.config;
    const hop = hopTo(to, cube);
    const job: Job = { id, to, cube, steps: [], names: new Map(), open: 0 };
    this.step(
      job,
      { address: self, name, roundTrip: micros(0), hop, tells },
      hop?.next as Address | undefined,
      now,
      out,
    );
  }

  private who(id: number, members: readonly Address[], now: Micros, out: Sink<TraceOutput>): void {
    const { self, name } = this.config;
    const job: Job = { id, to: null, cube: 0, steps: [], names: new Map([[self, name]]), open: 0 };
    for (const member of members) if (member !== self) this.ask(job, member, now, out);
    if (job.open === 0) out.emit({ kind: 'named', id, names: job.names });
  }

  /** Notes a member of the way, and asks the next; `next` undefined: the way ends here. */
  private step(job: Job, step: TraceStep, next: Address | undefined, now: Micros, out: Sink<TraceOutput>): void {
    job.steps.push(step);
    const circle = job.steps.some(({ address }) => address === next);
    const ended = next === undefined || circle || step.address === job.to || job.steps.length > MAX_STEPS;
    if (!ended && this.ask(job, next, now, out)) return;
    out.emit({ kind: 'traced', id: job.id, steps: job.steps });
  }

  /** False when too many questions are open. */
  private ask(job: Job, member: Address, now: Micros, out: Sink<TraceOutput>): boolean {
    if (this.questions.size >= MAX_OPEN) return false;
    const number = random64(this.config.random32);
    const question: Question = { job, member, number, sent: now, tries: 0, due: now };
    job.open += 1;
    this.questions.set(number, question);
    this.send(question, now, out);
    return true;
  }

  private send(question: Question, now: Micros, out: Sink<TraceOutput>): void {
    const { job, member, number } = question;
    question.tries += 1;
    question.due = micros(now + PATIENCE);
    const { to, cube } = job;
    const bytes = encodeTrace({ kind: 'question', number, asker: this.config.self, target: to ?? 0, cube });
    out.emit({ kind: 'send', to: member, cube, bytes });
  }

  private onMessage(bytes: Uint8Array, now: Micros, out: Sink<TraceOutput>): void {
    const decoded = decodeTrace(bytes);
    if (!decoded.ok) this.counters.malformed += 1;
    else if (decoded.value.kind === 'question') this.answer(decoded.value, out);
    else this.answered(decoded.value, now, out);
  }

  private answer({ number, asker, target, cube }: TraceQuestion, out: Sink<TraceOutput>): void {
    const { self, name, tells, hopTo } = this.config;
    if (asker === 0 || asker === self) {
      this.counters.malformed += 1;
      return;
    }
    this.counters.answered += 1;
    const hop = target === 0 || target === self ? undefined : hopTo(target as Address, cube);
    const bytes = encodeTrace({ kind: 'answer', number, name, hop, tells });
    out.emit({ kind: 'send', to: asker as Address, cube, bytes });
  }

  private answered({ number, name, hop, tells }: TraceReply, now: Micros, out: Sink<TraceOutput>): void {
    const question = this.questions.get(number);
    if (!question) {
      this.counters.unexpected += 1;
      return;
    }
    const { job, member, sent } = question;
    this.close(question);
    job.names.set(member, name);
    if (job.to === null) return this.concludeNames(job, out);
    this.step(
      job,
      { address: member, name, roundTrip: micros(now - sent), hop, tells },
      hop?.next as Address,
      now,
      out,
    );
  }

  private silent(question: Question, now: Micros, out: Sink<TraceOutput>): void {
    const { job, member, sent } = question;
    this.close(question);
    if (job.to === null) return this.concludeNames(job, out);
    const next = this.config.path(member, job.to)[0];
    const step = { address: member, name: undefined, roundTrip: micros(now - sent), hop: undefined, tells: false };
    this.step(job, step, next, now, out);
  }

  private close(question: Question): void {
    this.questions.delete(question.number);
    question.job.open -= 1;
  }

  private concludeNames({ id, names, open }: Job, out: Sink<TraceOutput>): void {
    if (open === 0) out.emit({ kind: 'named', id, names });
  }
}
