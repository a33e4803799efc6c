import type { Line } from '../networks/line.js';
import { memberName } from '../networks/line.js';
import { askedOf } from './flow-rows.js';
import type { Row } from './row.js';

const allocations = (protection: 'plain' | 'encrypted'): Row<Line> => ({
  id: `unicast/allocation/${protection}`,
  encrypted: protection === 'plain' ? 'nothing' : 'the flows',
  async measure(line, { allocationsS, warmUpS }) {
    const task = { ...askedOf(line.path(`top.${protection}`), protection), kind: 'allocations' } as const;
    const { p50Ms, p99Ms, perS } = await line.first.measure({ ...task, seconds: allocationsS, warmUpS });
    return { figures: { p50Ms, p99Ms, perS } };
  },
});

/** One more member joins the unicast layer at the last node: its process starts, it enrolls, and is connected. */
const enrollment: Row<Line> = {
  id: 'unicast/enrollment',
  encrypted: 'nothing',
  async measure({ first, last, layer }) {
    const [name, dst] = ['net1.further', memberName(first, 1)];
    await last.irm.createIpcp(name, 'unicast');
    const start = performance.now();
    await last.irm.enrollIpcp({ name, type: 'unicast', layer, dst });
    const enrolled = performance.now();
    await last.irm.connectIpcp({ name, dst });
    const figures = { enrollMs: enrolled - start, connectMs: performance.now() - enrolled };
    await last.irm.destroyIpcp(name);
    return { figures };
  },
};

export const ALLOCATION_ROWS: readonly Row<Line>[] = [allocations('plain'), allocations('encrypted'), enrollment];
