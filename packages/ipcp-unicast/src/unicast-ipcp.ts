import { checkMember, enrollWith, type MemberDemand } from '@ouroboros/connections';
import type { PacketFlow } from '@ouroboros/flow';
import type { Ipcp, IpcpEnvironment, RibComponent, UserFlow, UserFlowRequest } from '@ouroboros/ipcp-kit';
import {
  HASH_LENGTH,
  IPCP_TYPE_NUMBER,
  MAX_FLOWS,
  OuroborosError,
  fromHex,
  type JsonObject,
  type JsonValue,
  type QosCube,
} from '@ouroboros/model';
import type { MetricSet } from '@ouroboros/metrics';
import type {
  ConnectRequest,
  DisconnectRequest,
  EnrollRequest,
  IpcpFlowAllocResult,
  LayerInfo,
} from '@ouroboros/ports';
import { DESCENT_PATIENCE_MS, DESCENT_RANKS, type IpcpConfig } from '@ouroboros/wire';
import { flatAddress } from './addr-auth/flat.js';
import {
  layerFromOptions,
  layerFromWire,
  unicastConfigWith,
  type LayerConfig,
  type Policies,
  type UnicastOptions,
} from './config.js';
import { Member, type OwnOptions } from './member.js';
import {
  belowOf,
  directoryOf,
  graphOf,
  locationOf,
  lostLinksOf,
  neighborsOf,
  routesOf,
  statusOf,
  tracesOf,
} from './reports.js';
import { MemberIdentity } from './member-identity.js';
import { ribOf } from './rib.js';

/** Of the flow over which a layer comes; addresses are not known yet. */
const MEMBERS: MemberDemand = { ownOnly: true, addressOf: () => undefined };

/** The unicast IPCP as the kit sees it: becomes a member by bootstrap or enrollment, and passes operations on to it. */
export class UnicastIpcp implements Ipcp<UnicastOptions> {
  private member: Member | null = null;

  readonly reports = {
    routes: () => routesOf(this.member),
    neighbors: () => neighborsOf(this.member),
    directory: () => directoryOf(this.member),
    graph: () => graphOf(this.member),
    lostLinks: () => lostLinksOf(this.member, this.env.clock),
    locate: (args: JsonObject) => this.locate(args),
    trace: (args: JsonObject) => this.trace(args),
    below: (args: JsonObject) => this.below(args),
  };

  /** `extensions`: speaks those of ours to peers that do. */
  constructor(
    private readonly env: IpcpEnvironment,
    private readonly extensions: boolean,
    private readonly policies: Policies,
  ) {}

  async bootstrap(name: string, options: UnicastOptions): Promise<LayerInfo> {
    return this.become(layerFromOptions(name, options, this.policies), ownOf(options));
  }

  async enroll(request: EnrollRequest): Promise<LayerInfo> {
    const { clock, random, logger } = this.env;
    const newcomer = { flows: this.lowerFlows(), clock, random, logger, type: IPCP_TYPE_NUMBER.unicast };
    // All else is as the layer says.
    const own = ownOf(unicastConfigWith(this.policies).parse(request.config));
    await enrollWith(newcomer, request, (config, ext, flow) => this.becomeEnrolled(config, ext, flow, own));
    return this.layerInfo();
  }

  private async becomeEnrolled(
    config: IpcpConfig,
    ext: Uint8Array | undefined,
    flow: PacketFlow,
    own: OwnOptions,
  ): Promise<void> {
    const layer = layerFromWire(config, this.policies, this.extensions ? ext : undefined);
    if (typeof layer === 'string') throw new OuroborosError('EIPCP', layer, { stage: 'remote' });
    // Who hands the layer over is a member as well.
    if (layer.authenticated) checkMember(MEMBERS, flow);
    await this.become(layer, own);
  }

  private async become(layer: LayerConfig, own: OwnOptions): Promise<LayerInfo> {
    const { store, random, logger } = this.env;
    const identity = layer.authenticated ? await MemberIdentity.open(this.env) : null;
    const self = identity?.address ?? (await flatAddress(layer.name, store, random));
    this.member?.stop();
    this.member = new Member(self, layer, own, this.env, this.lowerFlows(), this.extensions, identity);
    this.member.start();
    logger.log('info', 'member of a layer', { layer: layer.name, address: self });
    return this.layerInfo();
  }

  private layerInfo(): LayerInfo {
    const { name, hash } = this.joined().layer;
    return { name, hash, oapRoom: 0 };
  }

  private joined(): Member {
    if (!this.member) throw new OuroborosError('EIPCPSTATE', 'not a member of a layer');
    return this.member;
  }

  private locate({ hash }: JsonObject): Promise<JsonValue> {
    const member = this.joined();
    return locationOf(member, readHash(hash, member), this.env.clock);
  }

  private trace({ hash, cube = 0, ranks = 0 }: JsonObject): Promise<JsonValue> {
    const member = this.joined();
    const which = readNumber(cube, 'cube', 2) as QosCube;
    return tracesOf(member, readHash(hash, member), which, readNumber(ranks, 'ranks', DESCENT_RANKS));
  }

  /** What carries a flow that another IPCP of this host holds. */
  private async below({ flow, ranks, patienceMs }: JsonObject): Promise<JsonValue> {
    const member = this.joined();
    const followed = readNumber(ranks, 'ranks', DESCENT_RANKS);
    const patience = readNumber(patienceMs, 'patienceMs', DESCENT_PATIENCE_MS);
    const end = member.farEndOf(readNumber(flow, 'flow', MAX_FLOWS));
    if (!end) throw new OuroborosError('ENOENT', 'flow: none of this IPCP', { field: 'flow' });
    return belowOf(member, end, followed, patience);
  }

  private lowerFlows(): NonNullable<IpcpEnvironment['flows']> {
    if (!this.env.flows) throw new Error('a unicast IPCP needs flows of lower layers');
    return this.env.flows;
  }

  connect({ dst, component, qos }: ConnectRequest): Promise<void> {
    return this.joined().connections.connect(dst, component, qos);
  }

  async disconnect({ dst, component }: DisconnectRequest): Promise<void> {
    this.joined().connections.disconnect(dst, component);
  }

  async register(hash: Uint8Array): Promise<void> {
    this.joined().register(hash);
  }

  async unregister(hash: Uint8Array): Promise<void> {
    this.joined().unregister(hash);
  }

  async query(hash: Uint8Array): Promise<boolean> {
    return (await this.joined().lookup(hash)).addresses.length > 0;
  }

  flowAlloc(request: UserFlowRequest): Promise<IpcpFlowAllocResult> {
    return this.joined().alloc(request);
  }

  /** Both ends agreed on features: they stand in `flow.features` and are looked at when the flow ends. */
  flowAgreed(): void {
    // Nothing changes before that.
  }

  userFlowDown(flow: UserFlow): void {
    this.member?.userDown(flow);
  }

  status(): JsonObject {
    return statusOf(this.member);
  }

  metrics(out: MetricSet): void {
    this.member?.measures.add(out);
  }

  rib(): Readonly<Record<string, RibComponent>> {
    return ribOf(this.member, this.env.clock);
  }

  async shutdown(): Promise<void> {
    this.member?.stop();
    this.member = null;
  }
}

const ownOf = ({ capacity, below }: UnicastOptions): OwnOptions => ({
  capacity: capacity === 0 ? null : BigInt(capacity),
  tells: below === 'tell',
});

function readNumber(value: JsonValue | undefined, field: string, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new OuroborosError('EINVAL', `${field}: a whole number from 0 to ${max}`, { field });
}

/** The hash of a name in hexadecimal. */
function readHash(hash: JsonValue | undefined, { layer }: Member): Uint8Array {
  const digits = 2 * HASH_LENGTH[layer.hash];
  if (typeof hash === 'string' && hash.length === digits && /^[0-9a-f]*$/.test(hash)) return fromHex(hash);
  throw new OuroborosError('EINVAL', `hash: the ${layer.hash} of a name, ${digits} digits`, { field: 'hash' });
}
