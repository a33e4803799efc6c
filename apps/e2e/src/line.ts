import type { DemoNode } from '@ouroboros/demo';
import type { JsonObject } from '@ouroboros/model';
import type { Site } from './site.js';

/** Three nodes in a line: a, the middle, b. */
export type Line = readonly [a: DemoNode, middle: DemoNode, b: DemoNode];

/**
 * Builds a layer `net` of three nodes in a line, over UDP; what the middle one sends below has the given troubles (keys
 * of ipcpd-lossy).
 */
export async function buildLine(site: Site, troubles: JsonObject, config?: string): Promise<Line> {
  const start = (name: string, address: string): Promise<DemoNode> => site.node(name, address, undefined, config);
  const starting = [start('a', '127.0.0.1'), start('m', '127.0.0.2'), start('b', '127.0.0.3')] as const;
  const line = await Promise.all(starting);
  const hosts = line.map(({ plan }) => `net.${plan.name}=${plan.address}`).join(',');
  await Promise.all(
    line.map(({ irm, plan }) => {
      const udp = { ip: plan.address, port: String(site.port), hosts };
      const [type, own] = plan.name === 'm' ? ['lossy', { ...udp, ...troubles }] : ['udp4', udp];
      return irm.bootstrapIpcp({ name: 'wire', type, layer: 'wire', config: own });
    }),
  );
  const [a, { irm }, b] = line;
  await irm.bootstrapIpcp({ name: 'net.m', type: 'unicast', layer: 'net', autobind: true });
  await irm.regName('net.m', { layers: ['wire'] });
  for (const end of [a, b]) await join(end);
  return line;
}

async function join({ irm, plan }: DemoNode): Promise<void> {
  const name = `net.${plan.name}`;
  await again(() => irm.enrollIpcp({ name, type: 'unicast', layer: 'net', dst: 'net.m', autobind: true }));
  await irm.regName(name, { layers: ['wire'] });
  await again(() => irm.connectIpcp({ name, dst: 'net.m' }));
}

/** Where requests are lost, too: what fails is asked for again, some times. */
export async function again<T>(step: () => Promise<T>): Promise<T> {
  for (let left = 5; ; left -= 1) {
    try {
      return await step();
    } catch (thrown) {
      if (left === 0) throw thrown;
    }
  }
}
