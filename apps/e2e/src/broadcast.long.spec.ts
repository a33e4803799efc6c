import { BroadcastLayer } from './broadcast-layer.js';
import { Site } from './site.js';

const ALL = [0, 1, 2, 3, 4];
const MESSAGES = 10_000;

it('five members, a tree with one redundant link: each gets each of 10,000 messages of the others exactly once', async () => {
  const site = await Site.open();
  try {
    const layer = new BroadcastLayer(site, [0, 0, 0, 1, 1], MESSAGES + 1_000);
    await layer.build();
    await layer.connect(4, 2);
    await layer.sendAll(ALL, 0, MESSAGES);
    await layer.heardBy([1, 2, 3, 4], 0, MESSAGES);
    const others = (MESSAGES * 4) / 5;
    expect(ALL.map((i) => layer.tally(i, ALL, 0, MESSAGES))).toEqual(ALL.map(() => [0, others, 0]));
  } finally {
    await site.close();
  }
}, 120_000);
