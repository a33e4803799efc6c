import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { processAlive } from '@ouroboros/node-runtime';
import { errnoOf } from './errno.js';

const removeAll = (path: string): void => rmSync(path, { force: true, recursive: true });

/**
 * Removes the sockets `ch.<pid>` that processes left behind that were killed and so could not do it themselves. Answers
 * the names removed. What the system does not let us remove stays: where a group may write to the directory, anybody in it
 * may put things there.
 */
export function sweepChannelSockets(dir: string, remove = removeAll): string[] {
  const dead = namesIn(dir).filter((name) => {
    const match = /^ch\.(\d+)(\.|$)/.exec(name);
    return match !== null && !processAlive(Number(match[1]));
  });
  return dead.filter((name) => succeeds(() => remove(join(dir, name))));
}

/** None when somebody has removed the directory. */
function namesIn(dir: string): string[] {
  const names: string[] = [];
  succeeds(() => names.push(...readdirSync(dir)));
  return names;
}

/** False where the system refuses. */
function succeeds(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
    return false;
  }
}
