/**
 * The configuration that enrollment hands over (proto/ouroboros/peer/v1/ipcp_config.proto). [spec/wire-control.md §2.2]
 *
 * The sub-messages of shims exist in the schema, so that a broken one is refused, but never occur in enrollment: they are
 * not carried into the decoded value.
 */
import type { MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { MAX_NAME_BYTES, OuroborosError } from '@ouroboros/model';
import { addressTo64, isAddress } from '../address-bytes.js';
import { accepted, refused, type Decoded } from '../decoded.js';
import type { DhtConfigSchema, IpcpConfigSchema, UnicastConfigSchema } from '../gen/v1/ipcp_config_pb.js';
import { encodeText } from '../text.js';
import type { DhtConfig, IpcpConfig, UnicastConfig } from './types.js';

const TYPE_UNICAST = 1;
/** Policy numbers with which a sub-message is obligatory: C reads it without looking. [spec/wire-control.md §2.2] */
const POLICY_LINK_STATE = 0;
const POLICY_DHT = 0;

/** Path of the first sub-message that a receiver needs and that is not there, or undefined. */
function missingPart(config: IpcpConfig): string | undefined {
  const { unicast } = config;
  if (unicast === undefined) return config.type === TYPE_UNICAST ? 'unicast' : undefined;
  const { routing } = unicast.dt;
  if (routing.policy === POLICY_LINK_STATE && routing.linkState === undefined) return 'unicast.dt.routing.ls';
  if (unicast.dir.policy === POLICY_DHT && unicast.dir.dht === undefined) return 'unicast.dir.dht';
  return undefined;
}

const dhtConfigOf = (dht: MessageShape<typeof DhtConfigSchema>): DhtConfig => ({
  alpha: dht.alpha,
  k: dht.k,
  expireS: dht.tExpire,
  refreshS: dht.tRefresh,
  replicateS: dht.tReplicate,
  peer: Number(dht.peer),
});

function unicastConfigOf(unicast: MessageShape<typeof UnicastConfigSchema>): UnicastConfig {
  const { dt, dir } = unicast;
  const ls = dt?.routing?.ls;
  return {
    dt: {
      addrSize: dt?.addrSize ?? 0,
      eidSize: dt?.eidSize ?? 0,
      maxTtl: dt?.maxTtl ?? 0,
      routing: {
        policy: dt?.routing?.pol ?? 0,
        linkState: ls && { policy: ls.pol, recalcS: ls.tRecalc, updateS: ls.tUpdate, timeoutS: ls.tTimeo },
      },
    },
    dir: { policy: dir?.pol ?? 0, dht: dir?.dht && dhtConfigOf(dir.dht) },
    addrAuth: unicast.addrAuthType,
    congAvoid: unicast.congAvoid,
  };
}

/** The plain value of a decoded message, which has all required fields. */
export function configFromMessage(message: MessageShape<typeof IpcpConfigSchema>): Decoded<IpcpConfig> {
  const name = message.layerInfo?.name ?? '';
  if (encodeText(name).length > MAX_NAME_BYTES) return refused('bad-length', 'layer_info.name');
  const peer = message.unicast?.dir?.dht?.peer ?? 0n;
  if (!isAddress(peer)) return refused('bad-value', 'unicast.dir.dht.peer');
  const config: IpcpConfig = {
    layer: { name, dirHashAlgo: message.layerInfo?.dirHashAlgo ?? 0 },
    type: message.ipcpType,
    unicast: message.unicast && unicastConfigOf(message.unicast),
  };
  const missing = missingPart(config);
  return missing === undefined ? accepted(config) : refused('missing-field', missing);
}

const dhtInit = (dht: DhtConfig): MessageInitShape<typeof DhtConfigSchema> => ({
  alpha: dht.alpha,
  k: dht.k,
  tExpire: dht.expireS,
  tRefresh: dht.refreshS,
  tReplicate: dht.replicateS,
  peer: addressTo64(dht.peer),
});

function unicastInit(unicast: UnicastConfig): MessageInitShape<typeof UnicastConfigSchema> {
  const { dt, dir } = unicast;
  const ls = dt.routing.linkState;
  const routing = {
    pol: dt.routing.policy,
    ls: ls && { pol: ls.policy, tRecalc: ls.recalcS, tUpdate: ls.updateS, tTimeo: ls.timeoutS },
  };
  return {
    dt: { addrSize: dt.addrSize, eidSize: dt.eidSize, maxTtl: dt.maxTtl, routing },
    dir: { pol: dir.policy, dht: dir.dht && dhtInit(dir.dht) },
    addrAuthType: unicast.addrAuth,
    congAvoid: unicast.congAvoid,
  };
}

/** EINVAL for a configuration without a part that C needs, and for a layer name that is too long. */
export function configToMessage(config: IpcpConfig): MessageInitShape<typeof IpcpConfigSchema> {
  const missing = missingPart(config);
  if (missing !== undefined) throw new OuroborosError('EINVAL', `${missing} is missing`, { field: missing });
  if (encodeText(config.layer.name).length > MAX_NAME_BYTES) {
    throw new OuroborosError('EINVAL', `layer name longer than ${MAX_NAME_BYTES} bytes`, { field: 'layer_info.name' });
  }
  return {
    layerInfo: config.layer,
    ipcpType: config.type,
    unicast: config.unicast && unicastInit(config.unicast),
  };
}
