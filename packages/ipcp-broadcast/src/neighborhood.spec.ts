import fc from 'fast-check';
import { CollectingSink } from '@ouroboros/machine';
import { NEVER, micros } from '@ouroboros/model';
import { decodeBroadcastNeighbors, encodeBroadcastNeighbors } from '@ouroboros/wire';
import { Neighborhood, type NeighborhoodInput, type NeighborhoodOutput } from './neighborhood.js';

/** A neighborhood whose time the spec sets. */
class Bench {
  readonly machine: Neighborhood;
  now = 0;
  private readonly sink = new CollectingSink<NeighborhoodOutput>();

  constructor(self: string) {
    this.machine = new Neighborhood(self);
  }

  give(input: NeighborhoodInput): readonly string[] {
    this.machine.handle(input, micros(this.now), this.sink);
    return this.said();
  }

  /** A link whose neighbour says who it is. */
  up(link: number, self: string, ...neighbors: string[]): readonly string[] {
    this.give({ kind: 'up', link });
    return this.give({ kind: 'message', link, bytes: encodeBroadcastNeighbors({ self, neighbors }) });
  }

  /** What is asked for until `ms`, each with its time; what is told is left out. */
  until(ms: number): readonly string[] {
    const asked: string[] = [];
    while (this.machine.deadline <= ms * 1000) {
      this.now = this.machine.deadline;
      this.machine.wake(micros(this.now), this.sink);
      asked.push(...this.said().filter((text) => !text.startsWith('tell')));
    }
    this.now = ms * 1000;
    return asked;
  }

  private said(): readonly string[] {
    return this.sink.take().map((output) => inWords(output, this.now / 1000));
  }
}

function inWords(output: NeighborhoodOutput, ms: number): string {
  if (output.kind === 'attach') return `attach ${output.dst} for ${output.lost} at ${ms}`;
  if (output.kind !== 'send') return `${output.kind} ${output.link}`;
  const message = decodeBroadcastNeighbors(output.bytes);
  return message.ok ? `tell ${output.link}: ${message.value.neighbors.join(',')}` : 'unreadable';
}

describe('a member of a broadcast layer', () => {
  it('tells each neighbour of the others, when they change and every 5 s', () => {
    const bench = new Bench('m');
    bench.up(1, 'a');
    expect(bench.up(2, 'b')).toEqual(['tell 1: b', 'tell 2: a']);
    expect(bench.give({ kind: 'silent', link: 1 })).toEqual(['tell 1: b', 'tell 2: ']);
    expect(bench.give({ kind: 'heard', link: 1 })).toEqual(['tell 1: b', 'tell 2: a']);
    expect(bench.machine.deadline).toBe(5_000_000);
    bench.give({ kind: 'down', link: 1 });
    bench.give({ kind: 'down', link: 2 });
    expect(bench.machine.deadline).toBe(NEVER);
  });

  it('tries those before itself, waits for those behind it, then tries them too', () => {
    const bench = new Bench('m');
    bench.up(1, 'lost', 'x', 'b', 'm', 'a');
    bench.give({ kind: 'down', link: 1 });
    expect(bench.until(300)).toEqual(['attach a for lost at 200']);
    bench.give({ kind: 'not-attached', lost: 'lost' });
    expect(bench.until(400)).toEqual(['attach b for lost at 300']);
    bench.give({ kind: 'not-attached', lost: 'lost' });
    expect(bench.until(1_399)).toEqual([]);
    expect(bench.until(1_400)).toEqual(['attach x for lost at 1400']);
    bench.give({ kind: 'not-attached', lost: 'lost' });
    expect(bench.until(1_900)).toEqual(['attach a for lost at 1900']);
    bench.up(7, 'a');
    bench.give({ kind: 'attached', lost: 'lost', link: 7 });
    expect([bench.until(4_000), bench.machine.lost()]).toEqual([[], ['lost']]);
  });

  it('waits when it is the first, and is content when another comes', () => {
    const bench = new Bench('a');
    bench.up(1, 'lost', 'b', 'c');
    bench.give({ kind: 'down', link: 1 });
    expect(bench.until(1_000)).toEqual([]);
    bench.up(2, 'c');
    expect(bench.until(20_000)).toEqual([]);
    bench.give({ kind: 'down', link: 2 });
    expect(bench.until(20_001)).toEqual(['attach b for lost at 20000']);
  });

  it('looks for nobody when it is attached to another neighbour of the lost one anyway', () => {
    const bench = new Bench('m');
    bench.up(1, 'lost', 'a', 'b');
    bench.up(2, 'b');
    bench.give({ kind: 'silent', link: 1 });
    expect(bench.until(30_000)).toEqual([]);
  });

  it('looks for nobody when a link comes back at once, or was ended on purpose', () => {
    const bench = new Bench('m');
    bench.up(1, 'b', 'a');
    bench.give({ kind: 'silent', link: 1 });
    bench.give({ kind: 'heard', link: 1 });
    expect(bench.until(6_000)).toEqual([]);
    expect(bench.give({ kind: 'farewell', link: 1 })).toEqual(['tell 1: ']);
    bench.give({ kind: 'down', link: 1 });
    expect([bench.until(30_000), bench.machine.lost()]).toEqual([[], []]);
  });

  it('gives a stand-in up 5 s after the lost one is back, and says so before', () => {
    const bench = new Bench('m');
    bench.up(1, 'lost', 'a');
    bench.give({ kind: 'down', link: 1 });
    bench.until(200);
    bench.up(2, 'a');
    bench.give({ kind: 'attached', lost: 'lost', link: 2 });
    bench.up(3, 'lost', 'a');
    expect(bench.until(5_199)).toEqual([]);
    expect(bench.until(5_200)).toEqual(['detach 2']);
    bench.give({ kind: 'down', link: 2 });
    expect([bench.until(30_000), bench.machine.lost()]).toEqual([[], []]);
  });

  it('remembers no more than 64 losses', () => {
    const bench = new Bench('m');
    for (let link = 0; link < 200; link += 1) {
      bench.up(link, `n${link}`, 'other');
      bench.give({ kind: 'down', link });
    }
    expect(bench.machine.lost()).toHaveLength(64);
  });

  it('survives whatever neighbours say and links do', () => {
    const link = fc.nat({ max: 3 });
    const name = fc.constantFrom('a', 'm', 'z');
    const input: fc.Arbitrary<NeighborhoodInput> = fc.oneof(
      fc.record({ kind: fc.constantFrom('up', 'silent', 'heard', 'down', 'farewell'), link }),
      fc.record({ kind: fc.constant('message'), link, bytes: fc.uint8Array({ maxLength: 40 }) }),
      fc.record({
        kind: fc.constant('message'),
        link,
        bytes: fc
          .record({ self: name, neighbors: fc.array(name, { maxLength: 3 }) })
          .map((value) => encodeBroadcastNeighbors(value)),
      }),
      fc.record({ kind: fc.constant('attached'), lost: name, link }),
      fc.record({ kind: fc.constant('not-attached'), lost: name }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(input, fc.nat({ max: 3_000 })), { maxLength: 60 }), (story) => {
        const bench = new Bench('m');
        for (const [one, pause] of story) {
          for (const said of bench.give(one)) expect(said).not.toBe('unreadable');
          for (const asked of bench.until(bench.now / 1000 + pause)) expect(asked).not.toContain('attach m');
        }
      }),
    );
  });
});
