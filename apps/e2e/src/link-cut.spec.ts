import { checkTriangle, GAP_LIMIT_MS, type Triangle } from '@ouroboros/demo';
import { note } from './measure.js';
import { Site } from './site.js';

jest.setTimeout(60_000);

let site: Site;
let triangle: Triangle;
beforeAll(async () => {
  site = await Site.open();
  triangle = await site.triangle();
});
afterAll(() => site.close());

describe('a cut link in the triangle', () => {
  it('leaves no gap of more than a second in pings every 10 ms, and is used again when it is healed', async () => {
    const { longestGapMs, replies, faults } = await checkTriangle(triangle, () => undefined);
    note('link cut', `longest gap ${longestGapMs.toFixed(0)} ms in ${replies} pings every 10 ms`);
    expect(faults).toEqual([]);
    expect(longestGapMs).toBeLessThanOrEqual(GAP_LIMIT_MS);
  });
});
