import { JOIN_OPERATIONS, MEMBER_OPERATIONS, configSchema, described, oneOf, type IpcpType } from '@ouroboros/ipcp-kit';
import { BroadcastIpcp } from './broadcast-ipcp.js';
import { COUNTER_NAMES, TRAFFIC } from './counters.js';

/** Its hash is SHA3-256, always. [spec/wire-control.md §8] */
const broadcastConfig = configSchema({
  members: described('who may be a member', oneOf(['any', 'authenticated'] as const, 'any')),
});

export type BroadcastOptions = ReturnType<typeof broadcastConfig.parse>;

export interface BroadcastTypeOptions {
  /** False: speaks as a C member does, and hears nothing of ours. For tests; no user's choice. */
  readonly extensions: boolean;
}

export const broadcastTypeWith = ({ extensions }: BroadcastTypeOptions): IpcpType<BroadcastOptions> => ({
  name: 'broadcast',
  rank: 15,
  operations: [...JOIN_OPERATIONS, ...MEMBER_OPERATIONS],
  counters: COUNTER_NAMES,
  traffic: TRAFFIC,
  usesLowerFlows: true,
  config: broadcastConfig,
  create: (environment) => new BroadcastIpcp(environment, extensions),
});

/** The IPCP type `broadcast`. */
export const broadcastType = broadcastTypeWith({ extensions: true });
