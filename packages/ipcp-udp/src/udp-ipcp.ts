import type { Ipcp, IpcpEnvironment, UserFlow, UserFlowRequest } from '@ouroboros/ipcp-kit';
import { OuroborosError, fromHex, toHex, toOuroborosError, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { DatagramPeer, DatagramPort, IpcpFlowAllocResult, LayerInfo } from '@ouroboros/ports';
import { ShimAllocator, ShimLayer } from '@ouroboros/shim-flow';
import type { DynamicDns } from './dynamic-dns.js';
import { FaultSwitch } from './fault-switch.js';
import { HostDirectory } from './host-directory.js';
import type { UdpConfig } from './udp-config.js';
import type { UdpFamily } from './udp-family.js';
import { UDP_MPL_MS, UdpWire } from './udp-wire.js';

/** What exists from bootstrap on. */
interface Member {
  readonly config: UdpConfig;
  readonly port: DatagramPort;
  readonly layer: ShimLayer<DatagramPeer>;
  readonly allocator: ShimAllocator<DatagramPeer>;
  readonly directory: HostDirectory;
}

/** The UDP shim: the normal service of a layer (register, query, flows) over one UDP port. [spec/wire-shims.md §2, §5.1] */
export class UdpIpcp implements Ipcp<UdpConfig> {
  private readonly fault: FaultSwitch;
  private readonly registered = new Set<string>();
  private member: Member | null = null;

  readonly reports = {
    neighbors: () => this.neighbors(),
    directory: () => ({ hosts: this.required().directory.report(), registered: [...this.registered].sort() }),
  };
  readonly controls = { fault: (args: JsonObject) => this.fault.control(args) };

  constructor(
    private readonly environment: IpcpEnvironment,
    private readonly family: UdpFamily,
    private readonly dns: DynamicDns,
  ) {
    this.fault = new FaultSwitch(family.addresses);
  }

  async bootstrap(layerName: string, config: UdpConfig): Promise<LayerInfo> {
    if (config.dns !== null) await this.dns.check();
    const port = await this.bind(config);
    const layer = this.layerOver(port);
    const directory = this.directoryOf(config);
    this.member = { config, port, directory, layer, allocator: new ShimAllocator(layer) };
    return { name: layerName, hash: 'MD5', oapRoom: layer.oapRoom };
  }

  async register(hash: Uint8Array): Promise<void> {
    const { ip, dns } = this.required().config;
    const hex = toHex(hash);
    if (dns !== null) await this.dns.add(dns, hex, this.family.dnsRecord, ip);
    this.registered.add(hex);
  }

  async unregister(hash: Uint8Array): Promise<void> {
    const { dns } = this.required().config;
    const hex = toHex(hash);
    this.registered.delete(hex);
    if (dns !== null) await this.dns.remove(dns, hex, this.family.dnsRecord);
  }

  /** A name whose only host is this one is served without this layer. */
  async query(hash: Uint8Array): Promise<boolean> {
    return (await this.others(hash)).length > 0;
  }

  async flowAlloc(request: UserFlowRequest): Promise<IpcpFlowAllocResult> {
    const { config, port, allocator } = this.required();
    const hosts = await this.others(request.hash);
    return allocator.alloc(
      request,
      hosts.map((address) => port.peer(address, config.port)),
    );
  }

  flowAgreed(flow: UserFlow): void {
    this.member?.layer.agreed(flow);
  }

  userFlowDown(flow: UserFlow): void {
    this.member?.layer.userDown(flow);
  }

  status(): JsonObject {
    const config = this.member?.config;
    return config ? { address: config.ip, port: config.port, dns: config.dns, mplMs: UDP_MPL_MS } : {};
  }

  async shutdown(): Promise<void> {
    const { member } = this;
    if (!member) return;
    const { dns } = member.config;
    const names = dns === null ? [] : [...this.registered];
    const withdrawals = names.map((hex) => this.unregister(fromHex(hex)));
    await Promise.all([member.layer.leave(), Promise.allSettled(withdrawals)]);
    this.member = null;
  }

  private layerOver(port: DatagramPort): ShimLayer<DatagramPeer> {
    const { family, fault, environment } = this;
    const { counters, datagrams: network } = environment;
    return new ShimLayer(environment, (taker) => new UdpWire({ family, port, network, fault, counters, taker }));
  }

  private directoryOf({ dns, hosts }: UdpConfig): HostDirectory {
    const { clock, hash, resolver } = this.environment;
    const { addresses } = this.family;
    const resolve = (host: string): Promise<string | undefined> => resolver.resolve(host, addresses.version);
    const resolveHashed = dns === null ? resolve : (hex: string) => this.dns.lookup(dns, hex);
    return new HostDirectory({ clock, hash, resolve, resolveHashed }, addresses, hosts);
  }

  private neighbors(): JsonValue {
    const neighbors = this.required().layer.neighbors();
    return neighbors.map(({ peer: { address, port }, open, pending }) => ({ address, port, open, pending }));
  }

  private async bind({ ip, port }: UdpConfig): Promise<DatagramPort> {
    try {
      return await this.environment.datagrams.bind(ip, port);
    } catch (thrown) {
      const { code, message, field } = toOuroborosError(thrown);
      throw new OuroborosError(code, message, { field: field === 'address' ? 'ip' : 'port', cause: thrown });
    }
  }

  private required(): Member {
    if (this.member) return this.member;
    throw new OuroborosError('EIPCPSTATE', 'the IPCP is not bootstrapped');
  }

  private async others(hash: Uint8Array): Promise<readonly string[]> {
    const { config, directory } = this.required();
    return (await directory.lookup(hash)).filter((address) => address !== config.ip);
  }
}
