import { Instances } from './instances.js';
import { Site } from './site.js';

jest.setTimeout(300_000);

const ALLOCATIONS = 3_000;

let site: Site;
beforeEach(async () => void (site = await Site.open()));
afterEach(() => site.close());

describe('3,000 allocations to a name with instances on three nodes', () => {
  it('give each 1,000, and never fail when one is killed', async () => {
    const instances = await Instances.start(site);
    await instances.shareEvenly(ALLOCATIONS, ['a', 'b', 'c']);
    await instances.killServer('a');
    await instances.shareEvenly(ALLOCATIONS, ['b', 'c']);
    expect(instances.failures).toEqual([]);
  });
});
