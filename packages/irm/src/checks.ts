import { OuroborosError } from '@ouroboros/model';

/** @throws OuroborosError EINVAL unless `pid` can be a process id */
export function checkPid(pid: number): void {
  if (Number.isSafeInteger(pid) && pid >= 1 && pid <= MAX_PID) return;
  throw new OuroborosError('EINVAL', `pid must be a whole number from 1 to ${MAX_PID}, not ${pid}`, { field: 'pid' });
}

/** The largest that Linux gives out on 64-bit machines (PID_MAX_LIMIT). */
const MAX_PID = 4_194_304;
