import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoNode } from '@ouroboros/demo';
import type { JsonObject } from '@ouroboros/model';
import { again } from './line.js';
import { note, timed } from './measure.js';
import { until } from './one-node.js';
import { randomFile } from './random-file.js';
import { Relay } from './relay.js';
import { Site } from './site.js';

jest.setTimeout(120_000);

const MEBIBYTES = 24;
const CUTS = 4;

let site: Site;
let relay: Relay;
/** The one that listens, and the one behind the relay, which nobody can reach. */
let hub: DemoNode, spoke: DemoNode;

/** A layer over TLS whose members show certificates of `irm pki`; only the hub listens. */
beforeAll(async () => {
  site = await Site.open();
  relay = await Relay.open(site.port);
  [hub, spoke] = await Promise.all([site.node('hub', '127.0.0.1'), site.node('spoke', '127.0.0.1')]);
  await site.irmJson(hub, 'pki', 'init', 'lab');
  await site.irmJson(hub, 'pki', 'issue', 'hub');
  await site.irmJson(hub, 'pki', 'issue', 'hub', 'client', '--as', 'spoke');
  const security = join(hub.plan.runtimeDir, 'conf', 'security');
  const own = (role: string): JsonObject => ({
    cert: join(security, role, 'hub', 'crt.pem'),
    key: join(security, role, 'hub', 'key.pem'),
  });
  const tls = { tls: true, ca: join(security, 'cacert', 'lab.pem') };
  const listen = { listen: `127.0.0.1:${site.port}`, ...tls, ...own('server') };
  const connect = { connect: `127.0.0.1:${relay.port}`, ...tls, ...own('client'), tls_name: 'hub' };
  await hub.irm.bootstrapIpcp({ name: 'tcp', type: 'tcp', layer: 'wire', config: listen });
  await spoke.irm.bootstrapIpcp({ name: 'tcp', type: 'tcp', layer: 'wire', config: connect });
  await hub.irm.bootstrapIpcp({ name: 'net.hub', type: 'unicast', layer: 'net', autobind: true });
  await hub.irm.regName('net.hub', { layers: ['wire'] });
  await again(() =>
    spoke.irm.enrollIpcp({ name: 'net.spoke', type: 'unicast', layer: 'net', dst: 'net.hub', autobind: true }),
  );
  await spoke.irm.connectIpcp({ name: 'net.spoke', dst: 'net.hub' });
});
afterAll(async () => {
  await site.close();
  relay.close();
});

describe('unicast over TCP between two nodes of which one listens', () => {
  it('carries flows that either side asks for', async () => {
    await site.serve(spoke, 'at.spoke', 'net');
    await site.serve(hub, 'at.hub', 'net');
    for (const [node, name] of [
      [hub, 'at.spoke'],
      [spoke, 'at.hub'],
    ] as const) {
      const ran = await again(() => site.run(node, 'oping', '-n', name, '-c', '100', '-i', '2ms', '--json'));
      expect(JSON.parse(ran.stdout)).toMatchObject({ transmitted: 100, received: 100, end: 'complete' });
    }
  });

  it('shows its link, and its type', async () => {
    expect(await hub.irm.management.ipcpReport('tcp', 'neighbors')).toMatchObject([{ state: 'up', dialed: false }]);
    expect(await spoke.irm.management.ipcpReport('tcp', 'targets')).toMatchObject([{ state: 'up' }]);
    expect(await hub.irm.describeIpcpType('tcp')).toMatchObject({ type: 'tcp', rank: 60 });
    const help = await site.run(hub, 'irm', 'ipcp', 'help', 'type', 'tcp');
    expect(help.stdout).toMatch(/rank +60[^]*listen +where connections are accepted: /);
  });

  it('brings every byte of a reliable flow over a connection that is cut again and again', async () => {
    const input = join(site.folder, 'input');
    const output = join(site.folder, 'output');
    const digest = randomFile(input, MEBIBYTES * 2 ** 20);
    const server = site.startWith(
      { stdout: output },
      hub,
      'ocat',
      '--listen',
      '--name',
      'copy',
      '--layer',
      'net',
      '--verbose',
    );
    await server.says(/listening as copy/);
    const before = relay.connections;
    const start = relay.bytes;
    const sending = again(async () => {
      const ran = await site.startWith({ stdin: input }, spoke, 'ocat', '--name', 'copy', '--json').ended;
      if (ran.status === 4) throw new Error(ran.stderr);
      return ran;
    });
    const tookMs = await timed(async () => {
      for (let i = 1; i <= CUTS; i += 1) {
        const due = start + (i * MEBIBYTES * 2 ** 20) / (CUTS + 1);
        await until(`part ${i} is on its way`, () => relay.bytes > due, 60_000);
        relay.cut();
      }
      expect(await sending).toMatchObject({ status: 0 });
      expect(await server.ended).toMatchObject({ status: 0 });
    });
    note(`${MEBIBYTES} MiB over TLS, ${CUTS} cuts`, `${(tookMs / 1000).toFixed(1)} s`);
    expect(createHash('sha256').update(readFileSync(output)).digest('hex')).toBe(digest);
    expect(relay.connections).toBe(before + CUTS);
  });

  it('loses no flow by a break', async () => {
    await again(() => site.run(hub, 'oping', '-n', 'at.spoke', '-c', '1'));
    const pinging = site.run(hub, 'oping', '-n', 'at.spoke', '-c', '40', '-i', '50ms', '--json');
    await until('the flow is up', async () => (await hub.irm.listFlows()).some(({ name }) => name === 'at.spoke'));
    relay.cut();
    const { received, end } = JSON.parse((await pinging).stdout) as { received: number; end: string };
    note('40 pings of 50 ms with a break', `${received} answers`);
    expect(received).toBeGreaterThan(20);
    expect(end).not.toBe('down');
  });
});
