import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OneNode } from './one-node.js';

jest.setTimeout(60_000);

let node: OneNode;
beforeEach(() => void (node = new OneNode()));
afterEach(() => node.destroy());

const configuration = (settings: string): string => `[irmd]\n${settings}\n[local.l0]\nbootstrap = "loop"\n`;

/** A file of random bytes on the node, and its digest. */
function randomFile(length: number): { path: string; digest: string } {
  const path = join(node.dir, 'input');
  const bytes = randomBytes(length);
  writeFileSync(path, bytes);
  return { path, digest: createHash('sha256').update(bytes).digest('hex') };
}

const digestOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

interface Summary {
  sentBytes: number;
  receivedBytes: number;
  complete: boolean;
  layer: string;
}

/** The object that `--json` printed. */
const summaryOf = (stderr: string): Summary => JSON.parse(stderr.trim().split('\n').at(-1)!) as Summary;

describe('ocat', () => {
  it.each([
    ['directly', '', []],
    ['through a layer', 'direct_flows = false', ['--layer', 'loop']],
  ])('carries a file %s, and both sides know that every byte arrived', async (_how, setting, layer) => {
    await node.up(configuration(setting));
    const input = randomFile(4_000_000);
    const output = join(node.dir, 'output');
    const server = node.startWith({ stdout: output }, 'ocat', '-lvn', 'cat', '--json', ...layer);
    await server.says(/listening as cat/);
    const client = await node.startWith({ stdin: input.path }, 'ocat', '-n', 'cat', '--json').ended;
    const served = await server.ended;
    expect([client.status, served.status]).toEqual([0, 0]);
    expect(digestOf(output)).toBe(input.digest);
    expect(summaryOf(client.stderr)).toMatchObject({ sentBytes: 4_000_000, receivedBytes: 0, complete: true });
    expect(summaryOf(served.stderr)).toMatchObject({ receivedBytes: 4_000_000, layer: layer[1] ?? '' });
    // It was served for one flow only.
    const later = await node.run('ocat', '-n', 'cat', '-w', '2s');
    expect(later.status).toBeGreaterThanOrEqual(4);
    expect(await node.irm.management.nameList()).toEqual([expect.objectContaining({ name: 'cat', registered: [] })]);
  });

  it('exits 1 when bytes may be missing: the other side was killed', async () => {
    await node.up(configuration(''));
    const input = randomFile(100_000);
    const server = node.startWith({ stdin: '/dev/zero', stdout: '/dev/null' }, 'ocat', '-lvn', 'cat');
    await server.says(/listening as cat/);
    const client = node.startWith({ stdin: input.path, stdout: '/dev/null' }, 'ocat', '-vn', 'cat');
    await client.says(/flow \d+ for cat/);
    await server.kill('SIGKILL');
    expect(await client.ended).toMatchObject({ status: 1, stderr: expect.stringContaining('bytes may be missing') });
  });

  it('exits 1 and says why when nobody can tell: the QoS loses packets', async () => {
    await node.up(configuration(''));
    const server = node.start('ocat', '-lvn', 'cat');
    await server.says(/listening as cat/);
    const input = join(node.dir, 'input');
    writeFileSync(input, 'hello');
    const client = await node.startWith({ stdin: input }, 'ocat', '-q', 'raw', '-n', 'cat').ended;
    expect(client).toMatchObject({ status: 1, stderr: expect.stringContaining('nobody can tell') });
    expect(await server.ended).toMatchObject({ status: 1, stdout: 'hello' });
  });

  it('says what is wrong, with the exit statuses of all tools', async () => {
    const without = await node.run('ocat', '-n', 'cat');
    await node.up(configuration(''));
    const unknown = await node.run('ocat', '-n', 'nobody');
    const late = await node.run('ocat', '-ln', 'cat', '-w', '100ms');
    const usage = await node.run('ocat');
    const noLayer = await node.run('ocat', '-ln', 'cat', '--layer', 'nowhere');
    const help = await node.run('ocat', '--help');
    expect([without, unknown, late, usage, noLayer, help].map(({ status }) => status)).toEqual([3, 4, 5, 2, 4, 0]);
    expect(unknown.stderr).toContain('nobody');
    expect(noLayer.stderr).toContain('nowhere');
    expect(help.stdout).toContain('Exit status');
  });
});
