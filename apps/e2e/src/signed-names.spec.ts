import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoNode } from '@ouroboros/demo';
import { NodeClock } from '@ouroboros/node-runtime';
import { openPki, Places, type Pki } from '@ouroboros/pki';
import { ms, note } from './measure.js';
import { Mesh } from './mesh.js';
import { kill, until } from './one-node.js';
import { confDirOf, type Ran } from './programs.js';
import { Site } from './site.js';

jest.setTimeout(90_000);

/** Members state their links every second, so that a certificate that is void shows soon. */
const CONFIG = { members: 'authenticated', ls_t_update: 1, ls_t_timeo: 5 };
const NODES = ['a', 'b', 'c'] as const;

let site: Site;
let pki: Pki;
let a: DemoNode, b: DemoNode, c: DemoNode;
beforeAll(async () => {
  site = await Site.open();
  pki = await openPki(new Places(join(site.folder, 'office')), new NodeClock());
  await pki.init({ name: 'net' });
  for (const node of NODES) await pki.issue({ name: `net.${node}`, roles: ['member'], days: 1, to: confOf(node) });
  const mesh = await Mesh.build(site, NODES, ['a-b', 'b-c', 'a-c'], CONFIG);
  [a, b, c] = [mesh.get('a'), mesh.get('b'), mesh.get('c')];
  await site.serve(b, 'hello', 'net');
  await site.serve(c, 'hello', 'net');
});
afterAll(() => site.close());

const confOf = (node: string): string => confDirOf(join(site.folder, node));

const ping = (): Promise<Ran> => site.run(a, 'oping', '-n', 'hello', '-c', '2', '-i', '10ms');
const ANSWERED = { status: 0, stdout: expect.stringContaining('2 received') };

/** Members at which a node finds `hello`. */
async function servers({ irm, plan }: DemoNode): Promise<number> {
  const [asked] = (await irm.management.nameLocate('hello')).filter(({ layer }) => layer === 'net');
  const found = await irm.management.ipcpReport(`net.${plan.name}`, 'locate', { hash: asked!.key });
  return (found as { members: unknown[] }).members.length;
}

/** What the directories of all nodes refused. */
async function refused(): Promise<number> {
  const shown = await Promise.all(
    [a, b, c].map(({ irm, plan }) => irm.management.ipcpReport(`net.${plan.name}`, 'status')),
  );
  const counters = shown.map((status) => (status as { directory: Record<string, number> }).directory);
  return counters.reduce((sum, { forged, unknown, crowded }) => sum + forged! + unknown! + crowded!, 0);
}

describe('names of a layer that demands authenticated members, on real nodes', () => {
  it('are found at all members that serve one', async () => {
    await until('a finds both servers', async () => (await servers(a)) === 2);
    expect(await ping()).toMatchObject(ANSWERED);
    expect(await refused()).toBe(0);
  });

  it('are found again when the IPCP of a server was killed and is back', async () => {
    const pid = async (): Promise<number> => (await b.irm.listIpcps()).find(({ name }) => name === 'net.b')!.pid;
    const before = await pid();
    kill(before);
    await until('it has begun anew', async () => (await pid()) !== before, 10_000);
    await b.irm.waitReady({ timeoutMs: 10_000 });
    const tookMs = await until(
      'a and c find it',
      async () => (await servers(a)) === 2 && (await servers(c)) === 1,
      20_000,
    );
    note('a member that was killed is ready, and its name is found', ms(tookMs));
    expect(await ping()).toMatchObject(ANSWERED);
    expect(await refused()).toBe(0);
  });

  it('are gone at once where one is taken back, and found again when it is served again', async () => {
    await c.irm.unregName('hello', { layers: ['net'] });
    await until('a finds one', async () => (await servers(a)) === 1, 1_000);
    await c.irm.regName('hello', { layers: ['net'] });
    await until('a finds both', async () => (await servers(a)) === 2, 1_000);
    await c.irm.unregName('hello', { layers: ['net'] });
    expect(await ping()).toMatchObject(ANSWERED);
    expect(await refused()).toBe(0);
  });

  it('are gone with the certificate of their member', async () => {
    await pki.revoke({ name: 'net.b' });
    for (const node of ['a', 'c'])
      cpSync(join(site.folder, 'office/security/crl'), join(confOf(node), 'security/crl'), { recursive: true });
    const tookMs = await until('a finds none', async () => (await servers(a)) === 0, 40_000);
    note('a certificate is revoked, and the names of its member are gone', ms(tookMs));
    expect(await ping()).toMatchObject({ status: 4 });
  });
});
