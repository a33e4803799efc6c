import type { Ipcp, IpcpEnvironment, UserFlow, UserFlowRequest } from '@ouroboros/ipcp-kit';
import { OuroborosError, errorNumber, fromHex, toHex, toOuroborosError, type JsonObject } from '@ouroboros/model';
import type { DatagramPort, IpcpFlowAllocResult, LayerInfo } from '@ouroboros/ports';
import type { DynamicDns } from './dynamic-dns.js';
import { FaultSwitch } from './fault-switch.js';
import { HostDirectory } from './host-directory.js';
import type { Udp4Config } from './udp-config.js';
import { UDP_MPL_MS, UdpLayer, type AttemptResult } from './udp-layer.js';

/** How long a host gets to answer: C does within 2 s or never; a lost request is repeated after 2.5 s. [spec/wire-shims.md §1.5] */
const ANSWER_LIMIT_MS = 5_000;
/** The least that each of several hosts gets. */
const ANSWER_MIN_MS = 2_500;
/** Refusals after which another host of the same name may serve: the name, or a server, is not there. */
const TRY_NEXT = new Set([-errorNumber('ENAME'), -errorNumber('ENOSERVER'), -errorNumber('EIPCPSTATE')]);

/** What exists from bootstrap on. */
interface Member {
  readonly config: Udp4Config;
  readonly layer: UdpLayer;
  readonly directory: HostDirectory;
}

/** The UDP shim: the normal service of a layer (register, query, flows) over one UDP port. [spec/wire-shims.md §2, §5.1] */
export class UdpIpcp implements Ipcp<Udp4Config> {
  private readonly fault = new FaultSwitch();
  private readonly registered = new Set<string>();
  private member: Member | null = null;
  /** Turns through the hosts of a name. */
  private turn = 0;

  readonly reports = {
    neighbors: () => this.required().layer.neighbors(),
    directory: () => ({ hosts: this.required().directory.report(), registered: [...this.registered].sort() }),
  };
  readonly controls = { fault: (args: JsonObject) => this.fault.control(args) };

  constructor(
    private readonly environment: IpcpEnvironment,
    private readonly dns: DynamicDns,
  ) {}

  async bootstrap(layer: string, config: Udp4Config): Promise<LayerInfo> {
    if (config.dns !== null) await this.dns.check();
    const port = await this.bind(config);
    const { clock, hash, resolver } = this.environment;
    const { dns } = config;
    const ports = {
      clock,
      hash,
      resolve: (host: string) => resolver.resolve4(host),
      resolveHashed: (hex: string) => (dns === null ? resolver.resolve4(hex) : this.dns.lookup(dns, hex)),
    };
    const directory = new HostDirectory(ports, config.hosts);
    this.member = { config, directory, layer: new UdpLayer(this.environment, port, this.fault) };
    return { name: layer, hash: 'MD5' };
  }

  async register(hash: Uint8Array): Promise<void> {
    const { ip, dns } = this.required().config;
    const hex = toHex(hash);
    if (dns !== null) await this.dns.add(dns, hex, ip);
    this.registered.add(hex);
  }

  async unregister(hash: Uint8Array): Promise<void> {
    const { dns } = this.required().config;
    const hex = toHex(hash);
    this.registered.delete(hex);
    if (dns !== null) await this.dns.remove(dns, hex);
  }

  /** A name whose only host is this one is served without this layer. */
  async query(hash: Uint8Array): Promise<boolean> {
    return (await this.others(hash)).length > 0;
  }

  async flowAlloc(request: UserFlowRequest): Promise<IpcpFlowAllocResult> {
    const { config, layer } = this.required();
    const hosts = this.inTurn(await this.others(request.hash));
    const limitMs = Math.max(ANSWER_LIMIT_MS / Math.max(hosts.length, 1), ANSWER_MIN_MS);
    let last: AttemptResult | undefined;
    for (const address of hosts) {
      last = await layer.attempt(request, { address, port: config.port }, limitMs);
      if (!mayTryNext(last)) break;
    }
    if (last === undefined)
      throw new OuroborosError('ENAME', 'the UDP layer knows no host with this name', { stage: 'name' });
    return resultOf(last, hosts.length);
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
    await Promise.all([member.layer.close(), Promise.allSettled(withdrawals)]);
    this.member = null;
  }

  private async bind({ ip, port }: Udp4Config): Promise<DatagramPort> {
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

  private inTurn(hosts: readonly string[]): readonly string[] {
    if (hosts.length < 2) return hosts;
    const first = this.turn % hosts.length;
    this.turn += 1;
    return [...hosts.slice(first), ...hosts.slice(0, first)];
  }
}

const mayTryNext = (result: AttemptResult): boolean =>
  'failed' in result ? result.failed === 'no-answer' : TRY_NEXT.has(result.response);

function resultOf(result: AttemptResult, hosts: number): IpcpFlowAllocResult {
  if (!('failed' in result)) return result;
  const who = hosts === 1 ? 'the remote host' : `any of the ${hosts} remote hosts`;
  if (result.failed === 'no-answer')
    throw new OuroborosError('ENOANSWER', `no answer from ${who}`, { stage: 'remote' });
  if (result.failed === 'no-eid')
    throw new OuroborosError('EAGAIN', 'the UDP layer has no endpoint ids left', { stage: 'layer' });
  throw new OuroborosError('EFLOWDOWN', 'the flow ended while it was being allocated', { stage: 'remote' });
}
