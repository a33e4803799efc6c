import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { end } from './end.js';
import { outputOf } from './output.js';

/** A place where the programs of one node run: a network namespace, or the machine itself with a loopback address of its own. */
export class Host {
  private readonly running = new Set<ChildProcess>();

  /** `prefix`: words before each command that is to run here. */
  constructor(
    readonly name: string,
    /** IPv4; the neighbours reach it. */
    readonly address: string,
    private readonly prefix: readonly string[] = [],
  ) {}

  /** The command that runs `argv` here; of no words: what goes before a command. */
  command(argv: readonly string[]): readonly string[] {
    return [...this.prefix, ...argv];
  }

  /** Starts a program, which ends with the host at the latest. */
  spawn(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [program, ...args] = this.command(argv);
    const child = spawn(program!, args, options);
    this.running.add(child);
    const forget = (): boolean => this.running.delete(child);
    child.once('error', forget).once('exit', forget);
    return child;
  }

  /** What a program prints; rejects with what it says of its failure, or when it takes longer than `limitMs`. */
  run(argv: readonly string[], limitMs = 10_000): Promise<string> {
    return outputOf(this.spawn(argv, { stdio: ['ignore', 'pipe', 'pipe'] }), limitMs);
  }

  /** Ends what still runs of the programs that were started here. */
  async stop(): Promise<void> {
    await Promise.all([...this.running].map(end));
  }
}
