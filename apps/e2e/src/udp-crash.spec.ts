import type { DemoNode } from '@ouroboros/demo';
import type { RestartPolicy } from '@ouroboros/ports';
import { downAfter } from './flows.js';
import { ms, note } from './measure.js';
import { kill } from './one-node.js';
import { Site } from './site.js';

jest.setTimeout(60_000);

const LOCAL_NOTICE_MS = 100;
const REMOTE_NOTICE_MS = 1_000;
const A = '127.0.0.1';
const B = '127.0.0.2';

let site: Site;
beforeEach(async () => void (site = await Site.open()));
afterEach(() => site.close());

async function udpNode(name: string, ip: string, restart: RestartPolicy): Promise<DemoNode> {
  const node = await site.node(name, ip);
  const config = { ip, port: String(site.port), hosts: `victim=${B}` };
  await node.irm.bootstrapIpcp({ name: 'udp', type: 'udp4', layer: 'udp', restart, config });
  return node;
}

describe('kill -9 of the UDP IPCP under a flow', () => {
  it.each<[RestartPolicy, 'client' | 'server']>([
    ['on-failure', 'client'],
    ['on-failure', 'server'],
    ['never', 'client'],
    ['never', 'server'],
  ])('with restart %s, at the %s: the flow goes down in time at both ends', async (restart, dead) => {
    const [a, b] = [await udpNode('a', A, restart), await udpNode('b', B, restart)];
    const [client, server] = [site.flows(a), site.flows(b)];
    await server.ready();
    await b.irm.bindProcess(process.pid, 'victim');
    await b.irm.regName('victim', { layers: ['udp'] });
    const [there, here] = await Promise.all([client.alloc('victim'), server.accept({ timeoutMs: 5_000 })]);
    await there.write(Uint8Array.of(1));
    expect(await here.read({ timeoutMs: 3_000 })).toEqual(Uint8Array.of(1));
    const down = Promise.all([downAfter(there), downAfter(here)]);
    const ipcps = await (dead === 'client' ? a : b).irm.listIpcps();
    kill(ipcps[0]!.pid);
    const [atClient, atServer] = await down;
    const [local, remote] = dead === 'client' ? [atClient, atServer] : [atServer, atClient];
    note(
      `the UDP IPCP of the ${dead} is killed, restart ${restart}`,
      `down after ${ms(local)} here, ${ms(remote)} there`,
    );
    expect(local).toBeLessThan(LOCAL_NOTICE_MS);
    expect(remote).toBeLessThan(REMOTE_NOTICE_MS);
  });
});
