import { readFileSync } from 'node:fs';

/** Bytes of memory that a process shares with no other (USS); throws when the process is over. */
export function ussBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const own = [...rollup.matchAll(/^Private_(?:Clean|Dirty|Hugetlb): +(\d+) kB$/gm)];
  return own.reduce((sum, [, kB]) => sum + Number(kB) * 1024, 0);
}
