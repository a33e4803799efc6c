import { readdirSync, readFileSync } from 'node:fs';

/** A process whose CPU time is measured. */
export interface Watched {
  readonly process: string;
  readonly pid: number;
}

/** CPU time in µs that all threads of a process have used; 0 once it has ended. */
export function cpuMicros(pid: number): number {
  let nanos = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`))
      nanos += Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'), 10);
  } catch {
    return 0;
  }
  return nanos / 1000;
}

/** CPU time in µs of each process while `action` runs. */
export async function cpuWhile<T>(
  watched: readonly Watched[],
  action: () => Promise<T>,
): Promise<{ result: T; cpuUs: Record<string, number> }> {
  const before = watched.map(({ pid }) => cpuMicros(pid));
  const result = await action();
  const cpuUs: Record<string, number> = {};
  watched.forEach(({ process, pid }, i) => {
    cpuUs[process] = (cpuUs[process] ?? 0) + cpuMicros(pid) - before[i]!;
  });
  return { result, cpuUs };
}
