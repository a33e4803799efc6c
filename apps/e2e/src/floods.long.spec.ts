import type { DemoNode } from '@ouroboros/demo';
import { Mesh } from './mesh.js';
import { note } from './measure.js';
import { Sink, shaped } from './shaped.js';
import { Site } from './site.js';

jest.setTimeout(60_000);

const KBPS = 10_000;
const SECONDS = '5';

let site: Site;
beforeEach(async () => void (site = await Site.open()));
afterEach(() => site.close());

/** Nodes a and b on one side, s on the other of what m sends at 10 Mbit/s. */
async function narrow(congestion: string): Promise<{ mesh: Mesh; sink: Sink }> {
  const mesh = await Mesh.build(site, ['m', 'a', 'b', 's'], ['m-a', 'm-b', 'm-s'], { congestion }, shaped(['m'], KBPS));
  return { mesh, sink: await Sink.serve(site, mesh.get('s'), 'sink') };
}

/** Megabits per second that floods from these nodes reach, all at once. */
async function flood(sink: Sink, from: readonly DemoNode[]): Promise<readonly number[]> {
  const floods = from.map((node) => site.run(node, 'ocbr', '-n', 'sink', '-f', '-s', '1400', '-d', SECONDS));
  const ran = await Promise.all(floods);
  expect(ran.map(({ status }) => status)).toEqual(from.map(() => 0));
  return sink.rates(from.length);
}

const told = (rates: readonly number[]): string => rates.map((rate) => rate.toFixed(2)).join(', ');

it('a flood with mb-ecn reaches 70 % of what it reaches without', async () => {
  const reached: number[] = [];
  for (const congestion of ['none', 'mb-ecn']) {
    const { mesh, sink } = await narrow(congestion);
    reached.push(...(await flood(sink, [mesh.get('a')])));
    await site.close();
    site = await Site.open();
  }
  note('Mb/s of a flood through 10 Mb/s with none, with mb-ecn', told(reached));
  expect(reached[1]! / reached[0]!).toBeGreaterThan(0.7);
});

it('two floods share the link', async () => {
  const { mesh, sink } = await narrow('mb-ecn');
  for (const [what, from] of [
    ['from two nodes', ['a', 'b']],
    ['from where it begins', ['m', 'm']],
  ] as const) {
    const rates = await flood(
      sink,
      from.map((name) => mesh.get(name)),
    );
    const [one, other] = rates as [number, number];
    note(`Mb/s of two floods ${what} through 10 Mb/s`, told(rates));
    expect(one / (one + other)).toBeGreaterThan(0.4);
    expect(one / (one + other)).toBeLessThan(0.6);
    expect(one + other).toBeGreaterThan(7);
  }
});
