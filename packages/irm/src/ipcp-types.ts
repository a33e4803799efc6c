import { IPCP_TYPES, LATER_IPCP_TYPES, OuroborosError, RELEASED_IPCP_TYPES, byText } from '@ouroboros/model';
import type { IpcpInfo } from '@ouroboros/ports';

/**
 * Refuses the types of later releases by name. Others pass: whether `ipcpd-<type>` exists is for the daemon to say.
 * @throws OuroborosError EINVAL for a word that cannot be a type, ENOTSUP for a type of a later release
 */
export function checkType(type: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(type)) {
    throw new OuroborosError(
      'EINVAL',
      `type must be ${RELEASED_IPCP_TYPES.join(', ')} or the <type> of an installed ipcpd-<type>, not "${type}"`,
      {
        field: 'type',
      },
    );
  }
  if (LATER_IPCP_TYPES.includes(type)) {
    throw new OuroborosError(
      'ENOTSUP',
      `type ${type} comes with a later release; this one has ${RELEASED_IPCP_TYPES.join(', ')}`,
      {
        field: 'type',
      },
    );
  }
}

/** Types that the specification does not know come last. */
const listRank = (type: string): number => {
  const rank = IPCP_TYPES.indexOf(type);
  return rank < 0 ? IPCP_TYPES.length : rank;
};

/** The order of lists: by type, then pid. [spec/architecture.md §7] */
export const compareIpcps = (a: IpcpInfo, b: IpcpInfo): number =>
  listRank(a.type) - listRank(b.type) || byText(a.type, b.type) || a.pid - b.pid;

export const compareNames = (a: { readonly name: string }, b: { readonly name: string }): number =>
  byText(a.name, b.name);
