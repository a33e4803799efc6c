import { micros } from '@ouroboros/model';
import type { Hash, HostResolver } from '@ouroboros/ports';
import { BENCH_UID, type BenchPorts } from './ipcp-bench.js';
import { MemoryChannelNetwork } from './memory-channel.js';
import { MemoryDatagramNetwork } from './memory-datagrams.js';
import { MemoryEthernet } from './memory-ethernet.js';
import { SeededRandom } from './seeded-random.js';
import { VirtualClock, type Settle } from './virtual-clock.js';

/** Platform parts that a bench is handed by its spec. */
export interface BenchPlatform {
  readonly settle: Settle;
  readonly hash: Hash;
  readonly seed?: number;
  readonly resolver?: HostResolver;
  /** Bytes queued per direction of a flow; default 256 KiB. */
  readonly queueBytes?: number;
}

/** Of hosts that bring no device of their own. */
const BENCH_MAC = 0x0200000000ff;
/** Virtual time that a turn of the event loop takes, in µs. */
const TURN = 10;

/** A virtual world for a few hosts: time, chance, a datagram network, channels. */
export class Bench {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly network: MemoryDatagramNetwork;
  readonly ethernet: MemoryEthernet;
  readonly ports: BenchPorts;

  constructor(platform: BenchPlatform) {
    this.clock = new VirtualClock(platform.settle);
    this.random = new SeededRandom(platform.seed ?? 1);
    this.network = new MemoryDatagramNetwork(this.clock);
    this.ethernet = new MemoryEthernet(this.clock);
    const later = (callback: () => void): void => void this.clock.at(micros(this.clock.now() + TURN), callback);
    const channels = new MemoryChannelNetwork(later, platform.queueBytes ? { queueBytes: platform.queueBytes } : {});
    this.ports = {
      clock: this.clock,
      random: this.random,
      hash: platform.hash,
      datagrams: this.network.host(),
      ethernet: this.ethernet.host(BENCH_MAC),
      resolver: platform.resolver,
      channels: (path) => channels.createHost({ path, uid: BENCH_UID }),
    };
  }
}
