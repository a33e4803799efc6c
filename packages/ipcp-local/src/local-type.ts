import { FLOW_OPERATIONS, configSchema, hashAlgorithm, type IpcpType } from '@ouroboros/ipcp-kit';
import type { HashAlgorithm } from '@ouroboros/model';
import { LOCAL_COUNTERS, LOCAL_TRAFFIC } from './local-counters.js';
import { LocalIpcp } from './local-ipcp.js';

/** Configuration of a local layer. */
export interface LocalConfig {
  readonly hash: HashAlgorithm;
}

/** The type `local`. */
export const localType: IpcpType<LocalConfig> = {
  name: 'local',
  rank: 0,
  operations: FLOW_OPERATIONS,
  counters: LOCAL_COUNTERS,
  traffic: LOCAL_TRAFFIC,
  usesLowerFlows: false,
  config: configSchema({ hash: hashAlgorithm() }),
  create: (environment) => new LocalIpcp(environment),
};
