import { OuroborosError } from '@ouroboros/model';
import type { NameLocation } from '@ouroboros/ports';
import { Irm, MemoryManagement } from './index.js';

const CLOCK = {
  now: () => 0 as never,
  wallNanos: () => 0n,
  at: (_: unknown, run: () => void) => (run(), () => undefined),
};

async function node(): Promise<{ management: MemoryManagement; irm: Irm }> {
  const management = new MemoryManagement();
  const irm = new Irm({
    management,
    clock: CLOCK,
    findProgram: (program) => Promise.resolve(program),
    close: () => undefined,
  });
  await irm.bootstrapIpcp({ name: 'udp', type: 'udp4', layer: 'wire' });
  await irm.bootstrapIpcp({ name: 'net.a', type: 'unicast', layer: 'net' });
  await irm.regName('hello', { layers: ['net'] });
  const only =
    (type: string, report: unknown) =>
    (ipcp: { readonly type: string }): never => {
      if (ipcp.type !== type) throw new OuroborosError('EINVAL', 'no such report', { field: 'topic' });
      return report as never;
    };
  management.reports.set('routes', only('unicast', [{ destination: '2' }, { destination: '3' }]));
  const link = { address: '2', component: 'Management', state: 'up' };
  management.reports.set('neighbors', only('unicast', [link, { ...link, component: 'Data Transfer' }]));
  management.reports.set('lostLinks', only('unicast', [{ address: '3', connectedTo: 'net.c' }]));
  const members = [
    { address: '1', name: 'net.a' },
    { address: '2', name: '' },
  ];
  management.reports.set('graph', only('unicast', { self: '1', members, links: [['1', '2']] }));
  return { management, irm };
}

describe('An overview', () => {
  it('has a row for each layer, shims first, with null for what a type does not know', async () => {
    const { layers } = await (await node()).irm.overview();
    expect(layers).toEqual([
      {
        layer: 'wire',
        rank: 0,
        type: 'udp4',
        ipcps: ['udp'],
        members: null,
        links: null,
        names: 0,
        flows: 0,
        state: 'operational',
      },
      {
        ...{ layer: 'net', rank: 10, type: 'unicast', ipcps: ['net.a'], members: 3, links: { up: 1, down: 1 } },
        ...{ names: 1, flows: 0, state: 'operational' },
      },
    ]);
  });

  it('comes again and again, until nobody wants it', async () => {
    const stop = new AbortController();
    let seen = 0;
    for await (const { layers } of (await node()).irm.overviews(10, stop.signal)) {
      expect(layers).toHaveLength(2);
      if ((seen += 1) === 3) stop.abort();
    }
    expect(seen).toBe(3);
  });
});

describe('The graph of a layer', () => {
  it('is that of one layer, or of all that have one', async () => {
    const { irm } = await node();
    expect(await irm.layerGraphs()).toMatchObject([{ layer: 'net', ipcp: 'net.a', self: '1', links: [['1', '2']] }]);
    expect(await irm.layerGraphs('net')).toHaveLength(1);
    await expect(irm.layerGraphs('wire')).rejects.toMatchObject({ code: 'ENOTSUP', field: 'layer' });
    await expect(irm.layerGraphs('nix')).rejects.toMatchObject({ code: 'ENAME', field: 'layer' });
  });
});

describe('A trace', () => {
  const at = (layer: string, ipcp: string): NameLocation => ({
    ...{ ipcp, type: 'unicast', layer, rank: 10, answer: 'has', tookMs: 1, text: '', key: `key of ${layer}` },
  });
  const hop = { next: '2', lowerLayer: 'wire', longest: 1400, waiting: 0, linkCube: 0, below: null } as const;
  const steps = [
    { address: '1', name: 'net.a', answered: true, roundTripMs: 0, hop },
    { address: '2', name: 'net.b', answered: true, roundTripMs: 1, hop: null },
  ];

  it('asks the layer that has the name, and with what is below so many ranks', async () => {
    const { management, irm } = await node();
    management.locations.set('hello', [{ ...at('wire', 'udp'), answer: 'has-not' }, at('net', 'net.a')]);
    management.reports.set('trace', () => ({ members: [{ address: '2', reached: true, steps }] }) as never);
    const plain = await irm.traceName('hello', 2);
    expect(plain).toMatchObject({ layer: 'net', cube: 2, ways: [{ reached: true, steps }] });
    expect(management.callsOf('ipcpReport')).toContainEqual(['net.a', 'trace', { hash: 'key of net', cube: 2 }]);
    await irm.traceName('hello', 0, true);
    const args = { hash: 'key of net', cube: 0, ranks: 8 };
    expect(management.callsOf('ipcpReport').at(-1)).toEqual(['net.a', 'trace', args]);
  });

  it('has no ways in a layer whose members are all neighbours', async () => {
    const { management, irm } = await node();
    management.locations.set('net.b', [at('wire', 'udp')]);
    management.reports.set('trace', () => {
      throw new OuroborosError('EINVAL', 'no such report', { field: 'topic' });
    });
    expect(await irm.traceName('net.b', 0, true)).toMatchObject({ layer: 'wire', ways: [] });
  });

  it('is ENAME where no layer has the name', async () => {
    await expect((await node()).irm.traceName('hello')).rejects.toMatchObject({ code: 'ENAME', stage: 'name' });
  });
});

describe('A bundle for debugging', () => {
  it('hides names, layers, addresses and paths, unless it is to be plain', async () => {
    const { management, irm } = await node();
    management.reports.set('status', () => ({ udp: '10.1.2.3' }));
    const hidden = JSON.stringify(await irm.debugBundle());
    expect(hidden).not.toMatch(/hello|net\.[ac]|wire|10\.1\.2\.3|\/run\/ouroboros/);
    expect(hidden).toContain('<name-1>');
    const plain = JSON.stringify(await irm.debugBundle({ plain: true }));
    expect(plain).toMatch(/hello.*net\.c.*10\.1\.2\.3|10\.1\.2\.3.*net\.c/);
  });
});
