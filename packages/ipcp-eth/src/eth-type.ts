import { FLOW_OPERATIONS, type ConfigParser, type IpcpType } from '@ouroboros/ipcp-kit';
import { SHIM_TRAFFIC } from '@ouroboros/shim-flow';
import { ETH_DIX, ETH_LLC, type EthFraming } from '@ouroboros/wire';
import { ethDixConfig, ethLlcConfig, type EthConfig } from './eth-config.js';
import { ETH_COUNTERS } from './eth-counters.js';
import { EthIpcp } from './eth-ipcp.js';

const ethType = (
  name: string,
  rank: number,
  framing: EthFraming,
  config: ConfigParser<EthConfig>,
): IpcpType<EthConfig> => ({
  name,
  rank,
  onNetwork: true,
  operations: FLOW_OPERATIONS,
  counters: ETH_COUNTERS,
  traffic: SHIM_TRAFFIC,
  usesLowerFlows: false,
  config,
  create: (environment) => new EthIpcp(environment, framing),
});

/** The type `eth-llc`: frames of IEEE 802.2, at most 62 flows at once. */
export const ethLlcType = ethType('eth-llc', 20, ETH_LLC, ethLlcConfig);

/** The type `eth-dix`: frames with an ethertype. */
export const ethDixType = ethType('eth-dix', 30, ETH_DIX, ethDixConfig);
