import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { binFolder, nodeEnvironment } from './programs.js';

export interface PingRun {
  /** Times at which replies came, in ms since 1970. */
  readonly replies: readonly number[];
  stop(): Promise<void>;
}

/** Runs `oping` at a node, one ping every 10 ms, until it is stopped. */
export function startPinging(runtimeDir: string, name: string, onError: (text: string) => void): PingRun {
  const replies: number[] = [];
  const oping = spawn(join(binFolder(), 'oping'), ['-n', name, '-i', '10ms', '-D'], {
    env: nodeEnvironment(runtimeDir),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => oping.once('exit', () => resolve()));
  createInterface({ input: oping.stdout }).on('line', (line) => {
    const stamp = /^\[(\d+\.\d+)\] .*seq=/.exec(line)?.[1];
    if (stamp !== undefined) replies.push(Number(stamp) * 1000);
  });
  createInterface({ input: oping.stderr }).on('line', onError);
  const stop = async (): Promise<void> => {
    oping.kill('SIGINT');
    await exited;
  };
  return { replies, stop };
}

/** The longest time between two replies, in ms. */
export function longestGap(replies: readonly number[]): number {
  let longest = 0;
  for (let i = 1; i < replies.length; i += 1) longest = Math.max(longest, replies[i]! - replies[i - 1]!);
  return longest;
}
