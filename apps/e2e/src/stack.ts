import type { DemoNode } from '@ouroboros/demo';
import { again } from './line.js';

/** Two nodes that hold a stack together. */
export type Pair = readonly [a: DemoNode, b: DemoNode];

/** What a rank is; the layer of rank n is called `rank<n>`, and its members `r<n>.a` and `r<n>.b`. */
export interface Rank {
  readonly rank: number;
  /** Default: the rank below. */
  readonly below?: string;
  readonly type?: 'unicast' | 'broadcast';
}

/** A layer of both nodes on the layer below. */
export async function addRank(pair: Pair, { rank, below = `rank${rank - 1}`, type = 'unicast' }: Rank): Promise<void> {
  const [{ irm }] = pair;
  const name = `r${rank}.a`;
  await irm.bootstrapIpcp({ name, type, layer: `rank${rank}`, autobind: true });
  await irm.regName(name, { layers: [below] });
  await joinRank(pair, { rank, below, type });
}

/** The second node joins a layer that the first one has. */
export async function joinRank(
  [, { irm }]: Pair,
  { rank, below = `rank${rank - 1}`, type = 'unicast' }: Rank,
): Promise<void> {
  const [name, dst] = [`r${rank}.b`, `r${rank}.a`];
  await again(() => irm.enrollIpcp({ name, type, layer: `rank${rank}`, dst, autobind: true }));
  await irm.regName(name, { layers: [below] });
  await again(() => irm.connectIpcp({ name, dst }));
}

/** The bottom of a stack over UDP on loopback. */
export async function udpRank(pair: Pair, port: number): Promise<void> {
  const hosts = pair.map(({ plan }, i) => `r2.${'ab'[i]}=${plan.address}`).join(',');
  await Promise.all(
    pair.map(({ irm, plan }) => {
      const config = { ip: plan.address, port: String(port), hosts };
      return irm.bootstrapIpcp({ name: 'udp', type: 'udp4', layer: 'rank1', config });
    }),
  );
}

/** The bottom of a stack over TCP on loopback: the first node listens. */
export async function tcpRank([a, b]: Pair, port: number): Promise<void> {
  const listen = `${a.plan.address}:${port}`;
  await a.irm.bootstrapIpcp({ name: 'tcp', type: 'tcp', layer: 'rank1', config: { listen } });
  await b.irm.bootstrapIpcp({ name: 'tcp', type: 'tcp', layer: 'rank1', config: { connect: listen } });
}
