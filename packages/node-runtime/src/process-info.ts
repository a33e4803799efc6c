import { readFileSync } from 'node:fs';

/** A process that can be told from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Ticks since boot. */
  readonly startTime: number;
}

/** The fields of /proc/<pid>/stat that are of use here. */
export interface ProcessStat {
  /** One letter; Z = dead and not yet reaped. */
  readonly state: string;
  readonly parent: number;
  /** Ticks since boot. */
  readonly startTime: number;
}

const isPid = (pid: number): boolean => Number.isInteger(pid) && pid > 0;

/** Undefined when the file is gone, which is how the death of a process shows. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** Parses /proc/<pid>/stat; the program's name in it is in brackets and may itself hold blanks and brackets. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const rest = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, startTime] = [rest[0], Number(rest[1]), Number(rest[19])];
  if (!state || !Number.isInteger(parent) || !Number.isInteger(startTime)) return undefined;
  return { state, parent, startTime };
}

/** Undefined when there is no such process. */
export function processStat(pid: number): ProcessStat | undefined {
  const text = isPid(pid) ? readProc(pid, 'stat') : undefined;
  return text === undefined ? undefined : parseProcessStat(text);
}

/** Whether the process runs; one that is dead and not yet reaped does not. */
export function processAlive(pid: number): boolean {
  const stat = processStat(pid);
  return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X';
}

/** When the process began, in ticks since boot; undefined when there is no such process. */
export const processStartTime = (pid: number): number | undefined => processStat(pid)?.startTime;

export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startTime = processStartTime(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

/** Whether this very process still runs, as opposed to another that got its number. */
export function sameProcessAlive(identity: ProcessIdentity): boolean {
  return processAlive(identity.pid) && processStartTime(identity.pid) === identity.startTime;
}

/** Effective user id of a process; undefined when there is no such process. */
export function processUid(pid: number): number | undefined {
  const status = isPid(pid) ? readProc(pid, 'status') : undefined;
  const ids = status === undefined ? null : /^Uid:\s+\d+\s+(\d+)/m.exec(status);
  return ids ? Number(ids[1]) : undefined;
}
