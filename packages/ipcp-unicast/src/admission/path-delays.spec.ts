import { CollectingSink } from '@ouroboros/machine';
import { NEVER, address, micros, type QosCube } from '@ouroboros/model';
import { SeededRandom } from '@ouroboros/simnet';
import { decodeFa } from '@ouroboros/wire';
import { PathDelays, type PathDelayInput, type PathDelayOutput } from './path-delays.js';

const SELF = address(1);
const FAR = address(2);
const MS = 1000;

/** The measuring end, and a far end whose answers to the first, second … echo take so many ms; undefined: never come. */
class Path {
  readonly ours = new Map([[FAR, true]]);
  readonly echoes: { readonly atMs: number; readonly cube: QosCube }[] = [];
  readonly greetings: number[] = [];
  /** What came out, and when. */
  readonly measured: (readonly [id: number, delayMs: number | undefined, atMs: number])[] = [];
  readonly delays = new PathDelays({
    self: SELF,
    random32: (
      (random) => () =>
        random.uint32()
    )(new SeededRandom(1)),
    isOurs: (to) => this.ours.get(to),
  });
  private readonly sink = new CollectingSink<PathDelayOutput>();
  private answers: { readonly at: number; readonly number: bigint }[] = [];
  private now = 0;

  constructor(private readonly trips: readonly (number | undefined)[]) {}

  give(input: PathDelayInput): void {
    this.delays.handle(input, micros(this.now), this.sink);
    this.act();
  }

  ask(id: number, boundMs: number, cube: QosCube = 0): void {
    this.give({ kind: 'measure', id, to: FAR, cube, boundMs });
  }

  until(ms: number): void {
    for (;;) {
      const answer = this.answers.reduce((least, { at }) => Math.min(least, at), Infinity);
      const next = Math.min(answer, this.delays.deadline);
      if (next > ms * MS) break;
      this.now = next;
      if (answer === next) this.answer(next);
      else this.delays.wake(micros(next), this.sink);
      this.act();
    }
    this.now = ms * MS;
  }

  private answer(at: number): void {
    const due = this.answers.find((one) => one.at === at)!;
    this.answers = this.answers.filter((one) => one !== due);
    this.delays.handle({ kind: 'echoed', number: due.number }, micros(at), this.sink);
  }

  private act(): void {
    const atMs = this.now / MS;
    for (const output of this.sink.take()) {
      if (output.kind === 'greet') this.greetings.push(atMs);
      else if (output.kind === 'measured') this.measured.push([output.id, output.delayMs, atMs]);
      else this.sent(output);
    }
  }

  private sent({ bytes, cube, to }: PathDelayOutput & { kind: 'send' }): void {
    const decoded = decodeFa(bytes, 32);
    if (!decoded.ok || decoded.value.kind !== 'echo') throw new Error('no echo');
    expect([to, decoded.value.sAddr, decoded.value.cube]).toEqual([FAR, SELF, cube]);
    const trip = this.trips[this.echoes.length];
    if (trip !== undefined) this.answers.push({ at: this.now + trip * MS, number: decoded.value.number });
    this.echoes.push({ atMs: this.now / MS, cube });
  }
}

describe('the delay of a path', () => {
  it('is half the round trip of one echo where that is fast enough, up to the last microsecond', () => {
    const path = new Path([60]);
    path.ask(1, 30, 2);
    path.until(1_000);
    expect([path.measured, path.echoes]).toEqual([[[1, 30, 60]], [{ atMs: 0, cube: 2 }]]);
    expect(path.delays.deadline).toBe(NEVER);
  });

  it('is the fastest of three echoes where it is too slow', () => {
    const path = new Path([61, 60.002, 62]);
    path.ask(1, 30);
    path.until(1_000);
    expect(path.echoes.map(({ atMs }) => atMs)).toEqual([0, 100, 200]);
    expect(path.measured).toEqual([[1, 30.001, 262]]);
  });

  it('is not taken from one hiccup', () => {
    const path = new Path([450, 60]);
    path.ask(1, 30);
    path.until(1_000);
    expect(path.measured).toEqual([[1, 30, 160]]);
  });

  it('survives lost echoes: each costs 100 ms', () => {
    const path = new Path([undefined, undefined, 10]);
    path.ask(1, 30);
    path.until(1_000);
    expect(path.measured).toEqual([[1, 5, 210]]);
  });

  it('is unknown after half a second without any answer; what comes later counts for the next', () => {
    const path = new Path([800, 820, undefined]);
    path.ask(1, 30);
    path.until(1_000);
    expect(path.measured).toEqual([[1, undefined, 500]]);
    path.ask(2, 30);
    path.until(2_000);
    expect(path.measured.slice(1)).toEqual([[2, 400, 1_500]]);
  });

  it('is remembered for five seconds where it is fast enough, and measured again where it is not', () => {
    const path = new Path([40, 38, 40, 40, 44]);
    path.ask(1, 30);
    path.until(1_000);
    path.ask(2, 20);
    expect([path.measured.length, path.echoes.length]).toEqual([2, 1]);
    path.ask(3, 19);
    path.until(2_000);
    expect(path.measured.slice(2)).toEqual([[3, 19, 1_038]]);
    path.until(6_000);
    path.ask(4, 22);
    path.until(7_000);
    expect([path.measured.slice(3), path.echoes.length]).toEqual([[[4, 20, 6_040]], 3]);
  });

  it('is measured anew when the paths have changed, and for another cube', () => {
    const path = new Path([40, 80, 60]);
    path.ask(1, 100);
    path.until(100);
    path.give({ kind: 'routes' });
    path.ask(2, 100);
    path.until(200);
    path.ask(3, 100, 2);
    path.until(300);
    expect(path.measured.map(([, delayMs]) => delayMs)).toEqual([20, 40, 30]);
  });

  it('is measured once for many who ask together, and each waits as long as its own bound needs', () => {
    const path = new Path([40, 30, 36]);
    for (const [id, boundMs] of [20, 15, 14].entries()) path.ask(id, boundMs);
    path.until(1_000);
    expect(path.measured).toEqual([
      [0, 20, 40],
      [1, 15, 130],
      [2, 15, 236],
    ]);
    expect(path.echoes).toHaveLength(3);
  });
});

describe('a member of which it is not known whether it is one of ours', () => {
  const stranger = (trips: readonly number[]): Path => {
    const path = new Path(trips);
    path.ours.clear();
    path.ask(1, 30);
    return path;
  };
  const heard = (path: Path, ours: boolean): void => {
    path.ours.set(FAR, ours);
    path.give({ kind: 'heard', address: FAR, ours });
  };

  it('is greeted, and sees echoes when it turns out to be one', () => {
    const path = stranger([40]);
    path.until(250);
    expect([path.greetings, path.echoes]).toEqual([[0, 100, 200], []]);
    heard(path, true);
    path.until(1_000);
    expect(path.measured).toEqual([[1, 20, 290]]);
  });

  it('never sees any when it is a C member, nor is anything measured then', () => {
    const path = stranger([]);
    path.until(50);
    heard(path, false);
    path.ask(2, 30);
    path.until(1_000);
    expect(path.measured).toEqual([
      [1, undefined, 50],
      [2, undefined, 50],
    ]);
    expect([path.greetings, path.echoes]).toEqual([[0], []]);
  });

  it('is given up after half a second when it says nothing', () => {
    const path = stranger([]);
    path.until(1_000);
    expect(path.measured).toEqual([[1, undefined, 500]]);
  });
});

describe('answers to echoes', () => {
  it('that nobody sent, come twice or after five seconds change nothing', () => {
    const path = new Path([6_000, 6_000, 6_000]);
    path.give({ kind: 'echoed', number: 7n });
    path.ask(1, 30);
    path.until(10_000);
    path.ask(2, 30);
    path.until(11_000);
    expect(path.measured.map(([id, delayMs]) => [id, delayMs])).toEqual([
      [1, undefined],
      [2, undefined],
    ]);
  });
});
