import type { Machine, Sink } from '@ouroboros/machine';
import { NEVER, fromMs, micros, type Address, type Micros, type QosCube } from '@ouroboros/model';
import {
  decodeDescent,
  encodeDescent,
  type DescentQuestion,
  type DescentReply,
  type LayerBelow,
} from '@ouroboros/wire';
import { random64 } from '../random64.js';
import { fitted } from './fitted.js';

/**
 * Asks other members what their links are made of in the layers below, and answers the same. [docs/wire-extensions.md, Traces]
 *
 * Story: a question says how long the asker waits, and is repeated every 400 ms until then. Who is asked has the link traced below,
 * which takes a while, answers when that is done, and again when it is asked again.
 *
 * States of a question: asked → told, or not within its patience. States of a task: wanted → answered; forgotten after the patience
 * of who asked.
 */
export type DescentInput =
  | ({ readonly kind: 'ask'; readonly id: number; readonly member: Address } & DescentAsked)
  /** What became of a task. */
  | { readonly kind: 'tell'; readonly task: string; readonly below: LayerBelow | null }
  /** `bytes` is read during the call only. */
  | { readonly kind: 'message'; readonly bytes: Uint8Array };

export type DescentOutput =
  | { readonly kind: 'send'; readonly to: Address; readonly cube: QosCube; readonly bytes: Uint8Array }
  /** Another member asks; `tell` answers. */
  | ({ readonly kind: 'wanted'; readonly task: string } & DescentAsked)
  /** Null: not told. */
  | { readonly kind: 'told'; readonly id: number; readonly below: LayerBelow | null };

export interface DescentAsked {
  /** The link is that to this one. */
  readonly neighbor: Address;
  /** In which question and answer go. */
  readonly cube: QosCube;
  readonly ranks: number;
  readonly patienceMs: number;
}

export interface DescenderConfig {
  readonly self: Address;
  /** False: this member answers nobody. */
  readonly tells: boolean;
  readonly random32: () => number;
}

const REPEAT = fromMs(400);
/** Of the asker's patience, what the way there and back may take. */
const TRAVEL_MS = 400;
/** Questions that are open; further ones are not told. */
const MAX_OPEN = 256;
/** Tasks for others; further ones are not taken, and asked for again. */
const MAX_TASKS = 16;

interface Question {
  readonly id: number;
  readonly member: Address;
  readonly asked: DescentAsked;
  readonly number: bigint;
  readonly end: Micros;
  due: Micros;
}

interface Task {
  readonly question: DescentQuestion;
  readonly end: Micros;
  answer: Uint8Array | null;
}

export class Descender implements Machine<DescentInput, DescentOutput> {
  readonly counters = { malformed: 0, answered: 0, unexpected: 0, busy: 0 };
  private readonly questions = new Map<bigint, Question>();
  private readonly tasks = new Map<string, Task>();

  constructor(private readonly config: DescenderConfig) {}

  get deadline(): Micros {
    let earliest: number = NEVER;
    for (const { due } of this.questions.values()) earliest = Math.min(earliest, due);
    for (const { end } of this.tasks.values()) earliest = Math.min(earliest, end);
    return micros(earliest);
  }

  handle(input: DescentInput, now: Micros, out: Sink<DescentOutput>): void {
    if (input.kind === 'ask') this.ask(input, now, out);
    else if (input.kind === 'tell') this.tell(input.task, input.below, out);
    else this.onMessage(input.bytes, now, out);
  }

  wake(now: Micros, out: Sink<DescentOutput>): void {
    for (const question of [...this.questions.values()]) {
      if (question.due > now) continue;
      if (now < question.end) this.send(question, now, out);
      else this.conclude(question, null, out);
    }
    for (const [key, { end }] of this.tasks) if (end <= now) this.tasks.delete(key);
  }

  private ask(input: DescentInput & { readonly kind: 'ask' }, now: Micros, out: Sink<DescentOutput>): void {
    const { id, member, neighbor, cube, ranks, patienceMs } = input;
    if (this.questions.size >= MAX_OPEN || patienceMs <= TRAVEL_MS) {
      out.emit({ kind: 'told', id, below: null });
      return;
    }
    const asked = { neighbor, cube, ranks, patienceMs };
    const end = micros(now + fromMs(patienceMs));
    const question: Question = { id, member, asked, number: random64(this.config.random32), end, due: now };
    this.questions.set(question.number, question);
    this.send(question, now, out);
  }

  private send(question: Question, now: Micros, out: Sink<DescentOutput>): void {
    const { member, number, end, asked } = question;
    const leftMs = Math.floor((end - now) / 1000) - TRAVEL_MS;
    question.due = micros(Math.min(now + REPEAT, end));
    if (leftMs <= 0) return;
    const { neighbor, cube, ranks } = asked;
    const asker = this.config.self;
    const bytes = encodeDescent({ kind: 'question', number, asker, neighbor, cube, ranks, patienceMs: leftMs });
    out.emit({ kind: 'send', to: member, cube, bytes });
  }

  private onMessage(bytes: Uint8Array, now: Micros, out: Sink<DescentOutput>): void {
    const decoded = decodeDescent(bytes);
    if (!decoded.ok) this.counters.malformed += 1;
    else if (decoded.value.kind === 'question') this.asked(decoded.value, now, out);
    else this.answered(decoded.value, out);
  }

  private asked(question: DescentQuestion, now: Micros, out: Sink<DescentOutput>): void {
    const { asker, number, neighbor, cube, ranks, patienceMs } = question;
    const { self, tells } = this.config;
    if (asker === 0 || asker === self || neighbor === self) {
      this.counters.malformed += 1;
      return;
    }
    const key = `${asker} ${number}`;
    const task = this.tasks.get(key);
    if (task) return this.answer(task, out);
    if (!tells) return;
    if (this.tasks.size >= MAX_TASKS) {
      this.counters.busy += 1;
      return;
    }
    this.tasks.set(key, { question, end: micros(now + fromMs(patienceMs)), answer: null });
    out.emit({ kind: 'wanted', task: key, neighbor: neighbor as Address, cube, ranks, patienceMs });
  }

  /** Harmless when the task is forgotten. */
  private tell(key: string, below: LayerBelow | null, out: Sink<DescentOutput>): void {
    const task = this.tasks.get(key);
    if (!task) return;
    task.answer = encodeDescent({ kind: 'answer', number: task.question.number, below: below && fitted(below) });
    this.counters.answered += 1;
    this.answer(task, out);
  }

  private answer({ question, answer }: Task, out: Sink<DescentOutput>): void {
    const { asker, cube } = question;
    if (answer) out.emit({ kind: 'send', to: asker as Address, cube, bytes: answer });
  }

  private answered({ number, below }: DescentReply, out: Sink<DescentOutput>): void {
    const question = this.questions.get(number);
    if (question) this.conclude(question, below, out);
    else this.counters.unexpected += 1;
  }

  private conclude({ id, number }: Question, below: LayerBelow | null, out: Sink<DescentOutput>): void {
    this.questions.delete(number);
    out.emit({ kind: 'told', id, below });
  }
}
