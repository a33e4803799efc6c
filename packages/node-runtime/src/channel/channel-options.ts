import { lstatSync, unlinkSync } from 'node:fs';
import { OuroborosError } from '@ouroboros/model';
import { SILENT, type Logger } from '@ouroboros/ports';
import { DEFAULT_RING_BYTES, MAX_RING_BYTES, MIN_RING_BYTES, isRingSize } from './ring-memory.js';

/** How a ChannelHost is made. */
export interface ChannelHostOptions {
  /** Where other processes attach: the path of a UNIX socket of at most 107 bytes. Undefined = this host never listens. */
  readonly path?: string;
  /** Members of this group may attach too (mode 0660); undefined = only this user (mode 0600). */
  readonly gid?: number;
  /** Size of each ring of an expected flow, one per direction: a power of two, 4 KiB … 16 MiB; default 512 KiB. */
  readonly ringBytes?: number;
  /** Looks in vain for news before sleeping, 0 … 1 000 000; default: OUROBOROS_SPIN, else 800. */
  readonly spinLooks?: number;
  /** How long an attach, and a connection that has attached nothing, may last; default 5 000 ms. */
  readonly handshakeMs?: number;
  readonly logger?: Logger;
}

export type CheckedOptions = Required<Omit<ChannelHostOptions, 'path' | 'gid'>> &
  Pick<ChannelHostOptions, 'path' | 'gid'>;

/** sun_path has 108 bytes, one of them for the zero byte at its end. */
const MAX_PATH_BYTES = 107;
/**
 * About 0.5 ms, longer than a round trip through several processes that sleep takes: then all on its way find each other
 * awake. On two cores that makes 60 to 130 µs over a unicast layer of two nodes of 330 to 440 µs. Nobody looks during a flood, see Spin.
 */
const DEFAULT_SPIN_LOOKS = 800;
const MAX_SPIN_LOOKS = 1_000_000;
const DEFAULT_HANDSHAKE_MS = 5_000;

/** Fills in the defaults. EINVAL with the option's name. */
export function checkOptions(options: ChannelHostOptions): CheckedOptions {
  const { ringBytes = DEFAULT_RING_BYTES, handshakeMs = DEFAULT_HANDSHAKE_MS, logger = SILENT } = options;
  if (options.path !== undefined) checkSocketPath(options.path);
  if (!isRingSize(ringBytes)) {
    invalid('ringBytes', `a power of two from ${MIN_RING_BYTES} to ${MAX_RING_BYTES}, not ${ringBytes}`);
  }
  if (!(handshakeMs > 0)) invalid('handshakeMs', `more than 0, not ${handshakeMs}`);
  return { ...options, ringBytes, handshakeMs, logger, spinLooks: spinLooksOf(options.spinLooks) };
}

/** EINVAL when no UNIX socket can have this path. */
export function checkSocketPath(path: string): void {
  const length = Buffer.byteLength(path);
  if (length === 0 || path.includes('\0')) invalid('path', 'a file path without zero bytes');
  if (length > MAX_PATH_BYTES) {
    invalid('path', `at most ${MAX_PATH_BYTES} bytes, the system's limit for sockets, not ${length}: ${path}`);
  }
}

function spinLooksOf(option: number | undefined): number {
  const fromEnvironment = process.env['OUROBOROS_SPIN'];
  const field = option === undefined && fromEnvironment ? 'OUROBOROS_SPIN' : 'spinLooks';
  const looks = option ?? (fromEnvironment ? Number(fromEnvironment) : DEFAULT_SPIN_LOOKS);
  if (Number.isInteger(looks) && looks >= 0 && looks <= MAX_SPIN_LOOKS) return looks;
  return invalid(field, `a whole number from 0 to ${MAX_SPIN_LOOKS}, not ${option ?? fromEnvironment}`);
}

function invalid(field: string, legal: string): never {
  throw new OuroborosError('EINVAL', `${field} must be ${legal}`, { field });
}

/** The identity of a socket file, to remove it only while it is still the same. */
export const fileIdentity = (path: string): string | null => {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isSocket() ? `${found.dev}:${found.ino}` : null;
};

export function unlinkIfSame(path: string, identity: string | null): void {
  if (identity !== null && fileIdentity(path) === identity) unlinkSync(path);
}

export const pathTaken = (path: string): OuroborosError =>
  new OuroborosError('EEXIST', `another process listens at ${path}, or it is no socket`, { field: 'path' });

/** What went wrong at a host since it was made. */
export interface ChannelCounters {
  /** Flows taken down because the other side wrote impossible positions, lengths or packets. */
  violations: number;
  /** Connections ended because of a bad hello, an unknown or untimely message, or silence. */
  badHandshakes: number;
  refusedTickets: number;
  refusedUsers: number;
  /** Connections turned away because there were too many. */
  refusedConnections: number;
}

export const newCounters = (): ChannelCounters => ({
  violations: 0,
  badHandshakes: 0,
  refusedTickets: 0,
  refusedUsers: 0,
  refusedConnections: 0,
});

/** Most connections that one host accepts at once. */
export const MAX_CONNECTIONS = 1024;
