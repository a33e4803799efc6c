import type { DemoNode } from '@ouroboros/demo';
import type { Below } from './mesh.js';
import { until } from './one-node.js';
import type { Program } from './programs.js';
import type { Site } from './site.js';

/** The layer below the nodes `names` sends at this rate and holds 10 ms; that of the others at any. [examples/ipcp-lossy] */
export const shaped = (names: readonly string[], kbps: number): ((name: string) => Below) => {
  const slow: Below = { type: 'lossy', config: { rate_kbps: String(kbps) } };
  return (name) => (names.includes(name) ? slow : { type: 'udp4' });
};

/** Serves a name, and counts what arrives on each flow. */
export class Sink {
  private taken = 0;

  private constructor(private readonly program: Program) {}

  static async serve(site: Site, node: DemoNode, name: string): Promise<Sink> {
    const program = site.start(node, 'ocbr', '--listen', '--interval', '3600', '--timeout', '5');
    await program.says(/Server started/);
    await node.irm.bindProcess(program.pid, name);
    await node.irm.regName(name, { layers: ['net'] });
    return new Sink(program);
  }

  /** Megabits per second of each of the next `flows` flows, from its first packet to its last, when all have ended. */
  async rates(flows: number): Promise<readonly number[]> {
    await until('the floods have ended', () => this.ended().length >= this.taken + flows, 20_000);
    const rates = this.ended().slice(this.taken, this.taken + flows);
    this.taken += flows;
    return rates;
  }

  private ended(): readonly number[] {
    return [...this.program.stdout.matchAll(/([\d.]+) Mbps\n/g)].map(([, rate]) => Number(rate));
  }
}
