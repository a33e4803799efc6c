import { createHash } from 'node:crypto';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buildLine, sent } from './line.js';
import { ms, note } from './measure.js';
import { randomFile } from './random-file.js';
import { Site } from './site.js';

const LENGTH = 2 ** 30;
/** Of what the middle node sends. */
const TROUBLES = { loss: '5', duplicate: '5', reorder: '5', seed: '11' };

jest.setTimeout(600_000);

let site: Site;
beforeEach(async () => void (site = await Site.open()));
afterEach(() => site.close());

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

describe('1 GiB through ocat over three nodes, of whose packets 5 % are lost, 5 % doubled and 5 % out of order', () => {
  it.each([
    ['encrypted', 'offer', /, encrypted with /],
    ['plain', 'off', /, plain/],
  ])('arrives whole, %s', async (_how, encryption, told) => {
    const [config, input, output] = ['irmd.toml', 'input', 'output'].map((file) => join(site.folder, file)) as [
      string,
      string,
      string,
    ];
    writeFileSync(config, `[irmd]\nencryption = "${encryption}"\n`);
    const [a, , b] = await buildLine(site, TROUBLES, config);
    const digest = randomFile(input, LENGTH);
    const server = site.startWith({ stdout: output }, b, 'ocat', '-lvn', 'cat', '--layer', 'net');
    await server.says(/listening as cat/);
    const client = await sent(site, a, { stdin: input }, '-vn', 'cat');
    const rate = (LENGTH * 8) / client.tookMs / 1000;
    note(`1 GiB through ocat, ${encryption}`, `${ms(client.tookMs)}, ${rate.toFixed(0)} Mb/s`);
    expect([client.status, (await server.ended).status]).toEqual([0, 0]);
    expect(client.stderr).toMatch(told);
    expect(await digestOf(output)).toBe(digest);
  });
});
