import { configSchema, described, hashAlgorithm, integer, oneOf, type Field } from '@ouroboros/ipcp-kit';
import { HASH_NUMBER, hashAlgorithmOf, type HashAlgorithm } from '@ouroboros/model';
import { EnrollFeature, decodePeerExtension, encodePeerExtension, type IpcpConfig } from '@ouroboros/wire';
import { mbEcn, noCongestionAvoidance, type CaPolicy } from './ca/index.js';
import { SPREAD_POLICIES, roundRobinSpread, type SpreadPolicy } from './instances/index.js';
import { ROUTING_POLICIES, type RoutingPolicy } from './routing/index.js';

/** Policies are found by their name in the configuration and by their number on the wire; the first is the default. */
export interface Policies {
  readonly routing: readonly RoutingPolicy[];
  readonly congestion: readonly CaPolicy[];
}

/** Those that every program has. */
export const OWN_POLICIES: Policies = { routing: ROUTING_POLICIES, congestion: [mbEcn, noCongestionAvoidance] };

interface NumberedPolicy {
  readonly name: string;
  readonly number: number;
}

/** The word of a policy; the first is the default. */
function policyField(policies: readonly { readonly name: string }[]): Field<string> {
  const names = policies.map(({ name }) => name);
  return oneOf(names, names[0]);
}

const MEMBERS = ['any', 'authenticated'] as const;

/** Beyond all networks, and still exact as a number. */
const MAX_CAPACITY = 1e15;

/** Defaults and limits of the spec. [spec/architecture.md §6, spec/wire-control.md §2.2] */
export const unicastConfigWith = (policies: Policies) =>
  configSchema({
    addr_size: integer({ min: 4, max: 4, default: 4, unit: 'bytes' }),
    eid_size: integer({ min: 8, max: 8, default: 8, unit: 'bytes' }),
    max_ttl: integer({ min: 1, max: 255, default: 60, unit: 'hops' }),
    'addr-auth': oneOf(['flat'] as const, 'flat'),
    routing: described('how packets find their way', policyField(policies.routing)),
    ls_t_recalc: integer({ min: 1, max: 3600, default: 4, unit: 's' }),
    ls_t_update: integer({ min: 1, max: 3600, default: 15, unit: 's' }),
    ls_t_timeo: integer({ min: 1, max: 86400, default: 60, unit: 's' }),
    congestion: described('how flows that share a link slow down', policyField(policies.congestion)),
    capacity: described(
      'what flows that begin or end at this member may ask for together; 0 = no limit',
      integer({ min: 0, max: MAX_CAPACITY, default: 0, unit: 'bit/s' }),
    ),
    below: described(
      'whether other members are told what the links of this one are made of in the layers below',
      oneOf(['tell', 'hide'] as const, 'tell'),
    ),
    spread: described('which of several members that serve a name is asked', policyField(SPREAD_POLICIES)),
    directory: oneOf(['DHT'] as const, 'DHT'),
    members: described('who may be a member', oneOf(MEMBERS, 'any')),
    hash: described('under which names stand in the directory', hashAlgorithm()),
    dht_alpha: integer({ min: 1, max: 10, default: 3 }),
    dht_k: integer({ min: 1, max: 20, default: 8 }),
    dht_t_expire: integer({ min: 10, max: 86400, default: 86400, unit: 's' }),
    dht_t_refresh: integer({ min: 3, max: 3600, default: 900, unit: 's' }),
    dht_t_replicate: integer({ min: 3, max: 3600, default: 900, unit: 's' }),
  });

export const unicastConfig = unicastConfigWith(OWN_POLICIES);

export type UnicastOptions = ReturnType<typeof unicastConfig.parse>;

/** What all members of a layer share; `wire` is what an enrolling member is given. */
export interface LayerConfig {
  readonly name: string;
  readonly hash: HashAlgorithm;
  readonly ca: CaPolicy;
  readonly routing: RoutingPolicy;
  readonly spread: SpreadPolicy;
  /** Only who has a certificate may be a member, and link state is signed. */
  readonly authenticated: boolean;
  /** With `dir.dht.peer` 0; the member that hands it out enters its own address. */
  readonly wire: IpcpConfig;
}

const UNICAST_TYPE = 1;

export function layerFromOptions(name: string, options: UnicastOptions, policies = OWN_POLICIES): LayerConfig {
  const ca = policies.congestion.find((policy) => policy.name === options.congestion)!;
  const routing = policies.routing.find((policy) => policy.name === options.routing)!;
  const spread = SPREAD_POLICIES.find((policy) => policy.name === options.spread)!;
  const linkState = {
    policy: routing.number,
    recalcS: options.ls_t_recalc,
    updateS: options.ls_t_update,
    timeoutS: options.ls_t_timeo,
  };
  const dht = {
    alpha: options.dht_alpha,
    k: options.dht_k,
    expireS: options.dht_t_expire,
    refreshS: options.dht_t_refresh,
    replicateS: options.dht_t_replicate,
    peer: 0,
  };
  const dt = { addrSize: 4, eidSize: 8, maxTtl: options.max_ttl, routing: { policy: 0, linkState } };
  const unicast = { dt, dir: { policy: 0, dht }, addrAuth: 0, congAvoid: ca.number };
  const layer = { name, dirHashAlgo: HASH_NUMBER[options.hash] };
  const authenticated = options.members === 'authenticated';
  return { name, hash: options.hash, ca, routing, spread, authenticated, wire: { layer, type: UNICAST_TYPE, unicast } };
}

/** What C's configuration has no place for: field 100 of the response of an enrollment. */
export function extensionOf({ spread, authenticated }: LayerConfig): Uint8Array {
  const features =
    (spread === roundRobinSpread ? EnrollFeature.ROUND_ROBIN : 0) | (authenticated ? EnrollFeature.AUTHENTICATED : 0);
  return encodePeerExtension({ version: 1, features });
}

function extrasOf(ext: Uint8Array | undefined): Pick<LayerConfig, 'spread' | 'authenticated'> {
  const decoded = ext && decodePeerExtension(ext);
  const features = decoded?.ok ? (decoded.value.features ?? 0) : 0;
  return {
    spread: (features & EnrollFeature.ROUND_ROBIN) !== 0 ? roundRobinSpread : SPREAD_POLICIES[0]!,
    authenticated: (features & EnrollFeature.AUTHENTICATED) !== 0,
  };
}

/** The configuration that a member handed over, or why this member cannot follow it. `ext`: what a member of ours adds. */
export function layerFromWire(wire: IpcpConfig, policies = OWN_POLICIES, ext?: Uint8Array): LayerConfig | string {
  const { unicast } = wire;
  const hash = hashAlgorithmOf(wire.layer.dirHashAlgo);
  if (!unicast) return 'the configuration has no unicast part';
  if (hash === undefined || hash === 'MD5') {
    return `unknown hash algorithm ${wire.layer.dirHashAlgo}, known: 0 to 3 (SHA3)`;
  }
  if (unicast.dt.addrSize !== 4) return `addresses of ${unicast.dt.addrSize} bytes, only 4 are possible`;
  if (unicast.dt.eidSize !== 8) return `EIDs of ${unicast.dt.eidSize} bytes, only 8 are possible`;
  if (unicast.dt.routing.policy !== 0 || !unicast.dt.routing.linkState) return 'unknown routing policy';
  if (unicast.dir.policy !== 0 || !unicast.dir.dht) return 'unknown directory policy';
  if (unicast.addrAuth !== 0) return `unknown address policy ${unicast.addrAuth}`;
  const ca = policies.congestion.find((policy) => policy.number === unicast.congAvoid);
  if (!ca)
    return `unknown congestion avoidance policy ${unicast.congAvoid}, known: ${knownNumbers(policies.congestion)}`;
  const { policy } = unicast.dt.routing.linkState;
  const routing = policies.routing.find(({ number }) => number === policy);
  if (!routing) return `unknown link-state policy ${policy}, known: ${knownNumbers(policies.routing)}`;
  const { name } = wire.layer;
  const fault = timesFault(unicast.dt.routing.linkState, unicast.dir.dht);
  return fault ?? { name, hash, ca, routing, ...extrasOf(ext), wire };
}

/** `0 (link-state), 1 (lfa)` */
const knownNumbers = (policies: readonly NumberedPolicy[]): string =>
  policies.map(({ name, number }) => `${number} (${name})`).join(', ');

type LinkStateTimes = NonNullable<NonNullable<IpcpConfig['unicast']>['dt']['routing']['linkState']>;
type DhtTimes = NonNullable<NonNullable<IpcpConfig['unicast']>['dir']['dht']>;

/** Times and sizes that would make this member busy or idle for ever. */
function timesFault(ls: LinkStateTimes, dht: DhtTimes): string | undefined {
  const fields = { ...ls, ...dht };
  for (const key of ['updateS', 'timeoutS', 'alpha', 'k', 'expireS', 'refreshS', 'replicateS'] as const) {
    if (fields[key] < 1) return `${key} is 0`;
  }
  return dht.k > 20 || dht.alpha > 10 ? 'alpha or k out of range' : undefined;
}
