import { readFileSync } from 'node:fs';
import { openFiles } from './one-node.js';
import type { Program } from './programs.js';
import { Site } from './site.js';
import { addRank, udpRank, type Pair } from './stack.js';

/** What the processes of both nodes hold. */
export interface Holdings {
  /** Those of applications. */
  readonly flows: number;
  readonly processes: readonly number[];
  readonly files: number;
  /** Resident memory of each process, in bytes. */
  readonly memory: readonly number[];
}

/** Two nodes with a unicast layer over UDP; servers that know TCP only are beside the second, their clients beside the first. */
export class ProxiedPair {
  private constructor(
    readonly site: Site,
    private readonly pair: Pair,
  ) {}

  static async up(): Promise<ProxiedPair> {
    const site = await Site.open();
    const pair = [await site.node('a', '127.0.0.1'), await site.node('b', '127.0.0.2')] as const;
    await udpRank(pair, site.port);
    await addRank(pair, { rank: 2 });
    return new ProxiedPair(site, pair);
  }

  /** Serves a name at the second node with a local port. */
  async exposed(name: string, port: number): Promise<void> {
    const program = this.site.start(this.pair[1], 'oproxy', 'expose', name, `${port}`, '--layer', 'rank2');
    await program.says(/Listening for/);
  }

  /** A proxy at the first node, with a local port that the system chose. */
  async opened(...words: string[]): Promise<{ program: Program; port: number }> {
    const program = this.site.start(this.pair[0], 'oproxy', ...words, '0');
    await program.says(/Listening .*:\d+\./);
    return { program, port: Number(/:(\d+)\.$/m.exec(program.stdout)![1]) };
  }

  async holdings(): Promise<Holdings> {
    const flows = await Promise.all(this.pair.map(({ irm }) => irm.listFlows()));
    const processes = this.site.processes().sort((a, b) => a - b);
    return {
      flows: flows.flat().filter(({ name }) => !name.startsWith('r2.')).length,
      processes,
      files: processes.reduce((sum, pid) => sum + openFiles(pid), 0),
      memory: processes.map(residentBytes),
    };
  }
}

export const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
