import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCrypto, NodeHash } from '@ouroboros/crypto';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import { Irm } from '@ouroboros/irm';
import { micros, QOS_RAW, type JsonObject } from '@ouroboros/model';
import { FileCredentialStore, openPki, Places, type Pki } from '@ouroboros/pki';
import type { CryptoSuite } from '@ouroboros/ports';
import { Simulation, simType, type SimNode } from '@ouroboros/simnet';
import { UnicastNetwork, type NetworkMember } from './unicast-network.js';

/** Reads of files that are under way: virtual time stands still for them. */
let reading = 0;
async function settle(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (reading > 0);
}

/** The certificates of a node. */
class Credentials extends FileCredentialStore {
  override async load(...args: Parameters<FileCredentialStore['load']>): ReturnType<FileCredentialStore['load']> {
    reading += 1;
    try {
      return await super.load(...args);
    } finally {
      reading -= 1;
    }
  }
}

const types = [simType(udp4Type({} as DynamicDns)), simType(unicastType)];
const SIZE = 3;
const EVIL = '10.9.9.9';
const UNUSED = { findProgram: async (program: string) => program, close: () => undefined };

let crypto: CryptoSuite;
let dir: string;
let net: UnicastNetwork;
let lab: Pki, stranger: Pki, earlier: Pki;
beforeAll(async () => void (crypto = await loadCrypto()));
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'o7members-'));
  const security = (node: string) => ({ crypto, credentials: new Credentials(placesOf(node)) });
  const options = { settle, hash: new NodeHash(), types, security, crypto: loadCrypto, logLevel: 'error' as const };
  const sim = new Simulation({ seed: 1, ...options });
  net = new UnicastNetwork(sim, { size: SIZE, extraLinks: 0, through: [0, 1], config: { members: 'authenticated' } });
  lab = await openPki(new Places(join(dir, 'lab')), sim.clock);
  stranger = await openPki(new Places(join(dir, 'stranger')), sim.clock);
  const twoDaysAgo = { ...NO_CLOCK, wallNanos: () => sim.clock.wallNanos() - 172_800_000_000_000n };
  earlier = await openPki(new Places(join(dir, 'lab')), twoDaysAgo);
  for (const pki of [lab, stranger]) await pki.init({ name: 'net' });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const NO_CLOCK = { now: () => micros(0), at: () => () => undefined };

const placesOf = (node: string): Places => new Places(join(dir, node));

/** A certificate for a member on a node. */
const certify = (node: string, name: string, pki = lab, days = 1): Promise<unknown> =>
  pki.issue({ name, roles: ['member'], to: join(dir, node), days });

/** The layer: n0 - n1 - n2, each with its certificate. */
async function build(): Promise<void> {
  for (let i = 0; i < SIZE; i += 1) await certify(`n${i}`, `u${i}`);
  await net.sim.resolve(net.build());
  await net.sim.run(2000);
}

/** A host that reaches all members, and would be one. */
async function evilHost(name = 'evil'): Promise<SimNode> {
  const node = net.sim.node('evil', EVIL);
  // It believes whom its members believe, so that nothing fails at its own end.
  cpSync(join(dir, 'lab/security/cacert'), join(dir, 'evil/security/cacert'), { recursive: true });
  const hosts = [0, 1, 2].map((i) => `u${i}=10.0.0.${i + 1}`).join(',');
  await net.sim.resolve(node.irm.ipcpCreate({ name: 'e', type: 'udp4', restart: 'never' }));
  const config = { ip: EVIL, hosts };
  await net.sim.resolve(node.irm.ipcpBootstrap({ name: 'e', layer: 'udp', config, autobind: false }));
  await net.sim.resolve(node.irm.ipcpCreate({ name, type: 'unicast', restart: 'never' }));
  return node;
}

const enroll = (node: SimNode, name: string, dst = 'u1') =>
  net.sim.resolve(node.irm.ipcpEnroll({ name, dst, layer: 'net', config: {}, autobind: true }));

/** What the members know of the layer. */
const knownTo = async (i: number): Promise<string> => {
  const { node, unicast } = net.members[i]!;
  const reports = ['routes', 'neighbors', 'directory'].map((topic) => node.irm.ipcpReport(unicast, topic));
  const [routes, neighbors, directory] = (await net.sim.resolve(Promise.all(reports))) as JsonObject[][];
  const names = directory!.filter(({ entry }) => entry !== 'contact').length;
  return JSON.stringify([routes, neighbors!.map(({ neighbor, component }) => [neighbor, component]), names]);
};

/** Values that the directory of a member refused, by the reason. */
async function refusedBy(i: number): Promise<readonly unknown[]> {
  const { node, unicast } = net.members[i]!;
  const status = (await net.sim.resolve(node.irm.ipcpReport(unicast, 'status'))) as JsonObject;
  const directory = status['directory'] as JsonObject;
  return ['forged', 'stale', 'unknown', 'crowded'].map((reason) => directory[reason]);
}

/** Whether u1 finds a name. */
async function locate(name: string): Promise<string> {
  const found = await net.sim.resolve(net.members[1]!.node.irm.nameLocate(name));
  return found.find(({ ipcp }) => ipcp === 'u1')!.answer;
}

describe('a layer that demands authenticated members', () => {
  it('works as any other for those that have a certificate', async () => {
    await build();
    expect(await net.sim.resolve(net.wrongRoutes())).toEqual([]);
    for (const { node } of net.members) {
      for (const name of ['s0', 's1', 's2']) await net.sim.resolve(node.app().alloc(name));
    }
    const flows = await net.sim.resolve(net.members[1]!.node.irm.flowList());
    const peers = flows.filter(({ layer }) => layer === 'udp').map(({ peer }) => peer);
    expect([...new Set(peers)].sort()).toEqual(['u0', 'u2']);
    const status = await net.sim.resolve(net.members[2]!.node.irm.ipcpReport('u2', 'status'));
    expect(status).toMatchObject({ members: 'authenticated' });
  });

  it('believes all names of its members, of one that several serve, and of one that is taken back', async () => {
    await build();
    await net.sim.resolve(net.serve(0, 'shared'));
    await net.sim.resolve(net.serve(2, 'shared'));
    await net.sim.run(200_000);
    expect([await locate('shared'), await locate('s0'), await locate('s2')]).toEqual(['has', 'has', 'has']);
    await net.sim.resolve(net.members[2]!.node.irm.nameUnregister('s2', 'u2'));
    await net.sim.run(100);
    expect([await locate('shared'), await locate('s2')]).toEqual(['has', 'has-not']);
    for (let i = 0; i < SIZE; i += 1) expect(await refusedBy(i)).toEqual([0, 0, 0, 0]);
  });

  it('notices links that end, and heals', async () => {
    await build();
    await net.sim.resolve(net.connect(0, 2));
    await net.sim.run(1000);
    expect(await net.sim.resolve(net.wrongRoutes())).toEqual([]);
    net.sim.links.cut('10.0.0.1', '10.0.0.2');
    await net.sim.run(3000);
    expect(await net.sim.resolve(net.wrongRoutes())).toEqual([]);
    await net.sim.resolve(net.members[1]!.node.app().alloc('s0'));
    net.sim.links.heal('10.0.0.1', '10.0.0.2');
    await net.sim.run(5000);
    expect(await net.sim.resolve(net.wrongRoutes())).toEqual([]);
  });

  it('is told of to nobody in a layer above that lets anybody in', async () => {
    await build();
    const { sim, members } = net;
    for (const [i, { node, unicast }] of members.entries()) {
      const [name, layer, dst] = [`o${i}`, 'over', `o${i - 1}`];
      await sim.resolve(node.irm.ipcpCreate({ name, type: 'unicast', restart: 'never' }));
      if (i === 0) await sim.resolve(node.irm.ipcpBootstrap({ name, layer, config: {}, autobind: true }));
      else await sim.resolve(node.irm.ipcpEnroll({ name, dst, layer, config: {}, autobind: true }));
      await sim.resolve(node.irm.nameRegister(name, unicast));
      for (const component of i === 0 ? [] : (['Management', 'Data Transfer'] as const))
        await sim.resolve(node.irm.ipcpConnect({ name, dst, component, qos: QOS_RAW }));
      await sim.run(1_000);
    }
    const [{ node: first }, , { node: last }] = members as [NetworkMember, NetworkMember, NetworkMember];
    (await sim.resolve(last.server('top'))).echo();
    await sim.resolve(last.irm.nameRegister('top', 'o2'));
    const traced = (name: string) =>
      sim.resolve(new Irm({ ...UNUSED, management: first.irm, clock: sim.clock }).traceName(name, 0, true));
    const below = async (name: string): Promise<unknown[]> =>
      (await traced(name)).ways[0]!.steps.map(({ hop }) => hop?.below?.layer);
    // Of its own link every host may know all; in the layer itself its members tell.
    expect(await below('top')).toEqual(['net', undefined, undefined]);
    expect(await below('s2')).toEqual(['udp', 'udp', undefined]);
  });

  it('is begun by nobody who has none, and says what to do', async () => {
    const node = await evilHost();
    const config = { members: 'authenticated' };
    await expect(
      net.sim.resolve(node.irm.ipcpBootstrap({ name: 'evil', layer: 'net', config, autobind: true })),
    ).rejects.toMatchObject({ code: 'EAUTH', message: expect.stringContaining('irm pki issue evil member') });
  });

  const LACKS: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['has no certificate', async () => undefined],
    ['has one of an authority that nobody believes', () => certify('evil', 'evil', stranger)],
    ['has one that expired', () => certify('evil', 'evil', earlier)],
    [
      'has one that was revoked',
      async () => {
        await certify('evil', 'evil');
        await lab.revoke({ name: 'evil' });
        for (let i = 0; i < SIZE; i += 1)
          cpSync(join(dir, 'lab/security/crl'), join(dir, `n${i}/security/crl`), { recursive: true });
      },
    ],
    [
      'has that of the server of a name',
      () => lab.issue({ name: 'evil', roles: ['server'], to: join(dir, 'evil'), days: 1 }),
    ],
  ];
  it.each(LACKS)('lets nobody in who %s, and nothing changes for its members', async (_, given) => {
    await build();
    await given();
    await net.sim.run(30_000);
    const before = await Promise.all([0, 1, 2].map(knownTo));
    const node = await evilHost();
    for (const dst of ['u0', 'u1', 'u2']) {
      await expect(enroll(node, 'evil', dst)).rejects.toMatchObject({ code: expect.stringMatching(/EAUTH|EREFUSED/) });
    }
    expect(await Promise.all([0, 1, 2].map(knownTo))).toEqual(before);
    for (const { node: member } of net.members) await net.sim.resolve(member.app().alloc('s2'));
  });

  it('lets nobody connect who begins a layer of the same name by himself, and so neither links nor names get in', async () => {
    await build();
    const before = await Promise.all([0, 1, 2].map(knownTo));
    const node = await evilHost();
    await net.sim.resolve(node.irm.ipcpBootstrap({ name: 'evil', layer: 'net', config: {}, autobind: true }));
    await net.sim.resolve(node.server('s2').then((app) => app.echo()));
    await net.sim.resolve(node.irm.nameRegister('s2', 'evil'));
    for (const component of ['Management', 'Data Transfer'] as const) {
      for (const dst of ['u0', 'u1', 'u2']) {
        const connected = net.sim.resolve(node.irm.ipcpConnect({ name: 'evil', dst, component, qos: QOS_RAW }));
        await expect(connected).rejects.toMatchObject({ code: 'EIPCP' });
      }
    }
    await net.sim.run(20_000);
    expect(await Promise.all([0, 1, 2].map(knownTo))).toEqual(before);
    expect(await net.sim.resolve(net.wrongRoutes())).toEqual([]);
  });

  it('parts with a member whose certificate is revoked, and takes it back with a new one', async () => {
    await build();
    await lab.revoke({ name: 'u2' });
    const tellAll = (): void => {
      for (const i of [0, 1])
        cpSync(join(dir, 'lab/security/crl'), join(dir, `n${i}/security/crl`), { recursive: true });
    };
    tellAll();
    await net.sim.run(40_000);
    const neighbors = async (): Promise<number> => {
      const { node, unicast } = net.members[1]!;
      return ((await net.sim.resolve(node.irm.ipcpReport(unicast, 'neighbors'))) as JsonObject[]).length;
    };
    expect(await neighbors()).toBe(2);
    await expect(net.sim.resolve(net.members[2]!.node.app().alloc('s0'))).rejects.toMatchObject({
      code: expect.any(String),
    });
    await net.sim.run(60_000);
    expect([await locate('s0'), await locate('s2')]).toEqual(['has', 'has-not']);
    rmSync(join(dir, 'n2/security/member'), { recursive: true });
    await certify('n2', 'u2');
    await net.sim.run(60_000);
    expect(await neighbors()).toBe(4);
    await net.sim.resolve(net.members[2]!.node.app().alloc('s0'));
  });

  it('lets nobody in as a member of another name', async () => {
    await build();
    await certify('evil', 'evil');
    const node = await evilHost('u9');
    await expect(enroll(node, 'u9')).rejects.toMatchObject({ code: 'EAUTH' });
  });

  it('lets in who gets a certificate later', async () => {
    await build();
    const node = await evilHost('u9');
    await expect(enroll(node, 'u9')).rejects.toMatchObject({ code: 'EAUTH' });
    await certify('evil', 'u9');
    await enroll(node, 'u9');
    for (const component of ['Management', 'Data Transfer'] as const) {
      await net.sim.resolve(node.irm.ipcpConnect({ name: 'u9', dst: 'u1', component, qos: QOS_RAW }));
    }
    await net.sim.run(2000);
    await net.sim.resolve(node.app().alloc('s2'));
  });
});
