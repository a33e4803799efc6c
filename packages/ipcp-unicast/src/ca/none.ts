import type { CaPolicy, FlowCongestion, LinkMarker } from './ca.js';

/** No congestion avoidance: no marks, no reports, no pacing; reports of the far end are ignored. */
const none: FlowCongestion & LinkMarker = {
  onSent: () => 0,
  onUpdate: () => undefined,
  onReceived: () => -1,
  mark: () => 0,
  describe: () => ({ upstreamLevel: 0, downstreamLevel: 0, windowBytes: 0, regime: 'None' }),
};

export const noCongestionAvoidance: CaPolicy = {
  name: 'none',
  number: 0,
  create: () => none,
  createMarker: () => none,
};
