import { tryNative } from './libc.js';

/** Who is at the other end of a UNIX socket, as the kernel recorded it when the connection was made. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/**
 * SO_PEERCRED of the connected UNIX socket `fd`. Null when the kernel cannot be asked: `loadNative()` has not resolved
 * or found nothing, or `fd` is not a connected UNIX socket.
 */
export function peerCredentials(fd: number): PeerCredentials | null {
  const found = tryNative();
  if (!found) return null;
  const value = new Uint8Array(12); // struct ucred { pid_t pid; uid_t uid; gid_t gid; }
  const length = new Uint8Array(Uint32Array.of(value.length).buffer);
  if (found.c.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, value, length) !== 0) return null;
  const fields = new DataView(value.buffer);
  const pid = fields.getInt32(0, true);
  // A socket that is not a connected UNIX socket answers with pid 0 and ids of -1.
  if (pid === 0) return null;
  return { pid, uid: fields.getUint32(4, true), gid: fields.getUint32(8, true) };
}
