import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { createConnection, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';

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
    server.once('error', (error) => reject(listenError(path, error)));
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
    await removeStale(path, `${temporary}~`);
  }
}

/**
 * Another process may replace the stale socket between our look and our removal, so it is moved aside and looked at
 * again: what was moved is what we remove.
 */
async function removeStale(path: string, aside: string): Promise<void> {
  if (await answers(path)) throw alreadyRunning(path);
  renameSync(path, aside);
  if (!(await answers(aside))) return rmSync(aside, { force: true });
  renameSync(aside, path);
  throw alreadyRunning(path);
}

const alreadyRunning = (path: string): OuroborosError =>
  new OuroborosError('EEXIST', `an IRM daemon is already running: somebody answers at ${path}`);

/** Whether somebody listens on the socket. A full backlog or a missing permission count as somebody. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(!NOBODY.has(error.code ?? '')));
  });
}

const NOBODY: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK']);

function identity(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : 'none';
}

function listenError(path: string, cause: NodeJS.ErrnoException): OuroborosError {
  const field = 'OUROBOROS_RUNTIME_DIR';
  if (cause.code === 'ENOENT')
    return new OuroborosError('ENOENT', `there is no directory ${dirname(path)}`, { field, cause });
  if (cause.code === 'EACCES')
    return new OuroborosError('EACCES', `no permission to make a socket in ${dirname(path)}`, { field, cause });
  return new OuroborosError('EINVAL', `cannot listen at ${path}: ${cause.message}`, { field, cause });
}
