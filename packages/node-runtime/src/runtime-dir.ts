import { chmodSync, chownSync, lstatSync, mkdirSync, statSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';

/**
 * Longest path of a socket in bytes. The kernel's limit is 107; the rest is room for the temporary name under which a
 * listener starts.
 */
export const MAX_SOCKET_PATH_BYTES = 100;
const VARIABLE = 'OUROBOROS_RUNTIME_DIR';

const ownUid = (): number => process.geteuid?.() ?? 0;

/**
 * The directory in which the daemons of one node have their sockets: `$OUROBOROS_RUNTIME_DIR`, else `/run/ouroboros` for
 * root, else `$XDG_RUNTIME_DIR/ouroboros`, else `/tmp/ouroboros-<uid>`. Always absolute; it need not exist.
 * EPERM when the one below /tmp belongs to another user.
 */
export function runtimeDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env[VARIABLE]) return resolve(env[VARIABLE]);
  if (ownUid() === 0) return '/run/ouroboros';
  if (env['XDG_RUNTIME_DIR']) return resolve(env['XDG_RUNTIME_DIR'], 'ouroboros');
  const dir = `/tmp/ouroboros-${ownUid()}`;
  const found = lstatSync(dir, { throwIfNoEntry: false });
  if (found) refuseForeign(dir, found);
  return dir;
}

/** Who may use the sockets of the node besides its user. */
export interface RuntimeDirAccess {
  /** Group whose members may enter the directory (0750); without it only the owner may (0700). */
  readonly gid?: number;
  /** Members may also make sockets of their own there (0770), which direct flows between users need. */
  readonly groupWritable?: boolean;
}

/**
 * Makes the directory, or puts the access of an existing one of ours right.
 * EPERM when another user owns it, EINVAL when it is no directory or its path is too long for sockets.
 */
export function ensureRuntimeDir(dir: string, access: RuntimeDirAccess = {}): void {
  irmSocketPath(dir);
  try {
    mkdirSync(dirname(dir), { recursive: true });
    if (!statSync(dir, { throwIfNoEntry: false })) mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code === 'EACCES' ? 'EACCES' : 'EINVAL';
    throw new OuroborosError(code, `cannot make the runtime directory ${dir} (set ${VARIABLE}): ${String(error)}`, {
      field: VARIABLE,
      cause: error,
    });
  }
  refuseForeign(dir, statSync(dir));
  setAccess(dir, access);
}

/** Where the IRM daemon listens. EINVAL (field OUROBOROS_RUNTIME_DIR) when the path is too long. */
export const irmSocketPath = (dir: string): string => socketPath(dir, 'irm.sock');

/** Where the ChannelHost of a process listens. EINVAL (field OUROBOROS_RUNTIME_DIR) when the path is too long. */
export const channelPath = (dir: string, pid: number): string => socketPath(dir, `ch.${pid}`);

function socketPath(dir: string, name: string): string {
  const path = join(dir, name);
  const length = Buffer.byteLength(path);
  if (length <= MAX_SOCKET_PATH_BYTES) return path;
  throw new OuroborosError(
    'EINVAL',
    `${path} has ${length} bytes, more than the ${MAX_SOCKET_PATH_BYTES} of a socket's path: choose a shorter ${VARIABLE}`,
    { field: VARIABLE },
  );
}

function refuseForeign(dir: string, found: Stats): void {
  if (!found.isDirectory()) throw new OuroborosError('EINVAL', `${dir} is not a directory`, { field: VARIABLE });
  if (found.uid === ownUid()) return;
  const message = `${dir} belongs to user ${found.uid}, not to ${ownUid()}: choose another ${VARIABLE}`;
  throw new OuroborosError('EPERM', message, { field: VARIABLE });
}

function setAccess(dir: string, { gid, groupWritable = false }: RuntimeDirAccess): void {
  try {
    if (gid !== undefined) chownSync(dir, ownUid(), gid);
    chmodSync(dir, gid === undefined ? 0o700 : groupWritable ? 0o770 : 0o750);
  } catch (error) {
    throw new OuroborosError('EPERM', `cannot give ${dir} to group ${gid}: ${toOuroborosError(error).message}`, {
      field: 'group',
      cause: error,
    });
  }
}
