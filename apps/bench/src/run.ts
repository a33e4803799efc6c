import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHosts, type Hosts } from './hosts/index.js';
import type { Plan } from './plan.js';
import { Results, type RowResult } from './results.js';
import type { Group } from './rows/group.js';
import { createGroups } from './rows/groups.js';
import { isWanted } from './rows/row.js';
import type { Tree } from './tree.js';

const LONGEST_LINE = 3;

export interface Outcome {
  readonly kind: Hosts['kind'];
  readonly rows: readonly RowResult[];
  readonly rounds: number;
  readonly tookS: number;
  /** Of the machine, when it began. */
  readonly load: number;
}

/** Measures all that the plan wants, in rounds: each row once, then each once more. `say`: one line per step. */
export async function run(
  plan: Plan,
  trees: readonly Tree[],
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<readonly Outcome[]> {
  const hosts = await createHosts(LONGEST_LINE);
  const folder = mkdtempSync(join(tmpdir(), 'o7b-'));
  const bench = new Bench(plan, trees, hosts, folder, signal, say);
  try {
    for (let round = 0; bench.mayBegin(round); round += 1) await bench.round(round);
    return bench.outcomes();
  } finally {
    await bench.stop();
    await hosts.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Bench {
  private readonly results: readonly Results[];
  private readonly groups: readonly Group[];
  private readonly steps: number;
  private readonly started = performance.now();
  private readonly load = loadavg()[0]!;
  private rounds = 0;
  private step = 0;

  constructor(
    private readonly plan: Plan,
    private readonly trees: readonly Tree[],
    private readonly hosts: Hosts,
    private readonly folder: string,
    private readonly signal: AbortSignal,
    private readonly say: (line: string) => void,
  ) {
    this.groups = createGroups().filter(({ rows }) => rows.some(({ id }) => this.wants(id)));
    const rows = this.groups.flatMap((group) => group.rows);
    const encryptedOf = new Map(rows.map(({ id, encrypted }) => [id, encrypted]));
    this.results = trees.map(() => new Results(encryptedOf));
    this.steps = rows.filter(({ id }) => this.wants(id)).length * plan.rounds * trees.length;
  }

  /** `round`: as many as there were. */
  mayBegin(round: number): boolean {
    const { rounds, limitS } = this.plan;
    return round === 0 || (round < rounds && (this.tookS * (round + 1)) / round <= limitS);
  }

  /** Of several checkouts the one that is measured first is another in each round. */
  async round(round: number): Promise<void> {
    this.rounds = round + 1;
    const order = this.trees.map((tree, i) => [tree, i] as const);
    if (round % 2 === 1) order.reverse();
    for (const group of this.groups) for (const [tree, i] of order) await this.measure(group, tree, i);
  }

  outcomes(): Outcome[] {
    const { rounds, tookS, load, hosts } = this;
    return this.results.map((results) => ({ kind: hosts.kind, rows: results.list(), rounds, tookS, load }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.groups.map((group) => group.stop()));
  }

  private async measure(group: Group, tree: Tree, index: number): Promise<void> {
    const before = this.step;
    const folder = join(this.folder, String(before));
    mkdirSync(folder);
    const samples = await group.measure({
      place: { hosts: this.hosts, tree, folder, port: PORT, signal: this.signal },
      lengths: this.plan.lengths,
      wants: (id) => this.wants(id),
      say: (id) => this.say(`${(this.step += 1)} of ${this.steps}, ${this.tookS.toFixed(0)} s: ${id}`),
    });
    this.step = before + samples.length;
    for (const sample of samples) {
      this.results[index]!.add(sample);
      if (sample.failure !== undefined) this.say(`${sample.id} failed: ${sample.failure.split('\n')[0]}`);
    }
  }

  private get tookS(): number {
    return (performance.now() - this.started) / 1000;
  }

  private wants(id: string): boolean {
    return isWanted(id, this.plan.wanted);
  }
}

/** On loopback other nodes may have the usual one. */
const PORT = 20_000 + (process.pid % 20_000);
