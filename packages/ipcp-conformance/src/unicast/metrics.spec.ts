import { NodeHash } from '@ouroboros/crypto';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import type { JsonObject } from '@ouroboros/model';
import { Simulation, simType } from '@ouroboros/simnet';
import { UnicastNetwork } from './unicast-network.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const types = [simType(udp4Type({} as DynamicDns)), simType(unicastType)];
type Rows = readonly (readonly [labels: Record<string, string>, value: number])[];

/** Two members on one link. */
async function pair() {
  const sim = new Simulation({ seed: 1, settle, hash: new NodeHash(), types });
  const net = new UnicastNetwork(sim, { size: 2, extraLinks: 0 });
  await sim.resolve(net.build());
  const { node, unicast } = net.members[1]!;
  const look = async () =>
    (await sim.resolve(node.irm.ipcpReport(unicast, 'metrics'))) as unknown as Record<string, Rows>;
  const [a, b] = net.members.map(({ ip }) => ip);
  return { sim, net, look, cut: () => sim.links.cut(a!, b!), heal: () => sim.links.heal(a!, b!) };
}

/** The one data-transfer link, or the sum over the labels that are given. */
function valueOf(rows: Rows | undefined, labels: Record<string, string>): number {
  const chosen = (rows ?? []).filter(([own]) => Object.entries(labels).every(([name, value]) => own[name] === value));
  return chosen.reduce((sum, [, value]) => sum + value, 0);
}

const DATA = { component: 'data-transfer' };

describe('metrics of a link', () => {
  it('that is idle and of one that is cut differ, and are back when it heals', async () => {
    const { sim, look, cut, heal } = await pair();
    await sim.run(5000);
    const before = await look();
    await sim.run(10_000);
    const idle = await look();
    cut();
    await sim.run(10_000);
    const silent = await look();
    heal();
    await sim.run(5000);
    const healed = await look();

    const packets = (at: Record<string, Rows>) => valueOf(at['ouroboros_link_packets'], DATA);
    expect(packets(silent) - packets(idle)).toBe(packets(idle) - packets(before)); // No traffic, either way.
    const seen = (at: Record<string, Rows>) => ({
      up: valueOf(at['ouroboros_links'], { ...DATA, state: 'up' }),
      silentOrMissing: valueOf(at['ouroboros_links'], DATA) - valueOf(at['ouroboros_links'], { ...DATA, state: 'up' }),
      routes: valueOf(at['ouroboros_layer_routes'], {}),
    });
    expect([idle, silent, healed].map(seen)).toEqual([
      { up: 1, silentOrMissing: 0, routes: 1 },
      { up: 0, silentOrMissing: 1, routes: 0 },
      { up: 1, silentOrMissing: 0, routes: 1 },
    ]);
    const heardAgo = (at: Record<string, Rows>) => valueOf(at['ouroboros_link_last_heard_seconds'], DATA);
    expect(heardAgo(idle)).toBeLessThan(0.5);
    expect(heardAgo(silent)).toBeGreaterThan(9);
    expect(heardAgo(healed)).toBeLessThan(0.5);
    const changes = (at: Record<string, Rows>) => valueOf(at['ouroboros_layer_route_changes'], {});
    expect([changes(silent) - changes(idle), changes(healed) - changes(silent)]).toEqual([1, 1]);
  });

  it('tell of packets by cube, and of look-ups that hit and that miss', async () => {
    const { sim, net, look } = await pair();
    await sim.run(2000);
    const app = net.members[1]!.node.app();
    const flow = await sim.resolve(app.alloc('s0'));
    await expect(sim.resolve(app.alloc('nobody'))).rejects.toMatchObject({ code: 'ENAME' });
    for (let i = 0; i < 10; i += 1) await sim.resolve(flow.write(new Uint8Array(100)));
    await sim.run(1000);
    const at = await look();
    const cube = (direction: string) => valueOf(at['ouroboros_layer_cube_packets'], { direction, cube: '0' });
    expect(cube('sent')).toBe(valueOf(at['ouroboros_layer_packets'], { direction: 'sent' }));
    expect(cube('sent')).toBeGreaterThanOrEqual(10);
    expect(cube('received')).toBe(valueOf(at['ouroboros_layer_packets'], { direction: 'received' }));
    const lookups = (result: string) => valueOf(at['ouroboros_directory_lookups'], { result });
    expect([lookups('hit') > 0, lookups('miss') > 0]).toEqual([true, true]);
    const [, histogram] = at['ouroboros_directory_lookup_seconds']![0]! as unknown as [unknown, JsonObject];
    expect((histogram['counts'] as number[]).at(-1)).toBe(lookups('hit') + lookups('miss'));
  });
});
