import { fchmodSync } from 'node:fs';
import { native, systemError, tryNative } from './libc.js';

const AF_UNIX = 1;
const SOCK_STREAM_NONBLOCK_CLOEXEC = 1 | 0o4000 | 0o2000000;
const SOCK_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
/** The kernel lowers it to net.core.somaxconn. */
const BACKLOG = 4096;
const MSG_DONTWAIT_NOSIGNAL = 0x4040;

/** struct sockaddr_un: 0 sun_family (2)  2 sun_path, closed by a zero byte. `path` has been checked for its length. */
function addressOf(path: string): Uint8Array {
  const name = new TextEncoder().encode(path);
  const address = new Uint8Array(2 + name.length + 1);
  address[0] = AF_UNIX;
  address.set(name, 2);
  return address;
}

/** A new non-blocking UNIX stream socket. */
function newSocket(): number {
  const fd = native().c.socket(AF_UNIX, SOCK_STREAM_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) throw systemError('create a UNIX socket');
  return fd;
}

/**
 * A socket that listens at `path`, as a file of this `mode` from its first moment. Answers null when the path is taken
 * (EADDRINUSE), by a living process or a dead one.
 */
export function listenUnix(path: string, mode: number): number | null {
  const { c, errno } = native();
  const fd = newSocket();
  const address = addressOf(path);
  // The file inherits the mode of the socket's own inode.
  fchmodSync(fd, mode);
  if (c.bind(fd, address, address.length) === 0 && c.listen(fd, BACKLOG) === 0) return fd;
  const taken = errno() === 'EADDRINUSE';
  const error = systemError(`listen at ${path}`);
  c.close(fd);
  if (taken) return null;
  throw error;
}

/** Connects at once. On failure answers the error's name: `EAGAIN` = the other side's queue is full, try again later. */
export function connectUnix(path: string): number | string {
  const { c, errno } = native();
  const fd = newSocket();
  const address = addressOf(path);
  if (c.connect(fd, address, address.length) === 0) return fd;
  const name = errno();
  c.close(fd);
  return name;
}

/**
 * Holds a name that one process of this network namespace can have at a time, until the descriptor is closed. Answers null
 * when another has it.
 */
export function holdName(name: string): number | null {
  const { c, errno } = native();
  const fd = newSocket();
  // An address that begins with a zero byte is no file.
  const address = addressOf(`\0${name}`).subarray(0, -1);
  if (c.bind(fd, address, address.length) === 0) return fd;
  const taken = errno() === 'EADDRINUSE';
  const error = systemError(`hold the name ${name}`);
  c.close(fd);
  if (taken) return null;
  throw error;
}

/** The next waiting connection, or the error's name: `EAGAIN` = none. */
export function acceptUnix(listener: number): number | string {
  const { c, errno } = native();
  const fd = c.accept4(listener, null, null, SOCK_NONBLOCK_CLOEXEC);
  return fd >= 0 ? fd : errno();
}

/** Two connected sockets. */
export function socketPair(): [number, number] {
  const fds = new Uint8Array(8);
  if (native().c.socketpair(AF_UNIX, SOCK_STREAM_NONBLOCK_CLOEXEC, 0, fds) !== 0)
    throw systemError('make a socket pair');
  const view = new DataView(fds.buffer);
  return [view.getInt32(0, true), view.getInt32(4, true)];
}

const BELL = new Uint8Array(1);

/** Sends one zero byte without waiting. A full or broken connection is no matter: then the other side has cause to wake up. */
export function ringBell(fd: number): void {
  native().c.send(fd, BELL, 1, MSG_DONTWAIT_NOSIGNAL);
}

export function closeDescriptor(fd: number): void {
  tryNative()?.c.close(fd);
}
