import { IPCP_TYPES, OuroborosError, byText } from '@ouroboros/model';
import type { IpcpInfo } from '@ouroboros/ports';

/**
 * Whether `ipcpd-<type>` exists is for the daemon to say.
 * @throws OuroborosError EINVAL for a word that cannot be a type
 */
export function checkType(type: string): void {
  if (/^[a-z0-9][a-z0-9._-]{0,63}$/.test(type)) return;
  throw new OuroborosError(
    'EINVAL',
    `type must be ${IPCP_TYPES.join(', ')} or the <type> of an installed ipcpd-<type>, not "${type}"`,
    { field: 'type' },
  );
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
