import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DemoNode } from '@ouroboros/demo';
import { checkOpenMetrics, type CheckedMetrics } from '@ouroboros/metrics';
import type { Site } from './site.js';

/** A TCP port that nobody uses on the loopback address. */
export function freeTcpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** A node whose metrics are served. */
export interface ObservedNode {
  readonly node: DemoNode;
  readonly metricsPort: number;
}

const NAMES = ['a', 'b'] as const;
const addressOf = (i: number): string => `127.0.0.${i + 1}`;

/** Two nodes with a unicast layer over UDP, the second enrolled through the first; both serve metrics and trace to `collector`. */
export async function observedPair(site: Site, collector: string): Promise<readonly [ObservedNode, ObservedNode]> {
  const a = await start(site, 0, collector);
  const b = await start(site, 1, collector);
  for (const { node } of [a, b]) await node.irm.waitReady({ timeoutMs: 15_000 });
  return [a, b];
}

async function start(site: Site, i: number, collector: string): Promise<ObservedNode> {
  const metricsPort = await freeTcpPort();
  const name = NAMES[i]!;
  const path = join(site.folder, `${name}.conf`);
  const joins = i === 0 ? 'bootstrap = "net"' : 'enrol = "net.a"\nconn = ["net.a"]';
  const hosts = NAMES.map((one, j) => `"net.${one}" = "${addressOf(j)}"`).join('\n');
  writeFileSync(
    path,
    `[metrics]
listen = "127.0.0.1:${metricsPort}"
[traces]
endpoint = "${collector}"
[udp4.udp]
bootstrap = "udp"
ip = "${addressOf(i)}"
port = ${site.port}
reg = ["net.${name}"]
[udp4.udp.hosts]
${hosts}
[unicast."net.${name}"]
${joins}
autobind = true
`,
  );
  return { node: await site.node(name, addressOf(i), join(site.folder, name), path), metricsPort };
}

/** The metrics of a node, read strictly. */
export async function metricsOf({ metricsPort }: ObservedNode): Promise<CheckedMetrics> {
  const checked = checkOpenMetrics(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text());
  if (checked.faults.length > 0) throw new Error(checked.faults.join('\n'));
  return checked;
}

/** Sum of the series of a metric whose text holds all of `parts`. */
export function sumOf({ families }: CheckedMetrics, name: string, ...parts: readonly string[]): number {
  const series = [...(families.find((family) => family.name === name)?.series ?? [])];
  return series.filter(([key]) => parts.every((part) => key.includes(part))).reduce((sum, [, value]) => sum + value, 0);
}
