import { fromMs, micros } from '@ouroboros/model';
import { sleep, type CredentialStore, type CryptoSuite, type Hash, type LogLevel } from '@ouroboros/ports';
import { EventLog } from './event-log.js';
import { Links } from './links.js';
import { MemoryDatagramNetwork } from './memory-datagrams.js';
import { MemoryEthernet } from './memory-ethernet.js';
import { SeededRandom } from './seeded-random.js';
import { SimNode } from './sim-node.js';
import type { SimIpcpType } from './sim-type.js';
import { VirtualClock, type Settle } from './virtual-clock.js';

export interface SimulationOptions {
  readonly seed: number;
  /** Lets promises go on: `() => new Promise((resolve) => setImmediate(resolve))`. */
  readonly settle: Settle;
  readonly hash: Hash;
  /** For encrypted flows: `loadCrypto` of @ouroboros/crypto. */
  readonly crypto?: () => Promise<CryptoSuite>;
  /** What the daemon of a node encrypts and authenticates with; without, it does neither. */
  readonly security?: (node: string) => NodeSecurityParts;
  /** IPCP types that nodes can create; see `simType`. */
  readonly types: readonly SimIpcpType[];
  /** Lines of the log below this level are not kept; default info. */
  readonly logLevel?: LogLevel;
  /** Bytes queued per direction of a flow between two processes; default 256 KiB. */
  readonly queueBytes?: number;
  /** Flows between two processes of one node bypass the layers; default true. */
  readonly directFlows?: boolean;
}

/** Certificates of a node, and the cryptography of its daemon. */
export interface NodeSecurityParts {
  readonly crypto: CryptoSuite;
  readonly credentials: CredentialStore;
}

/** MAC of the first node; the others follow. */
export const FIRST_MAC = 0x020000000001;

/**
 * Whole nodes in one process, in virtual time: what happens follows from the seed and from what the spec does. Two runs of one
 * seed give the same log.
 */
export class Simulation {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly links: Links;
  readonly network: MemoryDatagramNetwork;
  /** One segment, on which each node has a device `eth0`: the first node 02:00:00:00:00:01, and so on. */
  readonly ethernet: MemoryEthernet;
  readonly log: EventLog;
  private readonly nodesByName = new Map<string, SimNode>();
  private readonly types: ReadonlyMap<string, SimIpcpType>;

  constructor(private readonly options: SimulationOptions) {
    this.clock = new VirtualClock(options.settle);
    this.random = new SeededRandom(options.seed);
    this.links = new Links(this.random.fork());
    this.network = new MemoryDatagramNetwork(this.clock);
    this.network.fate = this.links.fate;
    this.ethernet = new MemoryEthernet(this.clock);
    this.ethernet.fate = this.links.fate;
    this.log = new EventLog(this.clock, options.logLevel);
    this.types = new Map(options.types.map((type) => [type.name, type]));
  }

  /** A new node that has these addresses. */
  node(name: string, ...addresses: readonly string[]): SimNode {
    if (this.nodesByName.has(name)) throw new Error(`there is a node ${name} already`);
    const node = new SimNode({
      name,
      clock: this.clock,
      random: this.random.fork(),
      hash: this.options.hash,
      crypto: this.options.crypto,
      security: this.options.security?.(name),
      log: this.log,
      datagrams: this.network.host(...addresses),
      ethernet: this.ethernet.host(FIRST_MAC + this.nodesByName.size),
      resolver: { resolve: () => Promise.resolve(undefined) },
      types: this.types,
      queueBytes: this.options.queueBytes ?? 0,
      directFlows: this.options.directFlows ?? true,
    });
    this.nodesByName.set(name, node);
    return node;
  }

  nodes(): readonly SimNode[] {
    return [...this.nodesByName.values()];
  }

  get nowMs(): number {
    return this.clock.now() / 1000;
  }

  /** Lets virtual time pass. */
  run(ms: number): Promise<void> {
    return this.clock.run(fromMs(ms));
  }

  /** What the promise gives; virtual time passes until then, at most `limitMs`. */
  resolve<T>(promise: Promise<T>, limitMs = 60_000): Promise<T> {
    return this.clock.resolve(promise, fromMs(limitMs));
  }

  sleep(ms: number): Promise<void> {
    return sleep(this.clock, fromMs(ms));
  }

  /** Runs until `holds`, looking every `stepMs`; answers after how many ms, or undefined when it did not within `limitMs`. */
  async until(holds: () => Promise<boolean> | boolean, limitMs: number, stepMs = 50): Promise<number | undefined> {
    const start = this.clock.now();
    while (!(await this.resolve(Promise.resolve(holds())))) {
      if (this.clock.now() >= start + fromMs(limitMs)) return undefined;
      await this.clock.runUntil(micros(this.clock.now() + fromMs(stepMs)));
    }
    return (this.clock.now() - start) / 1000;
  }
}
