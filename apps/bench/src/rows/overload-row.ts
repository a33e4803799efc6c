import { setTimeout as pause } from 'node:timers/promises';
import { ussBytes } from '../contenders/uss.js';
import type { Line } from '../networks/line.js';
import { askedOf } from './flow-rows.js';
import type { Row } from './row.js';

const SIZE = 1400;
const PING_SIZE = 64;
const PING_PAUSE_MS = 10;

/** A writer at full speed from one end of a line of three to the other, and pings between two other processes beside. */
export const OVERLOAD_ROW: Row<Line> = {
  id: 'overload',
  encrypted: 'the flow of the writer',
  async measure(line, { overloadS, warmUpS }) {
    const daemons = await line.daemons();
    const used = (): number[] => daemons.map(({ pid }) => ussBytes(pid) / 1e6);
    const flow = askedOf(line.path('top.encrypted'), 'encrypted');
    const length = { seconds: overloadS, warmUpS };
    const before = used();
    const [written, pings, early] = await Promise.all([
      line.first.measure({ ...flow, kind: 'one-way', size: SIZE, ...length, watched: [] }),
      line.first.measure({
        ...askedOf(line.path('top.plain'), 'plain'),
        kind: 'round-trip',
        size: PING_SIZE,
        ...length,
        pauseMs: PING_PAUSE_MS,
      }),
      pause((1000 * overloadS) / 3).then(used),
    ]);
    const after = used();
    // The last second is not a whole one.
    const perSecond = written.perSecond.slice(0, -1);
    const peak = Math.max(...perSecond);
    return {
      perSecond,
      figures: {
        packetsPerS: written.packetsPerS,
        percentOfPeak: (100 * written.packetsPerS) / peak,
        pingP50Ms: pings.p50Us / 1000,
        pingP99Ms: pings.p99Us / 1000,
        pingMaxMs: pings.maxUs / 1000,
        pingsLostPercent: (100 * pings.lost) / (pings.lost + pings.count),
        ...Object.fromEntries(daemons.map(({ process }, i) => [`uss ${process} before`, before[i]!])),
        ...Object.fromEntries(daemons.map(({ process }, i) => [`uss ${process} after`, after[i]!])),
        // Once the heaps have the size that the load takes.
        grownMB: Math.max(...after.map((bytes, i) => bytes - early[i]!)),
      },
    };
  },
};
