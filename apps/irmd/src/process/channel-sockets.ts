import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { processAlive } from '@ouroboros/node-runtime';

/**
 * Removes the sockets `ch.<pid>` that processes left behind that were killed and so could not do it themselves. Answers
 * the names removed.
 */
export function sweepChannelSockets(dir: string): string[] {
  const dead = readdirSync(dir).filter((name) => {
    const match = /^ch\.(\d+)(\.|$)/.exec(name);
    return match !== null && !processAlive(Number(match[1]));
  });
  for (const name of dead) rmSync(join(dir, name), { force: true, recursive: true });
  return dead;
}
