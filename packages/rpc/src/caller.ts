import { OuroborosError } from '@ouroboros/model';
import { processUid, type PeerCredentials } from '@ouroboros/node-runtime';

/** Who is at the other end of a connection. */
export interface Caller {
  /** As the kernel says; 0 when the kernel could not be asked and the process has not said it. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** What is known of one connection. */
export interface ConnectionIdentity {
  readonly caller: Caller;
  /** False when the kernel could not be asked; then only our own user can have connected (mode 0600). */
  readonly proven: boolean;
}

/** Null when the caller cannot be known and others than our user may connect: such a connection is refused. */
export function identify(credentials: PeerCredentials | null, mode: number): ConnectionIdentity | null {
  if (credentials) {
    const { pid, uid, gid } = credentials;
    return { caller: { pid, uid, gid }, proven: true };
  }
  if (mode !== 0o600) return null;
  return { caller: { pid: 0, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }, proven: false };
}

/**
 * The caller, given the pid that it announces. Where the kernel has told the pid, the claim does not matter; else the
 * process must at least be one of our user's. EPERM when it is not.
 */
export function callerClaiming({ caller, proven }: ConnectionIdentity, claimedPid: number): Caller {
  if (proven) return caller;
  if (processUid(claimedPid) === caller.uid) return { ...caller, pid: claimedPid };
  throw new OuroborosError('EPERM', `process ${claimedPid} is not one of user ${caller.uid}`, { field: 'pid' });
}
