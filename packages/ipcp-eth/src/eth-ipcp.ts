import type { Ipcp, IpcpEnvironment, UserFlow, UserFlowRequest } from '@ouroboros/ipcp-kit';
import { OuroborosError, toHex, toOuroborosError, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { EthernetLink, EthernetPort, IpcpFlowAllocResult, LayerInfo } from '@ouroboros/ports';
import { ShimAllocator, ShimLayer } from '@ouroboros/shim-flow';
import { macText, type EthFraming } from '@ouroboros/wire';
import type { EthConfig } from './eth-config.js';
import { EthDirectory } from './eth-directory.js';
import type { EthPeer } from './eth-peer.js';
import { ETH_MPL_MS, EthWire } from './eth-wire.js';

/**
 * Shortest MTU of a device, that of the narrowest links in use: it carries a handshake without certificates, and each packet that flows begin
 * to search their path with. [RFC 791]
 */
const LEAST_MTU = 576;

/** What exists from bootstrap on. */
interface Member {
  readonly config: EthConfig;
  readonly port: EthernetPort;
  readonly layer: ShimLayer<EthPeer>;
  readonly allocator: ShimAllocator<EthPeer>;
  readonly directory: EthDirectory;
}

/**
 * The Ethernet shim: the normal service of a layer (register, query, flows) on one device. [spec/wire-shims.md §3 to §5]
 *
 * A device that goes down takes nothing with it: packets are lost as on a cut cable, and flows live on when it comes back,
 * or another one of its name. Only a new MAC ends them, as peers know this host by the old one.
 */
export class EthIpcp implements Ipcp<EthConfig> {
  /** Hashes in hexadecimal digits. */
  private readonly registered = new Set<string>();
  private member: Member | null = null;

  readonly reports = {
    neighbors: () => this.neighbors(),
    directory: () => ({ hosts: this.required().directory.report(), registered: [...this.registered].sort() }),
  };

  constructor(
    private readonly environment: IpcpEnvironment,
    private readonly framing: EthFraming,
  ) {}

  async bootstrap(layerName: string, config: EthConfig): Promise<LayerInfo> {
    const port = await this.open(config);
    const { mtu } = port.link;
    if (mtu < LEAST_MTU) {
      port.close();
      const message = `the MTU of ${config.dev} is ${mtu} bytes, and must be ${LEAST_MTU} at least`;
      throw new OuroborosError('EINVAL', message, { field: 'dev' });
    }
    this.member = this.join(config, port);
    this.watch(port);
    return { name: layerName, hash: config.hash, oapRoom: this.member.layer.oapRoom };
  }

  async register(hash: Uint8Array): Promise<void> {
    this.registered.add(toHex(hash));
  }

  async unregister(hash: Uint8Array): Promise<void> {
    this.registered.delete(toHex(hash));
  }

  /** A name that only this host has is served without this layer. */
  async query(hash: Uint8Array): Promise<boolean> {
    return (await this.required().directory.lookup(hash)).length > 0;
  }

  async flowAlloc(request: UserFlowRequest): Promise<IpcpFlowAllocResult> {
    const { directory, allocator } = this.required();
    return allocator.alloc(request, await directory.lookup(request.hash));
  }

  flowAgreed(flow: UserFlow): void {
    this.member?.layer.agreed(flow);
  }

  userFlowDown(flow: UserFlow): void {
    this.member?.layer.userDown(flow);
  }

  status(): JsonObject {
    if (!this.member) return {};
    const { config, port } = this.member;
    const { mac, mtu, state } = port.link;
    const { dev: device, ethertype } = config;
    const type = ethertype === null ? null : `0x${ethertype.toString(16).toUpperCase().padStart(4, '0')}`;
    return { address: macText(mac), device, link: state, mtu, ethertype: type, mplMs: ETH_MPL_MS };
  }

  async shutdown(): Promise<void> {
    const { member } = this;
    if (!member) return;
    await member.layer.leave();
    member.directory.close();
    this.member = null;
  }

  private join(config: EthConfig, port: EthernetPort): Member {
    const { environment, framing } = this;
    const { clock, counters } = environment;
    const { dev: device, hash, ethertype } = config;
    let wire!: EthWire;
    const directory = new EthDirectory(clock, (name) => wire.askName(name));
    const names = {
      asked: (name: Uint8Array, peer: EthPeer) => {
        if (this.registered.has(toHex(name))) wire.answerName(name, peer);
      },
      answered: (name: Uint8Array, peer: EthPeer) => directory.answered(name, peer),
    };
    const common = { framing, port, device, ethertype: ethertype ?? 0, hash, clock, counters, names };
    const layer = new ShimLayer<EthPeer>(environment, (taker) => (wire = new EthWire({ ...common, taker })));
    return { config, port, layer, allocator: new ShimAllocator(layer), directory };
  }

  private watch(port: EthernetPort): void {
    let before = port.link;
    port.onLink = (): void => {
      this.linkChanged(before, port.link);
      before = port.link;
    };
  }

  private linkChanged(before: EthernetLink, now: EthernetLink): void {
    const { logger } = this.environment;
    const { config, layer, directory } = this.required();
    const fields = { device: config.dev, mtu: now.mtu };
    if (now.state !== before.state)
      logger.log(now.state === 'up' ? 'info' : 'warn', `the device is ${now.state}`, fields);
    if (now.mac === before.mac) return;
    logger.log('warn', 'the device has another MAC address: all flows end', { ...fields, mac: macText(now.mac) });
    layer.endAll();
    directory.forget();
  }

  private async open({ dev, ethertype }: EthConfig): Promise<EthernetPort> {
    try {
      return await this.environment.ethernet.open(dev, ethertype ?? 'llc');
    } catch (thrown) {
      const { code, message, field } = toOuroborosError(thrown);
      throw new OuroborosError(code, message, { field: field === 'device' ? 'dev' : field, cause: thrown });
    }
  }

  private neighbors(): JsonValue {
    const neighbors = this.required().layer.neighbors();
    return neighbors.map(({ peer: { address }, open, pending }) => ({ address, open, pending }));
  }

  private required(): Member {
    if (this.member) return this.member;
    throw new OuroborosError('EIPCPSTATE', 'the IPCP is not bootstrapped');
  }
}
