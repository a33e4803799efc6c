import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DemoNode } from '@ouroboros/demo';
import type { Flow, Flows } from '@ouroboros/flow/node';
import {
  broadcastPlan,
  conformanceSuite,
  ethPlan,
  localPlan,
  Mailbox,
  RETURN_NAME,
  SERVED_NAMES,
  setUp,
  udpPlan,
  unicastPlan,
  type IpcpPlan,
  type LayerPlan,
  type World,
  type WorldAllocOptions,
  type WorldHost,
  type WorldServer,
} from '@ouroboros/ipcp-conformance';
import type { Management } from '@ouroboros/ports';
import { Namespaces, noNamespaces } from './namespaces.js';
import { kill, until } from './one-node.js';
import { Site } from './site.js';

const ADDRESSES = ['127.0.0.1', '127.0.0.2'] as const;

/** Hosts of real daemons on this machine, with direct flows off; on its loopback device, or in namespaces of their own. */
class RealWorld implements World {
  private readonly stranger = createSocket('udp4');

  private constructor(
    private readonly site: Site,
    readonly hosts: readonly RealHost[],
    private readonly namespaces: Namespaces | undefined,
  ) {}

  static async make(planFor: (port: string) => LayerPlan, namespaces?: Namespaces): Promise<RealWorld> {
    const site = await Site.open();
    const hosts: RealHost[] = [];
    try {
      for (const [i, ipcps] of planFor(String(site.port)).entries())
        hosts.push(await RealHost.make(site, i, ipcps, namespaces?.within(i + 1)));
    } catch (thrown) {
      await site.close();
      namespaces?.remove();
      throw thrown;
    }
    return new RealWorld(site, hosts, namespaces);
  }

  nowMs(): number {
    return performance.now();
  }

  sleep(ms: number): Promise<void> {
    return pause(ms);
  }

  play(story: Promise<void>): Promise<void> {
    return story;
  }

  /** From an address of nobody, to the UDP port of the last host. */
  intrude(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) =>
      this.stranger.send(bytes, this.site.port, ADDRESSES[1], (error) => (error ? reject(error) : resolve())),
    );
  }

  async close(): Promise<void> {
    this.stranger.close();
    await Promise.all(this.hosts.map((host) => host.end()));
    await this.site.close();
    this.namespaces?.remove();
  }
}

/** Flows of one host begin and end in this process; victims are processes of their own. */
class RealHost implements WorldHost {
  private readonly stop = new AbortController();
  private readonly accepting: Promise<void>;
  private readonly flows: Flows;
  private readonly accepted = new Map<string, Mailbox>(
    [...SERVED_NAMES, RETURN_NAME].map((name) => [name, new Mailbox()]),
  );

  private constructor(
    private readonly site: Site,
    private readonly node: DemoNode,
    readonly member: IpcpPlan,
  ) {
    this.flows = site.flows(node);
    this.accepting = this.acceptAll();
  }

  static async make(
    site: Site,
    index: number,
    ipcps: readonly IpcpPlan[],
    within?: readonly string[],
  ): Promise<RealHost> {
    const name = `h${index}`;
    const config = join(site.folder, `${name}.toml`);
    writeFileSync(config, '[irmd]\ndirect_flows = false\n');
    const address = ADDRESSES[index]!;
    const node = await DemoNode.start({ name, address, runtimeDir: join(site.folder, name), config, within });
    const host = new RealHost(site, node, ipcps.at(-1)!);
    await node.irm.waitReady({ timeoutMs: 10_000 });
    await setUp(host.irm, ipcps);
    return host;
  }

  get irm(): Management {
    return this.node.irm.management;
  }

  alloc(name: string, options?: WorldAllocOptions): Promise<Flow> {
    return this.flows.alloc(name, options);
  }

  join(layer: string): Promise<Flow> {
    return this.flows.join(layer);
  }

  async serve(name: string): Promise<WorldServer> {
    await this.bind(process.pid, name);
    return { accept: () => this.accepted.get(name)!.take() };
  }

  async victim(name: string): Promise<{ kill(): void }> {
    const server = this.site.start(this.node, 'oping', '--listen', '--quiet');
    await server.says(/server started/);
    await this.bind(server.pid, name);
    return { kill: () => kill(server.pid) };
  }

  /** Ends with the site, as all processes that know its folder. */
  mute(name: string): Promise<void> {
    return this.irm.bindProgram({ program: '/bin/sleep', name, auto: true, args: ['300'] });
  }

  async killMember(): Promise<void> {
    const { name } = this.member;
    kill((await this.irm.ipcpList()).find((ipcp) => ipcp.name === name)!.pid);
  }
  async end(): Promise<void> {
    this.stop.abort();
    await this.accepting;
    await this.flows.close();
    await this.node.stop();
  }

  /** A call waits at all times, so that the process stays attached, and bound to its names. */
  private async acceptAll(): Promise<void> {
    const { signal } = this.stop;
    while (!signal.aborted) {
      const flow = await this.flows.accept({ signal }).catch((thrown: unknown) => {
        if (!signal.aborted) throw thrown;
        return undefined;
      });
      if (flow) this.accepted.get(flow.name)!.put(flow);
    }
  }

  /** The process may not yet have announced itself to irmd. */
  private async bind(pid: number, name: string): Promise<void> {
    await until('the process is attached', () =>
      this.irm.bindProcess(pid, name).then(
        () => true,
        () => false,
      ),
    );
  }
}

const runner = { describe, it, beforeAll, afterAll };
const real = (planFor: (port: string) => LayerPlan) => (): Promise<World> => RealWorld.make(planFor);
conformanceSuite(
  'local with real daemons',
  real(() => localPlan()),
  runner,
  { alone: true },
);
conformanceSuite(
  'udp4 with real daemons',
  real((port) => udpPlan('udp4', ADDRESSES, { port })),
  runner,
  { noise: true, alone: true },
);
conformanceSuite(
  'unicast over udp4 with real daemons',
  real((port) => unicastPlan(ADDRESSES, { port })),
  runner,
  { noise: true },
);
conformanceSuite(
  'broadcast over udp4 with real daemons',
  real((port) => broadcastPlan(ADDRESSES, { port })),
  runner,
  { broadcast: true },
);

if (noNamespaces !== '') process.stdout.write(`Types on networks of their own are skipped: ${noNamespaces}.\n`);
const apart = { ...runner, describe: noNamespaces === '' ? describe : describe.skip };
const inNamespaces = (planFor: (port: string) => LayerPlan) => (): Promise<World> =>
  RealWorld.make(planFor, new Namespaces(2));
const DEVICES = ['eth0', 'eth0'] as const;
conformanceSuite(
  'udp6 with real daemons',
  inNamespaces((port) => udpPlan('udp6', ['fd77::1', 'fd77::2'], { port })),
  apart,
  { alone: true },
);
conformanceSuite(
  'eth-dix with real daemons',
  inNamespaces(() => ethPlan('eth-dix', DEVICES)),
  apart,
  { alone: true },
);
conformanceSuite(
  'eth-llc with real daemons',
  inNamespaces(() => ethPlan('eth-llc', DEVICES)),
  apart,
  { alone: true },
);
/** Only the first host listens. */
const tcpPlan = (port: string): LayerPlan =>
  ['listen', 'connect']
    .map((how) => ({ [how]: `127.0.0.1:${port}` }))
    .map((config) => [{ name: 'e', type: 'tcp', layer: 'under-test', config }]);
conformanceSuite('tcp with real daemons', real(tcpPlan), runner, { alone: true });
