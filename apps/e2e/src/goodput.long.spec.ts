import { join } from 'node:path';
import type { JsonObject } from '@ouroboros/model';
import { buildLine, sent } from './line.js';
import { note, quantile } from './measure.js';
import { randomFile } from './random-file.js';
import { Site } from './site.js';

const MEBIBYTE = 2 ** 20;
/** Longest packet that this line carries: no segment of a textbook TCP would be longer. */
const SEGMENT = 9000;

jest.setTimeout(600_000);

/** Bits per second that ocat brings from one end of a line of three nodes to the other, encrypted. */
async function goodput(troubles: JsonObject, length: number): Promise<number> {
  const site = await Site.open();
  try {
    const [a, , b] = await buildLine(site, troubles);
    const input = join(site.folder, 'input');
    randomFile(input, length);
    const server = site.startWith({ stdout: '/dev/null' }, b, 'ocat', '-lvn', 'cat', '--layer', 'net');
    await server.says(/listening as cat/);
    const client = await sent(site, a, { stdin: input }, '-n', 'cat');
    expect([client.status, (await server.ended).status]).toEqual([0, 0]);
    return (length * 8000) / client.tookMs;
  } finally {
    await site.close();
  }
}

/** What a textbook TCP gets: MSS / RTT × √(3/2) / √p [Mathis, Semke, Mahdavi, Ott 1997]. */
const mathis = (loss: number, roundTrip: number): number => ((SEGMENT * 8) / roundTrip) * Math.sqrt(1.5 / loss);

const told = (bitsPerSecond: number): string => `${(bitsPerSecond / 1e6).toFixed(0)} Mb/s`;

it('at 0.1 % loss is at least 60 % of the loss-free', async () => {
  const ratios: number[] = [];
  for (let pair = 1; pair <= 3; pair += 1) {
    const clean = await goodput({}, 256 * MEBIBYTE);
    const lossy = await goodput({ loss: '0.1', seed: String(pair) }, 256 * MEBIBYTE);
    note(`256 MiB over three nodes, 0 and 0.1 % loss`, `${told(clean)}, ${told(lossy)}`);
    ratios.push(lossy / clean);
  }
  expect(quantile(ratios, 0.5)).toBeGreaterThan(0.6);
});

it('at 1 % loss and 20 ms round trip is at least that of a textbook TCP', async () => {
  const measured = await goodput({ loss: '1', delay_ms: '10', seed: '1' }, 64 * MEBIBYTE);
  note('64 MiB over three nodes, 1 % loss, 20 ms', `${told(measured)}; Mathis ${told(mathis(0.01, 0.02))}`);
  expect(measured).toBeGreaterThan(mathis(0.01, 0.02));
});
