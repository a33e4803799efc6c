import { CollectingSink } from '@ouroboros/machine';
import { NEVER, fromMs, micros, type Address } from '@ouroboros/model';
import { decodeTrace, encodeTrace, type TraceHop } from '@ouroboros/wire';
import { Tracer, type TraceOutput } from './tracer.js';

const at = (address: number): Address => address as Address;
const hop = (next: number): TraceHop => ({ next, lowerLayer: 'udp', longest: 1400, waiting: 0, linkCube: 0 });

/** Members 1 to 4 in a line. Those in `mute` do not answer; packets take a millisecond each way. */
class Line {
  now = micros(0);
  readonly done: TraceOutput[] = [];
  sent = 0;
  private readonly members = new Map<number, Tracer>();
  private readonly sink = new CollectingSink<TraceOutput>();
  private readonly air: { readonly at: number; readonly to: number; readonly bytes: Uint8Array }[] = [];

  constructor(private readonly mute: readonly number[] = []) {
    for (const self of [1, 2, 3, 4]) {
      let last = self;
      const path = (from: number, to: number): Address[] =>
        from < to ? Array.from({ length: to - from }, (_, i) => at(from + 1 + i)) : [];
      const hopTo = (to: number): TraceHop | undefined => (to > 4 ? undefined : hop(self + Math.sign(to - self)));
      const random32 = (): number => (last += 10);
      this.members.set(
        self,
        new Tracer({ self: at(self), name: `m${self}`, tells: self === 2, random32, hopTo, path }),
      );
    }
  }

  get tracer(): Tracer {
    return this.members.get(1)!;
  }

  input(member: number, input: Parameters<Tracer['handle']>[0]): void {
    this.members.get(member)!.handle(input, this.now, this.sink);
    this.flush();
  }

  run(): void {
    for (;;) {
      const [next] = this.air.sort((a, b) => a.at - b.at);
      const due = this.tracer.deadline;
      if (!next && due === NEVER) return;
      if (next && next.at <= due) {
        this.air.shift();
        this.now = micros(next.at);
        if (!this.mute.includes(next.to)) this.input(next.to, { kind: 'message', bytes: next.bytes });
      } else {
        this.now = due;
        this.tracer.wake(this.now, this.sink);
        this.flush();
      }
    }
  }

  private flush(): void {
    for (const output of this.sink.take()) {
      if (output.kind === 'send') {
        this.sent += 1;
        this.air.push({ at: this.now + fromMs(1), to: output.to, bytes: output.bytes });
      } else this.done.push(output);
    }
  }
}

const traced = (line: Line, to: number): unknown[] => {
  line.input(1, { kind: 'trace', id: 7, to: at(to), cube: 2 });
  line.run();
  expect(line.done).toHaveLength(1);
  const [output] = line.done;
  if (output!.kind !== 'traced') throw new Error(output!.kind);
  return output!.steps.map(({ address, name, roundTrip, hop: on }) => [address, name, roundTrip / 1000, on?.next]);
};

describe('A trace', () => {
  it('passes each member to the target', () => {
    expect(traced(new Line(), 4)).toEqual([
      [1, 'm1', 0, 2],
      [2, 'm2', 2, 3],
      [3, 'm3', 2, 4],
      [4, 'm4', 2, undefined],
    ]);
  });

  it('goes on behind a member that does not answer, as the link state says', () => {
    const line = new Line([2]);
    expect(traced(line, 4)).toEqual([
      [1, 'm1', 0, 2],
      [2, undefined, 800, undefined],
      [3, 'm3', 2, 4],
      [4, 'm4', 2, undefined],
    ]);
    expect(line.sent).toBe(2 + 2 * 2);
  });

  it('is told as far as it is when too many are under way, and names beyond are left out', () => {
    const line = new Line();
    line.input(1, { kind: 'who', id: 1, members: Array.from({ length: 256 }, (_, i) => at(i + 2)) });
    line.input(1, { kind: 'trace', id: 2, to: at(4), cube: 0 });
    line.input(1, { kind: 'who', id: 3, members: [at(2)] });
    expect(line.done).toMatchObject([
      { kind: 'traced', id: 2, steps: [{ address: 1, hop: { next: 2 } }] },
      { kind: 'named', id: 3, names: new Map([[at(1), 'm1']]) },
    ]);
  });

  it('ends at a target that does not answer, and where there is no way', () => {
    expect(traced(new Line([4]), 4).at(-1)).toEqual([4, undefined, 800, undefined]);
    expect(traced(new Line(), 9)).toEqual([[1, 'm1', 0, undefined]]);
  });

  it('ends at once in a circle', () => {
    const line = new Line();
    line.input(1, { kind: 'trace', id: 7, to: at(4), cube: 0 });
    const question = { kind: 'answer', number: (11n << 32n) | 21n, name: 'liar', hop: hop(1), tells: false } as const;
    line.input(1, { kind: 'message', bytes: encodeTrace(question) });
    expect(line.done).toMatchObject([{ kind: 'traced', steps: [{ address: 1 }, { address: 2, name: 'liar' }] }]);
  });

  it('is not disturbed by answers that nobody asked for, nor by rubbish', () => {
    const line = new Line();
    line.input(1, {
      kind: 'message',
      bytes: encodeTrace({ kind: 'answer', number: 5n, name: 'x', hop: undefined, tells: false }),
    });
    line.input(1, { kind: 'message', bytes: new Uint8Array(9) });
    for (const asker of [0, 1]) {
      const question = { kind: 'question', number: 5n, asker, target: 4, cube: 0 } as const;
      line.input(1, { kind: 'message', bytes: encodeTrace(question) });
    }
    expect(line.tracer.counters).toEqual({ malformed: 3, answered: 0, unexpected: 1 });
    expect([line.sent, line.done]).toEqual([0, []]);
  });

  it('asks for names, of those that answer', () => {
    const line = new Line([3]);
    line.input(1, { kind: 'who', id: 1, members: [at(1), at(2), at(3), at(4)] });
    line.run();
    expect(line.done).toEqual([
      {
        kind: 'named',
        id: 1,
        names: new Map([
          [at(1), 'm1'],
          [at(2), 'm2'],
          [at(4), 'm4'],
        ]),
      },
    ]);
    line.input(1, { kind: 'who', id: 2, members: [at(1)] });
    expect(line.done.at(-1)).toEqual({ kind: 'named', id: 2, names: new Map([[at(1), 'm1']]) });
  });

  it('is answered with the cube that was asked about', () => {
    const line = new Line();
    const sink = new CollectingSink<TraceOutput>();
    const question = { kind: 'question', number: 5n, asker: 4, target: 0, cube: 1 } as const;
    line.tracer.handle({ kind: 'message', bytes: encodeTrace(question) }, micros(0), sink);
    const [output] = sink.take();
    expect(output).toMatchObject({ kind: 'send', to: 4, cube: 1 });
    const { bytes } = output as { bytes: Uint8Array };
    const answer = { kind: 'answer', number: 5n, name: 'm1', hop: undefined, tells: false };
    expect(decodeTrace(bytes)).toEqual({ ok: true, value: answer });
  });
});
