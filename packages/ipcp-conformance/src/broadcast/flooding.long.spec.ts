import { deliversOnce } from './network.fixture.js';

it('20 members, a tree with one redundant link: each gets each of 10,000 messages of the others exactly once', async () => {
  await deliversOnce(10_000);
}, 120_000);
