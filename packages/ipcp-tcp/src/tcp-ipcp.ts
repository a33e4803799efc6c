import type { Ipcp, IpcpEnvironment, UserDownReason, UserFlow, UserFlowRequest } from '@ouroboros/ipcp-kit';
import {
  HASH_NUMBER,
  OuroborosError,
  endpointText,
  fromMs,
  toHex,
  toOuroborosError,
  type JsonObject,
  type JsonValue,
} from '@ouroboros/model';
import { sleep, type IpcpFlowAllocResult, type LayerInfo } from '@ouroboros/ports';
import { ShimAllocator, ShimLayer, type ShimPeer } from '@ouroboros/shim-flow';
import type { Self } from './links/events.js';
import type { StreamListener, StreamNetwork } from './stream-network.js';
import { endpointOf, type TcpConfig } from './tcp-config.js';
import { TCP_MPL_MS, TcpWire } from './tcp-wire.js';

/** How long a bootstrap waits for its first connection: then what is asked of the layer at once is not in vain. */
const FIRST_LINK_MS = 1_000;
/** For last packets, and for the goodbyes to leave, when the layer ends. */
const LEAVE_MS = 300;
const GOODBYE_MS = 20;
const MEMBER_BYTES = 16;
const RUN_BYTES = 8;

/** What exists from bootstrap on. */
interface Member {
  readonly config: TcpConfig;
  readonly layer: ShimLayer<ShimPeer>;
  readonly allocator: ShimAllocator<ShimPeer>;
  readonly wire: TcpWire;
  readonly listener: StreamListener | null;
}

/** The TCP shim: the normal service of a layer (register, query, flows) over connections between its members. */
export class TcpIpcp implements Ipcp<TcpConfig> {
  private readonly registered = new Set<string>();
  private member: Member | null = null;
  /** Flows whose last packets are on their way. */
  private readonly ending = new Set<Promise<void>>();

  readonly reports = {
    neighbors: () => this.neighbors(),
    targets: () => this.required().wire.targets(),
    directory: (): JsonValue => ({ registered: [...this.registered].sort() }),
  };

  constructor(
    private readonly environment: IpcpEnvironment,
    private readonly network: StreamNetwork,
  ) {}

  async bootstrap(name: string, config: TcpConfig): Promise<LayerInfo> {
    const { tls, listen, connect, hash, holdMs } = config;
    if (tls) await this.network.check(tls);
    const member = await this.memberId();
    const run = toHex(this.environment.random.bytes(RUN_BYTES));
    const { layer, wire } = this.layerOf(config, { member, run, layer: name, hash: HASH_NUMBER[hash], holdMs });
    const listener = listen && (await this.network.listen(listen, tls, (stream) => wire.connected(stream, null)));
    this.member = { config, layer, wire, listener, allocator: new ShimAllocator(layer) };
    for (const place of connect) wire.keep(endpointText(place));
    if (connect.length > 0)
      await Promise.race([wire.firstLink(), sleep(this.environment.clock, fromMs(FIRST_LINK_MS))]);
    return { name, hash, oapRoom: layer.oapRoom };
  }

  async register(hash: Uint8Array): Promise<void> {
    this.registered.add(toHex(hash));
  }

  async unregister(hash: Uint8Array): Promise<void> {
    this.registered.delete(toHex(hash));
  }

  async query(hash: Uint8Array): Promise<boolean> {
    return (await this.required().wire.find(hash)).length > 0;
  }

  async flowAlloc(request: UserFlowRequest): Promise<IpcpFlowAllocResult> {
    const { allocator, wire } = this.required();
    return allocator.alloc(request, await wire.find(request.hash));
  }

  /** What was written before the end of a flow still leaves, if the peer takes it in time. */
  userFlowDown(flow: UserFlow, reason: UserDownReason): Promise<void> | void {
    const { member } = this;
    const drained = reason === 'peer-gone' ? undefined : member?.wire.drained(flow);
    if (!drained) return member?.layer.userDown(flow);
    const done = drained.then(() => member?.layer.userDown(flow)).finally(() => this.ending.delete(done));
    this.ending.add(done);
    return done;
  }

  status(): JsonObject {
    const config = this.member?.config;
    if (!config) return {};
    const listen = config.listen && endpointText(config.listen);
    const { tls } = config;
    return {
      ...{ listen, connect: config.connect.map(endpointText), tls: tls !== null },
      ...(tls && { pin: this.network.ownPin(tls), callersCertified: tls.ca !== null }),
      mplMs: TCP_MPL_MS,
    };
  }

  async shutdown(): Promise<void> {
    const { member } = this;
    const { clock } = this.environment;
    if (!member) return;
    member.listener?.close();
    if (this.ending.size > 0) await Promise.race([Promise.all(this.ending), sleep(clock, fromMs(LEAVE_MS))]);
    await member.layer.leave();
    this.member = null;
    await sleep(clock, fromMs(GOODBYE_MS));
  }

  private layerOf(config: TcpConfig, self: Self): { layer: ShimLayer<ShimPeer>; wire: TcpWire } {
    const { environment } = this;
    const serves = (hash: Uint8Array): boolean => this.registered.has(toHex(hash));
    const dial = (target: string): void => void this.dial(wire, target, config);
    let wire!: TcpWire;
    const layer = new ShimLayer<ShimPeer>(environment, (taker) => {
      wire = new TcpWire({ environment, self, hash: config.hash, serves, dial, taker });
      return wire;
    });
    return { layer, wire };
  }

  private neighbors(): JsonValue {
    const { layer, wire } = this.required();
    const flows = new Map(layer.neighbors().map(({ peer, open, pending }) => [peer.address, { open, pending }]));
    return wire
      .neighbors()
      .map((link) => ({ ...link, ...(flows.get(String(link['member'])) ?? { open: 0, pending: 0 }) }));
  }

  /** Kept over restarts, so that peers know that the former run is no more. */
  private async memberId(): Promise<string> {
    const { store, random } = this.environment;
    const kept = await store.read('member');
    if (typeof kept === 'string' && /^[0-9a-f]{32}$/.test(kept)) return kept;
    const fresh = toHex(random.bytes(MEMBER_BYTES));
    await store.write('member', fresh);
    return fresh;
  }

  private async dial(wire: TcpWire, target: string, { tls }: TcpConfig): Promise<void> {
    try {
      wire.connected(await this.network.dial(endpointOf(target)!, tls), target);
    } catch (thrown) {
      wire.failed(target, toOuroborosError(thrown).message);
    }
  }

  private required(): Member {
    if (this.member) return this.member;
    throw new OuroborosError('EIPCPSTATE', 'the IPCP is not bootstrapped');
  }
}
