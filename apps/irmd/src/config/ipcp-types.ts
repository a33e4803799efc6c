/**
 * The types of [spec/architecture.md §6] that this release has no program for. The daemon knows no other thing about
 * types: when a program `ipcpd-<type>` is found, its table is passed on to it whatever stands here.
 */
export const LATER_TYPES: readonly string[] = ['broadcast', 'eth-llc', 'eth-dix', 'udp6'];

/** Types of the specification without enrollment: the shims. [spec/architecture.md §2] */
export const SHIM_TYPES: readonly string[] = ['local', 'eth-llc', 'eth-dix', 'udp4', 'udp6'];

/** For suggestions in messages. */
export const KNOWN_TYPES: readonly string[] = ['local', 'udp4', 'unicast'];
