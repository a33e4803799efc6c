import { OuroborosError } from '@ouroboros/model';

/** Flags of a flow; the numbers are those of fccntl. [spec/architecture.md §8.2, spec/wire-frcp.md §10.3] */
export const FLOWFRDONLY = 0o0;
export const FLOWFWRONLY = 0o1;
export const FLOWFRDWR = 0o2;
/** The bits of the access mode. */
export const FLOWFACCMODE = 0o3;
export const FLOWFDOWN = 0o4;
export const FLOWFRNOBLOCK = 0o1000;
export const FLOWFWNOBLOCK = 0o2000;
export const FLOWFRNOPART = 0o10000;
export const FLOWFWNOPART = 0o20000;
export const DEFAULT_FLAGS = FLOWFRDWR | FLOWFWNOPART;

const SETTABLE = FLOWFACCMODE | FLOWFRNOBLOCK | FLOWFWNOBLOCK | FLOWFRNOPART | FLOWFWNOPART;

/**
 * Flags that a process may set, unchanged; else EINVAL: access mode 3, an unknown bit, or FLOWFDOWN. (C passes a set
 * FLOWFDOWN on to the other side of the local queue; here only the flow itself goes down.)
 */
export function checkFlags(value: number): number {
  if (Number.isInteger(value) && (value & ~SETTABLE) === 0 && (value & FLOWFACCMODE) !== 3) return value;
  throw new OuroborosError('EINVAL', `0o${Number(value).toString(8)} is no set of flow flags`, { field: 'flags' });
}
