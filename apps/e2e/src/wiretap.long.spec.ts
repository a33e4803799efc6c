import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoNode } from '@ouroboros/demo';
import { buildLine, sent, type Line, type Seen } from './line.js';
import { note } from './measure.js';
import { Site } from './site.js';
import { blocksFound, Wiretap } from './wiretap.js';

jest.setTimeout(60_000);

const MARK = 'Whoever reads this on the way has broken it.\n';
/** 1 MiB that is found nowhere by chance. */
const payload = (): Buffer => Buffer.concat([Buffer.from(MARK), randomBytes(2 ** 20), Buffer.from(MARK)]);

let site: Site;
let taps: Wiretap[];
beforeEach(async () => {
  site = await Site.open();
  taps = await Promise.all([
    Wiretap.open(site.port, ['127.0.0.1', '127.0.0.2'], ['127.0.1.1', '127.0.1.2']),
    Wiretap.open(site.port, ['127.0.0.2', '127.0.0.3'], ['127.0.2.2', '127.0.2.3']),
  ]);
});
afterEach(async () => {
  await site.close();
  await Promise.all(taps.map((tap) => tap.close()));
});

const SEEN: Readonly<Record<string, string>> = {
  'a m': '127.0.1.2',
  'm a': '127.0.1.1',
  'm b': '127.0.2.3',
  'b m': '127.0.2.2',
};
/** Neighbours know each other by the taps between them, a and b not at all. */
const throughTaps: Seen = (by, other) => SEEN[`${by.plan.name} ${other.plan.name}`];

/** A line whose nodes have this setting for encryption. */
function line(encryption: string): Promise<Line> {
  const config = join(site.folder, 'irmd.toml');
  writeFileSync(config, `[irmd]\nencryption = "${encryption}"\n`);
  return buildLine(site, {}, config, throughTaps);
}

/** Sends 1 MiB each way by ocat; answers how many of its blocks of 16 bytes were seen on each of the links. */
async function seenOfFlow([a, , b]: Line, name: string, told: RegExp): Promise<number[]> {
  const [there, back] = [payload(), payload()];
  const files = ['there', 'back', 'arrived', 'returned'].map((file) => join(site.folder, file));
  const [toSend, toReturn, arrived, returned] = files as [string, string, string, string];
  writeFileSync(toSend, there);
  writeFileSync(toReturn, back);
  for (const tap of taps) tap.captured.length = 0;
  const server = site.startWith({ stdin: toReturn, stdout: arrived }, b, 'ocat', '-lvn', name, '--layer', 'net');
  await server.says(/listening as/);
  const client = await sent(site, a, { stdin: toSend, stdout: returned }, '-vn', name);
  expect([client.status, (await server.ended).status]).toEqual([0, 0]);
  expect(client.stderr).toMatch(told);
  expect([readFileSync(arrived), readFileSync(returned)].map((bytes, i) => bytes.equals([there, back][i]!))).toEqual([
    true,
    true,
  ]);
  const packets = taps.map(({ captured }) => captured);
  note(`packets seen on the links, ${name}`, packets.map(({ length }) => length).join(' and '));
  return packets.map((seen) => blocksFound(Buffer.concat([there, back]), seen));
}

const demand = ([a, , b]: Line, name: string): Promise<unknown> =>
  Promise.all([a, b].map(({ irm }: DemoNode) => irm.createName(name, { security: { encryption: 'require' } })));

/** Blocks in both payloads; a packet may end within one. */
const MANY = 2 * (2 ** 20 / 16) * 0.9;

describe('whoever listens on all links of a line', () => {
  it('sees nothing of what is sent, where nobody has configured anything', async () => {
    expect(await seenOfFlow(await line('offer'), 'letters', /, encrypted with /)).toEqual([0, 0]);
  });

  it('and the node in the middle see nothing of an encrypted flow, and all of a plain one', async () => {
    const plain = await line('off');
    await demand(plain, 'letters');
    expect(await seenOfFlow(plain, 'letters', /, encrypted with /)).toEqual([0, 0]);
    const seen = await seenOfFlow(plain, 'postcards', /, plain/);
    expect(Math.min(...seen)).toBeGreaterThan(MANY);
  });
});
