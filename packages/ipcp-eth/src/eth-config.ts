import { configSchema, described, hashAlgorithm, integer, text, type ConfigParser } from '@ouroboros/ipcp-kit';
import type { HashAlgorithm } from '@ouroboros/model';
import { ETH_DIX_ETHERTYPE, ETH_ETHERTYPE_RANGE } from '@ouroboros/wire';

/** Configuration of an Ethernet layer's member. */
export interface EthConfig {
  /** The interface. */
  readonly dev: string;
  /** Of all members' frames; null in a layer with LLC frames, which have none. */
  readonly ethertype: number | null;
  readonly hash: HashAlgorithm;
}

/** Linux takes no longer name. */
const MAX_DEVICE_NAME = 15;
const dev = described('the interface that the layer is on', text('the name of a network interface', MAX_DEVICE_NAME));
const ethertype = described(
  'the same for all members',
  integer({ ...ETH_ETHERTYPE_RANGE, default: ETH_DIX_ETHERTYPE, hexadecimal: true }),
);

export const ethDixConfig: ConfigParser<EthConfig> = configSchema({ dev, ethertype, hash: hashAlgorithm() });

const llc = configSchema({ dev, hash: hashAlgorithm() });
export const ethLlcConfig: ConfigParser<EthConfig> = {
  keys: llc.keys,
  check: (raw) => llc.check(raw),
  parse: (raw) => ({ ...llc.parse(raw), ethertype: null }),
};
