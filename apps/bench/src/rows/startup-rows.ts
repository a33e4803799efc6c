import type { Irm } from '@ouroboros/irm';
import type { Place } from '../networks/place.js';
import { BenchNode } from '../networks/node.js';
import type { Row } from './row.js';

const COUNTS = [1, 20];
/** More than there are cores, and so few that each is up within the limit of its daemon. */
const AT_ONCE = 4;

/** A host on which nothing runs; each row starts a node of its own there and ends it. */
export class EmptyHost {
  constructor(readonly place: Place) {}

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

/** A daemon, and then so many IPCPs, until each is the first member of a unicast layer. */
const startup = (count: number): Row<EmptyHost> => ({
  id: `startup/${count}`,
  encrypted: 'nothing',
  async measure({ place }) {
    const start = performance.now();
    const node = await BenchNode.start(place.hosts.hosts[0]!, place);
    const ready = performance.now();
    try {
      const names = Array.from({ length: count }, (_, i) => `member${i + 1}`);
      await Promise.all(Array.from({ length: AT_ONCE }, () => bootstrapAll(node.irm, names)));
      return { figures: { irmdMs: ready - start, ipcpsMs: performance.now() - ready } };
    } finally {
      await node.stop();
    }
  },
});

export const STARTUP_ROWS: readonly Row<EmptyHost>[] = COUNTS.map(startup);

/** Takes names until there are none left. */
async function bootstrapAll(irm: Irm, names: string[]): Promise<void> {
  for (let name = names.pop(); name !== undefined; name = names.pop())
    await irm.bootstrapIpcp({ name, type: 'unicast', layer: `layer of ${name}` });
}
