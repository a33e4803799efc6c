import { CollectingSink } from '@ouroboros/machine';
import { NEVER, fromMs, micros, type Address } from '@ouroboros/model';
import { decodeDescent, encodeDescent, type DescentQuestion, type LayerBelow } from '@ouroboros/wire';
import { Descender, type DescentInput, type DescentOutput } from './descender.js';

const at = (address: number): Address => address as Address;
const UDP: LayerBelow = { layer: 'udp', type: 'udp4', authenticated: false, cut: false, steps: [] };
const ASKED = { neighbor: at(3), cube: 1, ranks: 2, patienceMs: 2000 } as const;
const QUESTION: DescentQuestion = { kind: 'question', number: 5n, asker: 1, ...ASKED };

class Rig {
  now = micros(0);
  readonly machine: Descender;
  private readonly sink = new CollectingSink<DescentOutput>();

  constructor(self: number, tells = true) {
    let last = self;
    this.machine = new Descender({ self: at(self), tells, random32: () => (last += 10) });
  }

  input(input: DescentInput): readonly DescentOutput[] {
    this.machine.handle(input, this.now, this.sink);
    return this.sink.take();
  }

  question(question: Partial<DescentQuestion> = {}): readonly DescentOutput[] {
    return this.input({ kind: 'message', bytes: encodeDescent({ ...QUESTION, ...question }) });
  }

  /** What it does until it waits for nothing any more. */
  run(): readonly DescentOutput[] {
    const done: DescentOutput[] = [];
    while (this.machine.deadline !== NEVER) {
      this.now = this.machine.deadline;
      this.machine.wake(this.now, this.sink);
      done.push(...this.sink.take());
    }
    return done;
  }
}

const sent = (outputs: readonly DescentOutput[]): unknown[] =>
  outputs.map((output) => (output.kind === 'send' ? decodeDescent(output.bytes) : output));

describe('A member that asks', () => {
  it('repeats its question with what is left of its patience, and then does without', () => {
    const rig = new Rig(1);
    const outputs = [...rig.input({ kind: 'ask', id: 7, member: at(2), ...ASKED }), ...rig.run()];
    const patience = sent(outputs).map((one) => (one as { value?: DescentQuestion }).value?.patienceMs);
    expect(patience).toEqual([1600, 1200, 800, 400, undefined]);
    expect(outputs.at(-1)).toEqual({ kind: 'told', id: 7, below: null });
    expect(rig.now).toBe(fromMs(2000));
  });

  it('is told once, and only what it asked for', () => {
    const rig = new Rig(1);
    const [question] = sent(rig.input({ kind: 'ask', id: 7, member: at(2), ...ASKED }));
    const { number } = (question as { value: DescentQuestion }).value;
    const answer = (to: bigint): Uint8Array => encodeDescent({ kind: 'answer', number: to, below: UDP });
    expect(rig.input({ kind: 'message', bytes: answer(1n) })).toEqual([]);
    expect(rig.input({ kind: 'message', bytes: answer(number) })).toEqual([{ kind: 'told', id: 7, below: UDP }]);
    expect(rig.input({ kind: 'message', bytes: answer(number) })).toEqual([]);
    expect(rig.machine.counters).toMatchObject({ unexpected: 2 });
    expect(rig.run()).toEqual([]);
  });

  it('does not ask without patience', () => {
    const told = new Rig(1).input({ kind: 'ask', id: 7, member: at(2), ...ASKED, patienceMs: 400 });
    expect(told).toEqual([{ kind: 'told', id: 7, below: null }]);
  });
});

describe('A member that is asked', () => {
  it('looks once, and answers each repetition when it knows', () => {
    const rig = new Rig(2);
    const [wanted] = rig.question();
    expect(wanted).toMatchObject({ kind: 'wanted', ...ASKED });
    expect(rig.question()).toEqual([]);
    const { task } = wanted as { task: string };
    const answers = [...rig.input({ kind: 'tell', task, below: UDP }), ...rig.question()];
    expect(answers).toMatchObject([{ to: 1, cube: 1 }, { to: 1 }]);
    const answer = { ok: true, value: { kind: 'answer', number: 5n, below: UDP } };
    expect(sent(answers)).toEqual([answer, answer]);
  });

  it('forgets when nobody waits any more', () => {
    const rig = new Rig(2);
    const [wanted] = rig.question();
    expect(rig.run()).toEqual([]);
    expect(rig.now).toBe(fromMs(2000));
    expect(rig.input({ kind: 'tell', task: (wanted as { task: string }).task, below: UDP })).toEqual([]);
  });

  it('does so much at a time and not more, and nothing where it does not tell', () => {
    const rig = new Rig(2);
    const wanted = Array.from({ length: 20 }, (_, i) => rig.question({ number: BigInt(i) })).flat();
    expect(wanted).toHaveLength(16);
    expect(rig.machine.counters.busy).toBe(4);
    expect(new Rig(2, false).question()).toEqual([]);
  });

  it('is not disturbed by rubbish', () => {
    const rig = new Rig(2);
    rig.input({ kind: 'message', bytes: new Uint8Array(9) });
    for (const one of [{ asker: 0 }, { asker: 2 }, { neighbor: at(2) }]) expect(rig.question(one)).toEqual([]);
    expect(rig.machine.counters).toMatchObject({ malformed: 4, answered: 0 });
    expect(rig.machine.deadline).toBe(NEVER);
  });
});
