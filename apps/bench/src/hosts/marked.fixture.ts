import { readdirSync, readFileSync } from 'node:fs';

/** Commands of the processes that have inherited `BENCH_MARK=<mark>`, whoever is their parent now. */
export function processesMarked(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(pid, 'environ').includes(`BENCH_MARK=${mark}\0`))
    .map((pid) => read(pid, 'cmdline').replaceAll('\0', ' ').trim());
}

/** '' of a process that is over. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
