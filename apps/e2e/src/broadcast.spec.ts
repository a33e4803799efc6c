import { BroadcastLayer } from './broadcast-layer.js';
import { note, ms } from './measure.js';
import { Site } from './site.js';

/** A tree of five, each behind the one before its twin; the link from 4 to 2 is redundant. */
const TREE = [0, 0, 0, 1, 1];
const ALL = [0, 1, 2, 3, 4];

jest.setTimeout(90_000);

describe('a broadcast layer of five members, a tree with one redundant link', () => {
  let site: Site;
  beforeEach(async () => void (site = await Site.open()));
  afterEach(() => site.close());

  it('brings each message to each of the others once, also to a late joiner', async () => {
    const layer = new BroadcastLayer(site, TREE, 20_000);
    await layer.build(4);
    await layer.connect(3, 2);
    await layer.sendAll([0, 1, 2, 3], 0, 400);
    const startedAt = performance.now();
    await layer.add();
    await layer.heardBy([4], 2, 10_000);
    note('late joiner receives after', ms(performance.now() - startedAt));
    await layer.sendAll(ALL, 400, 1_400);
    await layer.heardBy([1, 2, 3, 4], 0, 15_000);
    expect([0, 1, 2, 3].map((i) => layer.tally(i, [0, 1, 2, 3], 0, 400))).toEqual(ALL.slice(1).map(() => [0, 300, 0]));
    expect(ALL.map((i) => layer.tally(i, ALL, 400, 1_400))).toEqual(ALL.map(() => [0, 800, 0]));
  });

  it('goes on when a member is killed: those behind it are attached again', async () => {
    const layer = new BroadcastLayer(site, TREE, 20_000);
    await layer.build();
    await layer.connect(4, 2);
    await layer.heardBy([1, 2, 3, 4], 0, 0);
    await layer.killNode(1);
    note('all hear one another again after', ms(await layer.heardBy([2, 3, 4], 0, 10_000)));
    const rest = [0, 2, 3, 4];
    await layer.sendAll(rest, 1_000, 2_000);
    await layer.heardBy([2, 3, 4], 0, 15_000);
    expect(rest.map((i) => layer.tally(i, rest, 1_000, 2_000))).toEqual(rest.map(() => [0, 750, 0]));
  });
});

describe('obc', () => {
  let site: Site;
  beforeEach(async () => void (site = await Site.open()));
  afterEach(() => site.close());

  it('reads what another sends, and says which layers there are none of', async () => {
    const layer = new BroadcastLayer(site, [0, 0], 1);
    await layer.build();
    const [a, b] = layer.nodes as [(typeof layer.nodes)[0], (typeof layer.nodes)[0]];
    const reader = site.start(a, 'obc', '--listen', '--name', 'bc');
    await reader.says(/New flow\./);
    expect((await site.run(b, 'obc', '-n', 'bc', '-m', 'hello from b')).status).toBe(0);
    await reader.says(/Message is hello from b\./);
    expect((await reader.kill('SIGINT')).status).toBe(0);
    const unknown = await site.run(a, 'obc', '-n', 'nowhere');
    expect([unknown.status, unknown.stderr]).toEqual([4, expect.stringContaining('no member of a layer nowhere')]);
    const shim = await site.run(a, 'obc', '-n', 'udp');
    expect(shim.stderr).toContain('layer udp is of type udp4, which cannot be joined');
  });
});
