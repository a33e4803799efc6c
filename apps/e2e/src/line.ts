import type { DemoNode } from '@ouroboros/demo';
import { exitStatus, type JsonObject } from '@ouroboros/model';
import { pause } from './measure.js';
import type { ProgramOptions, Ran } from './programs.js';
import type { Site } from './site.js';

/** Exit status for a name that is not known. */
const UNKNOWN = exitStatus('ENAME');

/** Three nodes in a line: a, the middle, b. */
export type Line = readonly [a: DemoNode, middle: DemoNode, b: DemoNode];

/** The address by which one node knows another one; undefined: it does not know it. */
export type Seen = (by: DemoNode, other: DemoNode) => string | undefined;

/**
 * Builds a layer `net` of three nodes in a line, over UDP; what the middle one sends below has the given troubles (keys
 * of ipcpd-lossy). All know each other by their own addresses, unless `seen` says otherwise.
 */
export async function buildLine(
  site: Site,
  troubles: JsonObject,
  config?: string,
  seen: Seen = (_by, { plan }) => plan.address,
): Promise<Line> {
  const start = (name: string, address: string): Promise<DemoNode> => site.node(name, address, undefined, config);
  const starting = [start('a', '127.0.0.1'), start('m', '127.0.0.2'), start('b', '127.0.0.3')] as const;
  const line = await Promise.all(starting);
  const hostsOf = (node: DemoNode): string =>
    line
      .map((other) => [other.plan.name, seen(node, other)])
      .filter(([, address]) => address !== undefined)
      .map(([name, address]) => `net.${name}=${address}`)
      .join(',');
  await Promise.all(
    line.map((node) => {
      const { irm, plan } = node;
      const hosts = hostsOf(node);
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

/** Names are told within 30 s, however much is lost. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 200;

/** Where requests and news are lost, too: what fails is asked for again, for a while. */
export async function again<T>(step: () => Promise<T>): Promise<T> {
  for (const limit = performance.now() + PATIENCE_MS; ; await pause(PAUSE_MS)) {
    try {
      return await step();
    } catch (thrown) {
      if (performance.now() > limit) throw thrown;
    }
  }
}

/** Runs ocat with files as its input and output, once the name is known. */
export function sent(site: Site, node: DemoNode, files: ProgramOptions, ...args: string[]): Promise<Ran> {
  return again(async () => {
    const ran = await site.startWith(files, node, 'ocat', ...args).ended;
    if (ran.status === UNKNOWN) throw new Error(ran.stderr);
    return ran;
  });
}
