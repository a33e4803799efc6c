import type { DemoNode } from '@ouroboros/demo';
import { Mesh } from './mesh.js';
import { ms, note, quantile } from './measure.js';
import { Site } from './site.js';
import { Sink, shaped } from './shaped.js';

jest.setTimeout(60_000);

const PINGS = 250;

let site: Site;
beforeEach(async () => void (site = await Site.open()));
afterEach(() => site.close());

/** Round trips of 160 bytes of voice, 50 a second: the delay of both ways, of which one is loaded. */
async function voice(at: DemoNode, what: string): Promise<{ p50: number; p99: number }> {
  const ran = await site.run(at, 'oping', '-n', 'echo', '-q', 'voice', '-s', '160', '-i', '20ms', '-c', String(PINGS));
  const times = [...ran.stdout.matchAll(/time=([\d.]+) ms/g)].map(([, time]) => Number(time));
  note(
    what,
    `${times.length} ${ran.stderr} ${ran.status} ${ran.stdout.slice(-400)} ${times.map((t) => t.toFixed(0)).join(' ')}`,
  );
  expect(times.length).toBeGreaterThan(0.98 * PINGS);
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
  note(`voice, ${what}: p50, p99, longest`, `${ms(p50)}, ${ms(p99)}, ${ms(Math.max(...times))}`);
  return { p50, p99 };
}

/** A flood of packets of 1,400 bytes for as long as `during` takes. */
async function beside<T>(at: DemoNode, qos: string, during: () => Promise<T>): Promise<T> {
  const flood = site.start(at, 'ocbr', '-n', 'sink', '-f', '-s', '1400', '-d', '30', '-q', qos);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  try {
    return await during();
  } finally {
    await flood.kill('SIGINT');
  }
}

it.each([
  ['starts where the link begins', ['a', 'b'], ['a-b']],
  ['is relayed to the link', ['a', 'm', 'b'], ['a-m', 'm-b']],
] as const)('voice passes bulk that %s', async (_what, names, links) => {
  const mesh = await Mesh.build(site, names, links, {}, shaped(names.length === 2 ? ['a', 'b'] : ['m'], 10_000));
  const [a, b] = [mesh.get('a'), mesh.get('b')];
  await site.serve(b, 'echo', 'net');
  const sink = await Sink.serve(site, b, 'sink');
  const idle = await voice(a, 'idle');
  for (const qos of ['raw', 'data']) {
    const loaded = await beside(a, qos, () => voice(a, `beside ${qos}`));
    const [rate] = await sink.rates(1);
    note(`the flood, ${qos}`, `${rate!.toFixed(2)} Mb/s`);
    expect(rate).toBeGreaterThan(7);
    expect(loaded.p99).toBeLessThanOrEqual(2 * idle.p99 + 20);
  }
});
