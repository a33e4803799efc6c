import { OapFeature } from '@ouroboros/wire';
import { longestPacket } from './longest-packet.js';

describe('the longest packet of a flow', () => {
  const udp = { layerPacket: 8976, wholePacket: 1468 };

  it('leaves the host in one piece where the flow cuts messages itself', () => {
    expect(longestPacket(udp, OapFeature.FRAMES | OapFeature.PROTECTION)).toBe(1468);
  });

  it('is the longest that the layer carries where nobody else cuts, or nothing is known', () => {
    expect(longestPacket(udp, 0)).toBe(8976);
    expect(longestPacket({ ...udp, wholePacket: 0 }, OapFeature.FRAMES)).toBe(8976);
  });
});
