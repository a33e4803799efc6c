import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, linkSync, lstatSync, mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import { socketAnswers } from '@ouroboros/node-runtime';

export interface SocketAccess {
  /** 0600: only our user may connect; 0660: the group too. */
  readonly mode: 0o600 | 0o660;
  /** Group of the socket file; default: ours. */
  readonly gid?: number;
}

/**
 * Makes `server` listen at `path`. The socket is made under a temporary name, gets its access there and appears at
 * `path` ready; that step fails when the name exists, so of two daemons that start at once only one succeeds. A socket
 * that is left over is replaced only when nobody answers on it. EEXIST when somebody does. The result takes the socket
 * file away, if it is still ours.
 */
export async function listenAt(server: Server, path: string, access: SocketAccess): Promise<() => void> {
  const temporary = join(dirname(path), `.${randomBytes(4).toString('hex')}`);
  await listen(server, temporary);
  try {
    if (access.gid !== undefined) chownSync(temporary, process.geteuid?.() ?? 0, access.gid);
    chmodSync(temporary, access.mode);
    await publish(temporary, path);
  } catch (thrown) {
    server.close();
    throw toOuroborosError(thrown);
  } finally {
    rmSync(temporary, { force: true });
  }
  const own = identity(path);
  return () => {
    if (identity(path) === own) rmSync(path, { force: true });
  };
}

/** The umask makes the socket 0600 from its first moment. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The listener stays: an error of a later accept must not end the process.
    server.on('error', (error) => reject(listenError(path, error)));
    const umask = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(umask);
    }
  });
}

async function publish(temporary: string, path: string): Promise<void> {
  for (;;) {
    try {
      return linkSync(temporary, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    await removeStale(path);
  }
}

/**
 * Only the holder of the lock removes a socket, and while the stale one is there nobody can publish another: what is
 * removed is what was found to be stale.
 */
async function removeStale(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false)
    throw new OuroborosError('EINVAL', `${path} is in the way: it is not a socket`, { field: 'OUROBOROS_RUNTIME_DIR' });
  const lock = `${path}.lock`;
  takeLock(lock);
  try {
    if (await socketAnswers(path)) throw alreadyRunning(path);
    rmSync(path, { force: true });
  } finally {
    rmdirSync(lock);
  }
}

/** A directory is the lock. One that is old was left by a daemon that was killed while it held it. */
function takeLock(lock: string): void {
  const found = statSync(lock, { throwIfNoEntry: false });
  if (found && Date.now() - found.mtimeMs > LOCK_LIFE_MS) rmdirSync(lock);
  try {
    mkdirSync(lock);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new OuroborosError('EEXIST', `another IRM daemon is starting: it holds ${lock}`, { cause });
  }
}

const alreadyRunning = (path: string): OuroborosError =>
  new OuroborosError('EEXIST', `an IRM daemon is already running: somebody answers at ${path}`);

/** Holding the lock takes a few milliseconds. */
const LOCK_LIFE_MS = 5000;

function identity(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : 'none';
}

function listenError(path: string, cause: NodeJS.ErrnoException): OuroborosError {
  const field = 'OUROBOROS_RUNTIME_DIR';
  // libuv says EACCES for a missing directory too.
  if (!existsSync(dirname(path)))
    return new OuroborosError('ENOENT', `there is no directory ${dirname(path)}`, { field, cause });
  if (cause.code === 'EACCES')
    return new OuroborosError('EACCES', `no permission to make a socket in ${dirname(path)}`, { field, cause });
  return new OuroborosError('EINVAL', `cannot listen at ${path}: ${cause.message}`, { field, cause });
}
