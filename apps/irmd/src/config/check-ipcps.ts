import type { Configuration, IpcpTable } from './configuration.js';
import type { RunOutcome } from '../process/run-to-end.js';
import { tableKey } from './step.js';
import type { Fault } from './fault.js';

/** How a program that checks a configuration ended; status null also when it could not be started. */
export type CheckOutcome = RunOutcome;

/** Runs `ipcpd-<type> --name NAME --check-config` with `input` as its standard input. Never rejects. */
export type RunCheck = (type: string, name: string, input: string) => Promise<CheckOutcome>;

/** Programs checked at the same time. */
const AT_ONCE = 2;

/**
 * Lets each IPCP's own program check its configuration: the daemon knows no key of any type. A table without bootstrap,
 * enrol and own keys is only created, and needs no check.
 */
export async function checkIpcps(configuration: Configuration, run: RunCheck): Promise<Fault[]> {
  const tables = configuration.tables.filter(
    (table): table is IpcpTable =>
      table.kind === 'ipcp' && (table.join !== null || Object.keys(table.config).length > 0),
  );
  const faults: Fault[][] = tables.map(() => []);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < tables.length; i = next++) {
      const table = tables[i]!;
      faults[i] = outcomeFaults(table, await run(table.type, table.name, JSON.stringify(table.config)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return faults.flat();
}

function outcomeFaults(table: IpcpTable, outcome: CheckOutcome): Fault[] {
  if (outcome.status === 0) return [];
  const key = tableKey(table);
  const faults = outcome.stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseFault)
    .filter((fault): fault is Fault => fault !== undefined)
    .map(({ path, message }) => ({ path: path === '' ? key : `${key}.${path}`, message }));
  if (faults.length > 0) return faults;
  const words = outcome.stderr.trim().split('\n', 1)[0] || 'it said nothing';
  return [
    {
      path: key,
      message: `ipcpd-${table.type} could not check it (exit status ${outcome.status ?? 'none'}): ${words}`,
    },
  ];
}

function parseFault(line: string): Fault | undefined {
  const value = parseJson(line);
  if (typeof value !== 'object' || value === null || !('message' in value)) return undefined;
  const field = 'field' in value && typeof value.field === 'string' ? value.field : '';
  return typeof value.message === 'string' ? { path: field, message: value.message } : undefined;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
