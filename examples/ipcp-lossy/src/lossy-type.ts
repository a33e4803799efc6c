import type { ConfigParser, Ipcp, IpcpEnvironment, IpcpType } from '@ouroboros/ipcp-kit';
import type { JsonObject } from '@ouroboros/model';
import type { LayerInfo } from '@ouroboros/ports';
import { LossyNetwork } from './lossy-network.js';
import { TROUBLE_KEYS, troublesConfig, type Troubles } from './troubles.js';

/** The wrapped type's own configuration, and the troubles. */
export interface LossyConfig<C> {
  readonly inner: C;
  readonly troubles: Troubles;
}

/** The type `lossy`: another shim over UDP whose datagrams have a hard time. */
export function lossyType<C>(inner: IpcpType<C>): IpcpType<LossyConfig<C>> {
  return {
    ...inner,
    name: 'lossy',
    rank: inner.rank + 1,
    config: lossyParser(inner.config),
    create: (environment) => lossyIpcp(inner, environment),
  };
}

function lossyParser<C>(inner: ConfigParser<C>): ConfigParser<LossyConfig<C>> {
  return {
    keys: [...inner.keys, ...troublesConfig.keys],
    check: (raw) => {
      const { own, others } = split(raw);
      return [...troublesConfig.check(own), ...inner.check(others)];
    },
    parse: (raw) => {
      const { own, others } = split(raw);
      return { troubles: troublesConfig.parse(own), inner: inner.parse(others) };
    },
  };
}

function split(raw: JsonObject): { own: JsonObject; others: JsonObject } {
  const isOwn = (key: string): boolean => (TROUBLE_KEYS as readonly string[]).includes(key);
  const pick = (wanted: boolean): JsonObject =>
    Object.fromEntries(Object.entries(raw).filter(([key]) => isOwn(key) === wanted));
  return { own: pick(true), others: pick(false) };
}

/** The troubles are known at bootstrap only, and the wrapped IPCP takes its network at its creation. */
function lossyIpcp<C>(inner: IpcpType<C>, environment: IpcpEnvironment): Ipcp<LossyConfig<C>> {
  let troubles: Troubles = troublesConfig.parse({});
  const { datagrams, clock } = environment;
  const lossy = new LossyNetwork(datagrams, () => troubles, clock);
  const wrapped = inner.create({ ...environment, datagrams: lossy });
  const bootstrap = wrapped.bootstrap.bind(wrapped);
  return Object.assign(wrapped, {
    bootstrap: (layer: string, config: LossyConfig<C>): Promise<LayerInfo> => {
      troubles = config.troubles;
      return bootstrap(layer, config.inner);
    },
  });
}
