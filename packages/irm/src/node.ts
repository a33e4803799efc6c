import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { OuroborosError } from '@ouroboros/model';
import { irmSocketPath, NodeClock, runtimeDir } from '@ouroboros/node-runtime';
import { connectManagement } from '@ouroboros/rpc';
import { Irm } from './irm.js';
import { findNode, type NodeAccess } from './node-remote/known-nodes.js';

export { findNode, knownNodesFile, type NodeAccess } from './node-remote/known-nodes.js';

export interface OpenIrmOptions extends NodeAccess {
  /** Directory of the node; default `$OUROBOROS_RUNTIME_DIR`, else the user's own. */
  readonly runtimeDir?: string;
  /**
   * A node of another host in place of one of this: `HOST[:PORT]`, or the word for it in `nodes.toml` of the configuration
   * directory. Default: `$OUROBOROS_NODE`, where no `runtimeDir` is given.
   */
  readonly node?: string | undefined;
  /** How long one call may take, then it rejects ETIMEDOUT. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The management library for a node: one of this host, by its runtime directory, or of another, where its daemon is open
 * to the certificate that is shown. Connects at the first call, and again when the daemon was restarted; while none
 * answers, calls reject with EIRMD. `close` when done: an open connection keeps the process alive.
 * @throws OuroborosError EPERM or EINVAL (field OUROBOROS_RUNTIME_DIR) for a directory that cannot be the node's; EINVAL
 *   for a node of which too little is known
 */
export function openIrm(options: OpenIrmOptions = {}): Irm {
  const { timeoutMs } = options;
  const node = options.node ?? (options.runtimeDir === undefined ? process.env['OUROBOROS_NODE'] : undefined);
  const there = node === undefined || node === '' ? undefined : findNode(node, options);
  const management = connectManagement(there ?? irmSocketPath(options.runtimeDir ?? runtimeDir()), { timeoutMs });
  return new Irm({
    management,
    clock: new NodeClock(),
    // The daemon of another host looks for programs there.
    findProgram: async (program) => (there ? program : findProgram(program)),
    close: () => management.close(),
  });
}

type Finding = 'absent' | 'not executable' | 'executable';

/**
 * Absolute path of a program: given by path (a slash in it), or the first executable file of that name in PATH.
 * Links are not followed: processes announce the name they were started by.
 * OuroborosError ENOENT (no such file) or EPERM (a file, but not executable by this user).
 */
export async function findProgram(program: string, searchPath = process.env['PATH'] ?? ''): Promise<string> {
  const places = program.includes('/') ? ['.'] : searchPath.split(delimiter).filter((place) => place !== '');
  const candidates = places.map((place) => resolve(place, program));
  const executable = candidates.find((path) => inspect(path) === 'executable');
  if (executable !== undefined) return executable;
  const present = candidates.find((path) => inspect(path) === 'not executable');
  if (present !== undefined) {
    throw new OuroborosError('EPERM', `program ${present} cannot be executed: check its permissions`, {
      field: 'program',
    });
  }
  const where = program.includes('/') ? 'does not exist' : 'does not exist in PATH';
  throw new OuroborosError('ENOENT', `program ${program} ${where}`, { field: 'program' });
}

function inspect(path: string): Finding {
  if (!succeeds(() => accessSync(path)) || !statSync(path).isFile()) return 'absent';
  return succeeds(() => accessSync(path, constants.X_OK)) ? 'executable' : 'not executable';
}

/** Whether the system lets us; why not makes no difference here. */
function succeeds(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
