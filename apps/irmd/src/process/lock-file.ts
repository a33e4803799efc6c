import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OuroborosError } from '@ouroboros/model';
import { identifyProcess, sameProcessAlive, type ProcessIdentity } from '@ouroboros/node-runtime';
import { errnoOf } from './errno.js';

/** Proof that this process is the node's one IRM daemon. */
export interface LockFile {
  /** Removes the file, unless it is no longer ours. */
  release(): void;
}

export const lockFilePath = (dir: string): string => join(dir, 'irmd.pid');

/**
 * Takes the node's lock: a file with the owner's pid and start time, so that what a `kill -9` left behind is told from a
 * living owner even when its pid is in use again. EEXIST when another daemon lives.
 */
export function takeLock(dir: string): LockFile {
  const path = lockFilePath(dir);
  const own = identifyProcess(process.pid);
  if (!own) throw new OuroborosError('EIO', 'this process cannot be found in /proc');
  const draft = `${path}.${own.pid}`;
  writeFileSync(draft, `${own.pid} ${own.startTime}\n`, { mode: 0o644 });
  try {
    claim(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  return { release: () => void (readOwner(path)?.pid === own.pid && rmSync(path, { force: true })) };
}

/** A link is made or refused in one step, and the file is complete when it appears. */
function claim(draft: string, path: string): void {
  for (let tries = 0; tries < 3; tries++) {
    if (tryLink(draft, path)) return;
    const owner = readOwner(path);
    if (owner && sameProcessAlive(owner))
      throw new OuroborosError('EEXIST', `already running: pid ${owner.pid}, lock file ${path}`);
    rmSync(path, { force: true });
  }
  throw new OuroborosError('EEXIST', `another irmd is starting, lock file ${path}`);
}

function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

/** The owner that the file names, alive or not; undefined when there is no file or no sense in it. */
export function readOwner(path: string): ProcessIdentity | undefined {
  const match = /^(\d+) (\d+)\n$/.exec(readIfThere(path));
  return match ? { pid: Number(match[1]), startTime: Number(match[2]) } : undefined;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return '';
    throw thrown;
  }
}
