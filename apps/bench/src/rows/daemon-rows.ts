import { setTimeout as pause } from 'node:timers/promises';
import { ussBytes } from '../contenders/uss.js';
import { cpuWhile, type Watched } from '../measured/cpu-time.js';
import type { Line } from '../networks/line.js';
import { flowRows } from './flow-rows.js';
import type { Figures, Row } from './row.js';

/**
 * By then links rest, and daemons have given back what their start took, which they do at their first or second look, one each
 * 5 s, and have compiled again what they run at rest.
 */
const REST_MS = 25_000;

const atRest = (line: Line): Promise<void> => pause(Math.max(0, line.startedAt + REST_MS - performance.now()));

/** What daemons cost that have nothing to do; before all that is asked of them. */
export const IDLE_ROWS: readonly Row<Line>[] = [
  {
    id: 'daemons/memory/idle',
    encrypted: 'nothing',
    async measure(line) {
      await atRest(line);
      return { figures: memory(await line.daemons()) };
    },
  },
  {
    id: 'daemons/cpu/idle',
    encrypted: 'nothing',
    async measure(line, { idleS }) {
      await atRest(line);
      const { cpuUs } = await cpuWhile(await line.daemons(), () => pause(idleS * 1000));
      const sum = Object.values(cpuUs).reduce((a, b) => a + b, 0);
      return { figures: { percentOfCore: sum / (idleS * 1e4) } };
    },
  },
];

const [load] = flowRows({ title: '', protection: 'encrypted', name: 'top.encrypted', links: '' }, 1400);

/** After all else that is measured in a network, and packets at full speed at least. */
export const LOADED_ROW: Row<Line> = {
  id: 'daemons/memory/loaded',
  encrypted: 'the flow',
  async measure(line, lengths) {
    await load!.measure(line, lengths);
    return { figures: memory(await line.daemons()) };
  },
};

/** USS in MB (10^6 bytes), the greatest of the IPCPs and of the irmd. */
export function memory(daemons: readonly Watched[]): Figures {
  const each = daemons.map(({ process, pid }) => [`uss ${process}`, ussBytes(pid) / 1e6] as const);
  const greatest = (irmd: boolean): number =>
    Math.max(...each.filter(([name]) => name.startsWith('uss irmd') === irmd).map(([, bytes]) => bytes));
  return { ipcpMB: greatest(false), irmdMB: greatest(true), ...Object.fromEntries(each) };
}
