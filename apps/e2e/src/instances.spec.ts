import { Instances } from './instances.js';
import { ms, note } from './measure.js';
import { until } from './one-node.js';
import { Site } from './site.js';

jest.setTimeout(120_000);

const ALLOCATIONS = 240;

let site: Site;
beforeEach(async () => void (site = await Site.open()));
afterEach(() => site.close());

describe('a name with instances on three nodes, in a layer that spreads round-robin', () => {
  it('is shared evenly, and by the others when a server, and then a whole node, is killed', async () => {
    const instances = await Instances.start(site);
    await instances.shareEvenly(ALLOCATIONS, ['a', 'b', 'c']);
    await instances.killServer('a');
    await instances.shareEvenly(ALLOCATIONS, ['b', 'c']);
    await instances.killNode('b');
    await instances.shareEvenly(ALLOCATIONS, ['c']);
    const goneMs = await until(
      'the dead node has left the directory',
      async () => (await instances.known()) === 2,
      15_000,
    );
    note('a killed node leaves the directory', ms(goneMs));
    expect(instances.failures).toEqual([]);
  });
});
