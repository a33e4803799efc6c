import type { Ipcp, IpcpEnvironment, UserDownReason, UserFlow, UserFlowRequest } from '@ouroboros/ipcp-kit';
import { OuroborosError, toHex, type JsonValue } from '@ouroboros/model';
import type { IpcpFlowAllocResult, LayerInfo } from '@ouroboros/ports';
import { FlowPair } from './flow-pair.js';
import type { LocalConfig } from './local-type.js';

/** Both ends are on this host: only the memory of the two processes limits the message. [spec/wire-crypto.md §1] */
const OAP_ROOM = 10_240;
/** Maximum packet lifetime; packets go from channel to channel. [spec/wire-shims.md §1.6] */
const BOUNDS = { mplMs: 100, layerPacket: 0, wholePacket: 0 } as const;

/**
 * The local shim: a layer of one member, for flows between processes of one host. A request is presented to the IRM
 * daemon that it came from; the two flows are tied together. Unlike C it answers refusals. [spec/wire-shims.md §6]
 */
export class LocalIpcp implements Ipcp<LocalConfig> {
  private readonly registered = new Set<string>();
  private readonly pairs = new Map<UserFlow, FlowPair>();
  readonly reports = { directory: (): JsonValue => ({ registered: [...this.registered].sort() }) };

  constructor(private readonly environment: IpcpEnvironment) {}

  async bootstrap(layer: string, config: LocalConfig): Promise<LayerInfo> {
    return { name: layer, hash: config.hash, oapRoom: OAP_ROOM };
  }

  async register(hash: Uint8Array): Promise<void> {
    this.registered.add(toHex(hash));
  }

  async unregister(hash: Uint8Array): Promise<void> {
    this.registered.delete(toHex(hash));
  }

  async query(hash: Uint8Array): Promise<boolean> {
    return this.registered.has(toHex(hash));
  }

  async flowAlloc({ flow, hash, qos, data }: UserFlowRequest): Promise<IpcpFlowAllocResult> {
    if (!(await this.query(hash))) {
      throw new OuroborosError('ENAME', 'the name is not registered in the local layer', { stage: 'name' });
    }
    const answer = await this.environment.users.arrive({ hash, qos, ...BOUNDS, data });
    if (!answer.accepted) return { response: answer.response, reason: '', ...BOUNDS, data: answer.data };
    this.tie(flow, answer.flow);
    return { response: 0, reason: '', ...BOUNDS, data: answer.data };
  }

  userFlowDown(flow: UserFlow, reason: UserDownReason): Promise<void> | void {
    const pair = this.pairs.get(flow);
    if (!pair) return;
    const draining = reason === 'peer-gone' ? undefined : pair.drained(flow);
    if (!draining) return this.untie(pair, flow);
    return draining.then(() => this.untie(pair, flow));
  }

  async shutdown(): Promise<void> {
    for (const pair of this.pairs.values()) pair.stop();
    this.pairs.clear();
  }

  private tie(first: UserFlow, second: UserFlow): void {
    const pair = new FlowPair(first, second, this.environment.counters);
    this.pairs.set(first, pair);
    this.pairs.set(second, pair);
    pair.start();
  }

  private untie(pair: FlowPair, flow: UserFlow): void {
    const other = pair.other(flow);
    this.pairs.delete(flow);
    this.pairs.delete(other);
    pair.stop();
    this.environment.users.end(other);
  }
}
