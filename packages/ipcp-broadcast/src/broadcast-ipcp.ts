import { checkMember, enrollWith } from '@ouroboros/connections';
import type { FlowHost } from '@ouroboros/flow';
import type { Ipcp, IpcpEnvironment, RibComponent, UserFlow, UserJoinRequest } from '@ouroboros/ipcp-kit';
import type { MetricSet } from '@ouroboros/metrics';
import {
  HASH_NUMBER,
  IPCP_TYPE_NUMBER,
  OuroborosError,
  equalBytes,
  utf8Bytes,
  type HashAlgorithm,
  type JsonObject,
} from '@ouroboros/model';
import type { ConnectRequest, DisconnectRequest, EnrollRequest, FlowJoined, LayerInfo } from '@ouroboros/ports';
import type { IpcpConfig } from '@ouroboros/wire';
import type { BroadcastOptions } from './broadcast-type.js';
import { AUTHENTICATED, isAuthenticated, Member } from './member.js';
import { neighborsOf, ribOf, statusOf } from './reports.js';

/** Of every broadcast layer. [spec/wire-control.md §8] */
const HASH: HashAlgorithm = 'SHA3_256';
/** Told to processes that join. [spec/wire-shims.md §1.6] */
const MPL_MS = 100;

/** The broadcast IPCP as the kit sees it: becomes a member by bootstrap or enrollment, and passes operations on to it. */
export class BroadcastIpcp implements Ipcp<BroadcastOptions> {
  private member: Member | null = null;
  private layer = '';

  readonly reports = { neighbors: () => neighborsOf(this.member) };

  /** `extensions`: speaks those of ours to peers that do. */
  constructor(
    private readonly env: IpcpEnvironment,
    private readonly extensions: boolean,
  ) {}

  async bootstrap(name: string, { members }: BroadcastOptions): Promise<LayerInfo> {
    const layer = { name, dirHashAlgo: HASH_NUMBER[HASH] };
    return this.become({ layer, type: IPCP_TYPE_NUMBER.broadcast }, members === 'authenticated');
  }

  async enroll(request: EnrollRequest): Promise<LayerInfo> {
    const { clock, random, logger } = this.env;
    const newcomer = { flows: this.lowerFlows(), clock, random, logger, type: IPCP_TYPE_NUMBER.broadcast };
    await enrollWith(newcomer, request, async (config, ext, flow) => {
      const authenticated = this.extensions && isAuthenticated(ext);
      // Who hands the layer over is a member as well.
      if (authenticated) checkMember(AUTHENTICATED, flow);
      this.become(config, authenticated);
    });
    return this.layerInfo();
  }

  private become(wire: IpcpConfig, authenticated: boolean): LayerInfo {
    this.member?.stop();
    this.layer = wire.layer.name;
    this.member = new Member(wire, this.env, this.lowerFlows(), this.extensions, authenticated);
    this.member.start();
    this.env.logger.log('info', 'member of a layer', { layer: this.layer });
    return this.layerInfo();
  }

  private layerInfo(): LayerInfo {
    return { name: this.layer, hash: HASH, oapRoom: 0 };
  }

  private joined(): Member {
    if (!this.member) throw new OuroborosError('EIPCPSTATE', 'not a member of a layer');
    return this.member;
  }

  private lowerFlows(): FlowHost {
    if (!this.env.flows) throw new Error('a broadcast IPCP needs flows of lower layers');
    return this.env.flows;
  }

  connect(request: ConnectRequest): Promise<void> {
    return this.joined().connect(request);
  }

  async disconnect(request: DisconnectRequest): Promise<void> {
    this.joined().disconnect(request);
  }

  /** C takes any hash that is not above the layer's own. [spec/wire-control.md Q10] */
  async flowJoin({ flow, hash }: UserJoinRequest): Promise<FlowJoined> {
    if (!equalBytes(hash, this.env.hash.digest(HASH, utf8Bytes(this.layer)))) {
      throw new OuroborosError('ENAME', `this is a member of layer ${this.layer}, not of that one`, { stage: 'layer' });
    }
    this.joined().join(flow);
    return { mplMs: MPL_MS };
  }

  userFlowDown(flow: UserFlow): Promise<void> | void {
    return this.member?.leave(flow);
  }

  status(): JsonObject {
    return statusOf(this.member);
  }

  metrics(out: MetricSet): void {
    this.member?.linkMetrics.add(out);
  }

  rib(): Readonly<Record<string, RibComponent>> {
    return ribOf(this.member);
  }

  async shutdown(): Promise<void> {
    this.member?.stop();
    this.member = null;
  }
}
