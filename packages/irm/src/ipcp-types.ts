import { OuroborosError } from '@ouroboros/model';
import type { IpcpInfo } from '@ouroboros/ports';

/** Types of IPCPs in the order of lists; types that stand not here follow by name. [spec/architecture.md §7] */
const LIST_ORDER: readonly string[] = ['local', 'unicast', 'broadcast', 'eth-llc', 'eth-dix', 'udp4', 'udp6'];

/** Types of the specification that this release has no IPCP for. */
export const LATER_TYPES: readonly string[] = ['broadcast', 'eth-llc', 'eth-dix', 'udp6'];

/** Types whose options are known; any other may exist as a program `ipcpd-<type>`. */
export const RELEASED_TYPES: readonly string[] = LIST_ORDER.filter((type) => !LATER_TYPES.includes(type));

/** Types without enrollment and connections: binding them to names has no use. [spec/architecture.md §2] */
const SHIM_TYPES: readonly string[] = ['local', 'eth-llc', 'eth-dix', 'udp4', 'udp6'];

export const isShim = (type: string): boolean => SHIM_TYPES.includes(type);

/**
 * Refuses the types of later releases by name. Others pass: whether `ipcpd-<type>` exists is for the daemon to say.
 * @throws OuroborosError EINVAL for a word that cannot be a type, ENOTSUP for a type of a later release
 */
export function checkType(type: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(type)) {
    throw new OuroborosError(
      'EINVAL',
      `type must be ${RELEASED_TYPES.join(', ')} or the <type> of an installed ipcpd-<type>, not "${type}"`,
      {
        field: 'type',
      },
    );
  }
  if (LATER_TYPES.includes(type)) {
    throw new OuroborosError(
      'ENOTSUP',
      `type ${type} comes with a later release; this one has ${RELEASED_TYPES.join(', ')}`,
      {
        field: 'type',
      },
    );
  }
}

const listRank = (type: string): number => {
  const rank = LIST_ORDER.indexOf(type);
  return rank < 0 ? LIST_ORDER.length : rank;
};

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order of lists: by type, then pid. */
export const compareIpcps = (a: IpcpInfo, b: IpcpInfo): number =>
  listRank(a.type) - listRank(b.type) || byText(a.type, b.type) || a.pid - b.pid;

export const compareNames = (a: { readonly name: string }, b: { readonly name: string }): number =>
  byText(a.name, b.name);
