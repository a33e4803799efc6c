import type { Place } from '../networks/place.js';
import { BenchNode } from '../networks/node.js';
import type { Row } from './row.js';

const COUNTS = [1, 20];

/** A host on which nothing runs; each row starts a node of its own there and ends it. */
export class EmptyHost {
  constructor(readonly place: Place) {}

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

/** A daemon, and then so many IPCPs at once, until each is the first member of a unicast layer. */
const startup = (count: number): Row<EmptyHost> => ({
  id: `startup/${count}`,
  encrypted: 'nothing',
  async measure({ place }) {
    const start = performance.now();
    const node = await BenchNode.start(place.hosts.hosts[0]!, place);
    const ready = performance.now();
    try {
      const names = Array.from({ length: count }, (_, i) => `member${i + 1}`);
      await Promise.all(
        names.map((name) => node.irm.bootstrapIpcp({ name, type: 'unicast', layer: `layer of ${name}` })),
      );
      return { figures: { irmdMs: ready - start, ipcpsMs: performance.now() - ready } };
    } finally {
      await node.stop();
    }
  },
});

export const STARTUP_ROWS: readonly Row<EmptyHost>[] = COUNTS.map(startup);
