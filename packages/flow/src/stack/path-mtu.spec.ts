import fc from 'fast-check';
import { MachineDriver } from '@ouroboros/machine';
import { fromMs, micros } from '@ouroboros/model';
import { SeededRandom } from '@ouroboros/simnet';
import { Path } from '../../spec/path.spec.js';
import { BASE_PACKET, PathMtu, type PathMtuInput } from './path-mtu.js';

/** The machine on a path that answers probes of at most `limit` bytes. */
class Probed {
  readonly path = new Path();
  readonly machine: PathMtu;
  readonly driver: MachineDriver<PathMtuInput, { number: number; size: number }>;
  readonly probes: number[] = [];
  readonly random: SeededRandom;
  full = false;

  constructor(
    public limit: number,
    private readonly options: { max?: number; loss?: number; delayMs?: number; seed?: number } = {},
  ) {
    this.random = new SeededRandom(options.seed ?? 1);
    this.machine = new PathMtu({ max: options.max ?? 65_532, firstNumber: 0xfffffffe });
    this.driver = new MachineDriver(this.machine, this.path.clock, ({ number, size }) => this.probe(number, size));
  }

  private probe(number: number, size: number): void {
    if (this.full) return this.driver.input({ type: 'unsent' });
    this.probes.push(size);
    const { loss = 0, delayMs = 10 } = this.options;
    if (size > this.limit || this.random.fraction() < loss) return;
    const at = micros(this.path.clock.now() + 2 * fromMs(delayMs));
    this.path.clock.at(at, () => this.driver.input({ type: 'answer', number, length: size }));
  }

  want(): void {
    this.driver.input({ type: 'wanted' });
  }

  async search(ms = 20_000): Promise<number> {
    this.want();
    await this.path.run(ms);
    return this.machine.size;
  }
}

describe('the search for the longest packet of a path', () => {
  it.each([1280, 1124, 576, 1452, 1500, 9000, 40_000, 65_532])('finds a path of %i within 8 bytes', async (limit) => {
    const probed = new Probed(limit);
    const found = await probed.search();
    expect(found).toBeLessThanOrEqual(limit);
    expect(found).toBeGreaterThan(limit - 9);
    expect(probed.machine.state).toBe('rest');
  });

  it('finds what the channel takes with one probe per likely size when nothing is in the way', async () => {
    const probed = new Probed(65_532);
    expect(await probed.search(100)).toBe(65_532);
    expect(probed.probes).toEqual([BASE_PACKET, 1400, 1500, 9000, 65_532]);
  });

  it('does not begin before somebody wants to send more', async () => {
    const probed = new Probed(1500);
    await probed.path.run(100_000);
    expect([probed.probes, probed.machine.size]).toEqual([[], BASE_PACKET]);
  });

  it('is within the path at every loss below one half, and never ends without a result', async () => {
    const cases = fc.record({ limit: fc.integer({ min: 512, max: 65_532 }), seed: fc.nat() });
    await fc.assert(
      fc.asyncProperty(cases, async ({ limit, seed }) => {
        const probed = new Probed(limit, { loss: 0.3, seed });
        for (let i = 0; i < 20; i += 1) await probed.search(10_000);
        await probed.path.run(120_000);
        expect(probed.machine.size).toBeLessThanOrEqual(limit);
        expect(probed.machine.size).toBeGreaterThanOrEqual(BASE_PACKET);
        expect(['rest', 'confirm']).toContain(probed.machine.state);
      }),
      { numRuns: 40 },
    );
  });

  it('takes no dead path for a short one: it starts when the other end answers', async () => {
    const probed = new Probed(0);
    for (let i = 0; i < 20; i += 1) await probed.search(1000);
    expect([probed.machine.size, probed.machine.state]).toEqual([BASE_PACKET, 'base']);
    probed.limit = 1280;
    for (let i = 0; i < 30; i += 1) await probed.search(1000);
    expect(probed.machine.size).toBeGreaterThan(1271);
  });

  it('stops asking a silent end when nobody wants to send more', async () => {
    const probed = new Probed(0);
    await probed.search(60_000);
    expect(probed.machine.state).toBe('rest');
    expect(probed.probes.length).toBeLessThan(10);
  });

  it('falls back within 10 s when the path becomes shorter while long packets flow, and finds the new size', async () => {
    const probed = new Probed(1400);
    await probed.search();
    probed.limit = 576;
    for (let i = 0; i < 100; i += 1) {
      probed.machine.longSent = true;
      await probed.path.run(100);
    }
    expect(probed.machine.size).toBeLessThanOrEqual(576);
    expect(await probed.search(20_000)).toBeGreaterThan(567);
  });

  it('does not probe a path over which nothing long is sent', async () => {
    const probed = new Probed(1400);
    await probed.search();
    const before = probed.probes.length;
    await probed.path.run(500_000);
    expect(probed.probes).toHaveLength(before);
  });

  it('looks for a longer path again soon, then less and less often, at last each 10 minutes', async () => {
    const probed = new Probed(600, { max: 700 });
    const searches: number[] = [];
    for (let second = 0, idle = true; second < 4000; second += 1) {
      await probed.search(1000);
      if (idle && probed.machine.state !== 'rest') searches.push(second);
      idle = probed.machine.state === 'rest';
    }
    const pauses = searches.slice(1).map((second, i) => second - searches[i]!);
    expect(pauses.length).toBeGreaterThan(8);
    expect(pauses[0]).toBeLessThan(20);
    for (const [i, pause] of pauses.entries()) expect(pause).toBeGreaterThanOrEqual(Math.min(600, 2 ** (i + 1)));
    probed.limit = 700;
    await probed.path.run(1_200_000);
    expect(await probed.search()).toBe(700);
  });

  it('believes no answer to a probe that was not sent, or of another length', async () => {
    const probed = new Probed(0);
    probed.want();
    const [size] = probed.probes;
    probed.driver.input({ type: 'answer', number: 5, length: size! });
    probed.driver.input({ type: 'answer', number: 0xffffffff, length: 65_532 });
    expect(probed.machine.state).toBe('base');
    probed.driver.input({ type: 'answer', number: 0xffffffff, length: size! });
    expect([probed.machine.state, probed.machine.size]).toEqual(['search', BASE_PACKET]);
  });

  it('waits for room in the queue without taking it for a short path', async () => {
    const probed = new Probed(65_532);
    probed.full = true;
    await probed.search(5000);
    probed.full = false;
    await probed.path.run(5000);
    expect(probed.machine.size).toBe(65_532);
  });

  it('never exceeds what the channel takes, even where that is less than the base size', async () => {
    const probed = new Probed(65_532, { max: 300 });
    expect(await probed.search()).toBe(300);
    expect(probed.probes).toEqual([]);
  });
});
