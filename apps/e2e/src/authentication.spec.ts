import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoNode } from '@ouroboros/demo';
import { openPki, Places, type Pki } from '@ouroboros/pki';
import type { CredentialRole } from '@ouroboros/ports';
import { confDirOf, type Ran } from './programs.js';
import { logLines, Site } from './site.js';

const DAY_MS = 86_400_000;
/** Exit status of a refusal for want of proof. */
const UNPROVEN = 6;

/** Names that the far node serves: the caller demands a certificate, the server does, the caller demands encryption. */
const PROVED = 'proved';
const GUARDED = 'guarded';
const SEALED = 'sealed';

jest.setTimeout(60_000);

let site: Site;
let near: DemoNode;
let far: DemoNode;
/** Two authorities on hosts of their own. */
let lab: Pki;
let other: Pki;

/** The authority as it works at another time. */
const pkiAt = (name: string, ageMs = 0): Promise<Pki> =>
  openPki(new Places(join(site.folder, name)), {
    now: () => 0 as never,
    wallNanos: () => BigInt(Date.now() - ageMs) * 1_000_000n,
    at: () => () => undefined,
  });

const security = (node: DemoNode): string => join(confDirOf(node.plan.runtimeDir), 'security');

/** Copies what an authority's host publishes: its certificate and its revocation list. */
function trust(node: DemoNode, name: string): void {
  for (const kind of ['cacert', 'crl']) {
    cpSync(join(site.folder, name, 'security', kind), join(security(node), kind), { recursive: true });
  }
}

const folderOf = (node: DemoNode, role: CredentialRole, name: string): string => join(security(node), role, name);

const bare = (node: DemoNode, role: CredentialRole, name: string): void =>
  rmSync(folderOf(node, role, name), { recursive: true, force: true });

interface Shown {
  readonly by: Pki;
  readonly commonName: string;
  readonly days?: number;
}

/** What the far node shows as the server of PROVED. */
async function serverShows({ by, commonName, days = 30 }: Shown): Promise<void> {
  const to = mkdtempSync(join(site.folder, 'carried-'));
  await by.issue({ name: commonName, roles: ['server'], days, to });
  bare(far, 'server', PROVED);
  cpSync(join(to, 'security', 'server', commonName), folderOf(far, 'server', PROVED), { recursive: true });
}

/** What the near node shows as a client of GUARDED. */
async function clientShows({ by, commonName, days = 30 }: Shown): Promise<void> {
  const to = mkdtempSync(join(site.folder, 'carried-'));
  await by.issue({ name: GUARDED, as: commonName, roles: ['client'], days, to });
  bare(near, 'client', GUARDED);
  cpSync(join(to, 'security', 'client', GUARDED), folderOf(near, 'client', GUARDED), { recursive: true });
}

const call = (name: string): Promise<Ran> => site.run(near, 'oping', '-n', name, '-c', '2', '-i', '10ms');

/** What irmd of a node logged of certificates. */
const refusals = (node: DemoNode): string =>
  logLines(node)
    .map((line) => JSON.stringify(line))
    .filter((line) => line.includes('certificate'))
    .join('\n');

/** A layer over UDP; each node trusts the first authority. */
beforeAll(async () => {
  site = await Site.open();
  [lab, other] = [await pkiAt('lab'), await pkiAt('other')];
  await lab.init({ name: 'lab' });
  await other.init({ name: 'other' });
  [near, far] = [await site.node('near', '127.0.0.1'), await site.node('far', '127.0.0.2')];
  const hosts = [PROVED, GUARDED, SEALED].map((name) => `${name}=${far.plan.address}`).join(',');
  for (const node of [near, far]) {
    const udp = { ip: node.plan.address, port: String(site.port), hosts };
    await node.irm.bootstrapIpcp({ name: 'wire', type: 'udp4', layer: 'wire', config: udp });
    trust(node, 'lab');
  }
  await near.irm.createName(PROVED, { security: { authentication: 'require' } });
  await far.irm.createName(GUARDED, { security: { authentication: 'require' } });
  await near.irm.createName(SEALED, { security: { encryption: 'require' } });
  await far.irm.createName(SEALED, { security: { encryption: 'off' } });
  for (const name of [PROVED, GUARDED, SEALED]) await site.serve(far, name, 'wire');
});
afterAll(() => site.close());

describe('a caller that demands a certificate', () => {
  it('gets its flow from who shows one, and sees whose it is', async () => {
    await serverShows({ by: lab, commonName: PROVED });
    const flow = await site.flows(near).alloc(PROVED);
    const { flows } = (await site.irmJson(near, 'flow', 'list')) as { flows: { peer: string }[] };
    expect(flows).toEqual([expect.objectContaining({ peer: PROVED })]);
    await flow.dealloc();
    expect(await call(PROVED)).toMatchObject({ status: 0 });
  });

  it.each<[string, () => void | Promise<void>, RegExp]>([
    ['shows none', () => bare(far, 'server', PROVED), /shows no certificate/],
    ['shows one that nobody vouches for', () => serverShows({ by: other, commonName: PROVED }), /trust/],
    ['shows that of another name', () => serverShows({ by: lab, commonName: 'another' }), /another/],
    [
      'shows one that has expired',
      async () => serverShows({ by: await pkiAt('lab', 40 * DAY_MS), commonName: PROVED }),
      /expired on .*, (9|10) d .* ago by this host's clock/,
    ],
    [
      'shows one that is not yet valid',
      async () => serverShows({ by: await pkiAt('lab', -40 * DAY_MS), commonName: PROVED }),
      /valid from .*, (39|40) d .* from now/,
    ],
  ])('refuses who %s, with the reason and exit status 6', async (_what, prepare, reason) => {
    await prepare();
    const ran = await call(PROVED);
    expect(ran.stderr).toMatch(reason);
    expect(ran.status).toBe(UNPROVEN);
    expect(refusals(near)).toMatch(reason);
  });

  it('refuses one that was revoked as soon as the list is there, and keeps the flows that are up', async () => {
    await serverShows({ by: lab, commonName: PROVED });
    const flow = await site.flows(near).alloc(PROVED);
    await lab.revoke({ name: PROVED });
    trust(near, 'lab');
    const ran = await call(PROVED);
    expect(ran.stderr).toContain('revoked');
    expect(ran.status).toBe(UNPROVEN);
    expect(flow.down).toBeNull();
    await flow.dealloc();
    await serverShows({ by: lab, commonName: PROVED });
    expect(await call(PROVED)).toMatchObject({ status: 0 });
  });

  it('believes two authorities at once', async () => {
    trust(near, 'other');
    for (const by of [other, lab]) {
      await serverShows({ by, commonName: PROVED });
      expect(await call(PROVED)).toMatchObject({ status: 0 });
    }
    for (const kind of ['cacert', 'crl']) rmSync(join(security(near), kind, 'other.pem'));
  });
});

describe('a server that demands a certificate', () => {
  it('takes a caller that shows one', async () => {
    await clientShows({ by: lab, commonName: 'alice' });
    expect(await call(GUARDED)).toMatchObject({ status: 0 });
  });

  it.each<[string, () => void | Promise<void>, RegExp, string]>([
    ['shows none', () => bare(near, 'client', GUARDED), /certificate/, 'certificate'],
    ['shows one that nobody vouches for', () => clientShows({ by: other, commonName: 'bob' }), /trust/, 'bob'],
    [
      'shows one that has expired',
      async () => clientShows({ by: await pkiAt('lab', 40 * DAY_MS), commonName: 'carol' }),
      /expired on .*, (9|10) d .* ago by this host's clock/,
      'carol',
    ],
    [
      'shows one that was revoked',
      async () => {
        await clientShows({ by: lab, commonName: 'dave' });
        await lab.revoke({ name: 'dave' });
        trust(far, 'lab');
      },
      /revoked/,
      'dave',
    ],
  ])('refuses who %s: the caller gets exit status 6 and the reason, the log here the certificate', async (...row) => {
    const [, prepare, reason, named] = row;
    await prepare();
    const ran = await call(GUARDED);
    expect(ran.stderr).toMatch(reason);
    expect(ran.status).toBe(UNPROVEN);
    expect(refusals(far)).toMatch(reason);
    expect(refusals(far)).toContain(named);
  });
});

it('a caller that demands encryption gets no plain flow instead', async () => {
  const ran = await call(SEALED);
  expect(ran.stderr).toMatch(/encrypt/);
  expect(ran.status).toBe(UNPROVEN);
});
