import { OuroborosError, isErrorCode } from '@ouroboros/model';
import type * as Koffi from 'koffi';

/** A C pointer: 0n is NULL. BigInt is koffi's fastest pointer argument when it is made once. */
export type Address = bigint;
/** What koffi takes where C says `void *`. */
export type Pointer = Uint8Array | Address | null;

/** The C library's functions that this project calls. Each answers as in C: negative = failed, see `errno`. */
export interface Libc {
  read(fd: number, bytes: Pointer, length: number): number;
  write(fd: number, bytes: Pointer, length: number): number;
  socket(domain: number, type: number, protocol: number): number;
  socketpair(domain: number, type: number, protocol: number, fds: Uint8Array): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  listen(fd: number, backlog: number): number;
  accept4(fd: number, address: Pointer, length: Pointer, flags: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array): number;
  send(fd: number, bytes: Pointer, length: number, flags: number): number;
  recv(fd: number, bytes: Pointer, length: number, flags: number): number;
  recvfrom(fd: number, bytes: Pointer, length: number, flags: number, from: Pointer, fromLength: Pointer): number;
  sendmsg(fd: number, header: Address, flags: number): number;
  recvmsg(fd: number, header: Address, flags: number): number;
  sendmmsg(fd: number, headers: Address, count: number, flags: number): number;
  recvmmsg(fd: number, headers: Address, count: number, flags: number, timeout: null): number;
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number;
  memfd_create(name: string, flags: number): number;
  ftruncate(fd: number, length: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  ioctl(fd: number, request: number, argument: Pointer): number;
  mmap(address: null, length: number, protection: number, flags: number, fd: number, offset: number): number | bigint;
  munmap(address: Address, length: number): number;
  close(fd: number): number;
  sched_yield(): number;
}

const PROTOTYPES: Readonly<Record<keyof Libc, string>> = {
  read: 'int64_t read(int, void *, size_t)',
  write: 'int64_t write(int, void *, size_t)',
  socket: 'int socket(int, int, int)',
  socketpair: 'int socketpair(int, int, int, void *)',
  bind: 'int bind(int, void *, uint32_t)',
  listen: 'int listen(int, int)',
  accept4: 'int accept4(int, void *, void *, int)',
  connect: 'int connect(int, void *, uint32_t)',
  setsockopt: 'int setsockopt(int, int, int, void *, uint32_t)',
  getsockopt: 'int getsockopt(int, int, int, void *, void *)',
  send: 'int64_t send(int, void *, size_t, int)',
  recv: 'int64_t recv(int, void *, size_t, int)',
  recvfrom: 'int64_t recvfrom(int, void *, size_t, int, void *, void *)',
  sendmsg: 'int64_t sendmsg(int, void *, int)',
  recvmsg: 'int64_t recvmsg(int, void *, int)',
  sendmmsg: 'int sendmmsg(int, void *, uint32_t, int)',
  recvmmsg: 'int recvmmsg(int, void *, uint32_t, int, void *)',
  getsockname: 'int getsockname(int, void *, void *)',
  memfd_create: 'int memfd_create(const char *, uint32_t)',
  ftruncate: 'int ftruncate(int, int64_t)',
  // Both variadic in C; with one argument the calling convention of the supported platforms is that of a fixed one.
  fcntl: 'int fcntl(int, int, int)',
  ioctl: 'int ioctl(int, uint64_t, void *)',
  mmap: 'uint64_t mmap(void *, size_t, int, int, int, int64_t)',
  munmap: 'int munmap(void *, size_t)',
  close: 'int close(int)',
  sched_yield: 'int sched_yield()',
};

/** The C library and the parts of koffi that go with it. */
export interface Native {
  readonly c: Libc;
  /** Error number of the last failed call of `c`, as a name such as `EAGAIN`; '' when unknown. */
  errno(): string;
  /** The memory at `address` as an ArrayBuffer; nothing keeps it mapped. */
  view(address: Address, length: number): ArrayBuffer;
  poll(fd: number, events: PollEvents, callback: () => void): PollHandle;
  /** Gives memory that was freed back to the system; does nothing where the C library (musl) keeps none. */
  trim(): void;
}

export interface PollEvents {
  readonly readable?: boolean;
  readonly writable?: boolean;
}

/**
 * A libuv poll handle; it works, and keeps the process alive, until `close`. Its events say only: look for yourself. After
 * an error of the descriptor it calls back once more and has stopped.
 */
export interface PollHandle {
  start(events: PollEvents, callback: () => void): void;
  stop(): void;
  /** Harmless when repeated. */
  close(): void;
}

let loading: Promise<Native | Error> | undefined;
let loaded: Native | Error | undefined;

/**
 * Loads koffi and binds the C library, once per process; later calls answer the same. Resolves to null where that is
 * impossible: koffi is not installed, or the system is not a 64-bit little-endian Linux, whose structure layouts this
 * folder writes. Never rejects.
 */
export async function loadNative(): Promise<Native | null> {
  loading ??= load();
  loaded = await loading;
  return loaded instanceof Error ? null : loaded;
}

/** What `loadNative` found; null before it has resolved. */
export const tryNative = (): Native | null => (loaded instanceof Error ? null : (loaded ?? null));

/** Like `tryNative`, for callers that cannot go on without it. ENOTSUP. */
export function native(): Native {
  if (loaded !== undefined && !(loaded instanceof Error)) return loaded;
  const why = loaded?.message ?? 'loadNative() was not awaited';
  throw new OuroborosError('ENOTSUP', `no access to the C library: ${why}`, { cause: loaded });
}

/** The failure of the C library call just made, as an error that says what was being done. */
export function systemError(doing: string): OuroborosError {
  const name = native().errno();
  return new OuroborosError(isErrorCode(name) ? name : 'EIO', `${doing}: ${name || 'unknown error'}`);
}

async function load(): Promise<Native | Error> {
  if (process.platform !== 'linux' || !['x64', 'arm64', 'riscv64'].includes(process.arch)) {
    return new Error(`${process.platform} on ${process.arch} is not supported`);
  }
  try {
    return bindAll(await import('koffi'));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function bindAll(koffi: typeof Koffi): Native {
  // The process itself: it holds a C library whatever its file is called (glibc, musl).
  const self = koffi.load(null);
  const names = Object.keys(PROTOTYPES) as (keyof Libc)[];
  const c = Object.fromEntries(names.map((name) => [name, self.func(PROTOTYPES[name])])) as unknown as Libc;
  // Of two names for a number (EAGAIN, EWOULDBLOCK) the first counts.
  const errnoNames = new Map<number, string>();
  for (const [name, number] of Object.entries(koffi.os.errno)) {
    if (!errnoNames.has(number)) errnoNames.set(number, name);
  }
  return {
    c,
    errno: () => errnoNames.get(koffi.errno()) ?? '',
    view: (address, length) => koffi.view(address, length),
    poll: (fd, events, callback) => keepAlive(koffi.node.poll(fd, events, callback)),
    trim: trimOf(self),
  };
}

function trimOf(self: Koffi.LibraryHandle): () => void {
  try {
    const trim = self.func('int malloc_trim(size_t)') as (keep: number) => number;
    return () => void trim(0);
  } catch {
    return () => undefined;
  }
}

/** Poll handles of koffi stop without notice when they are collected as garbage. */
const openHandles = new Set<PollHandle>();

function keepAlive(handle: Koffi.node.PollHandle): PollHandle {
  const kept: PollHandle = {
    start: (events, callback) => handle.start(events, callback),
    stop: () => handle.stop(),
    close: () => {
      if (openHandles.delete(kept)) handle.close();
    },
  };
  openHandles.add(kept);
  return kept;
}
