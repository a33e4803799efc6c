import { fromHex, fromMs, toHex, type JsonValue, type Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { BoundedMap } from '@ouroboros/shim-flow';
import type { EthPeer } from './eth-peer.js';

/** Longest time that a query waits for its first answer; what comes later serves the next query. */
const ANSWER_LIMIT_MS = 400;
/** When the question goes out: a frame may be lost. */
const ASK_AT_MS = [0, 100, 200] as const;
/** How long what was found is believed. C believes it for ever; hosts come and go. */
const FOUND_MS = 5_000;
/** How long after a question answers are taken. [spec/wire-shims.md §5.2] */
const LATE_MS = 2_000;
const KNOWN_NAMES = 1_024;
const HOSTS_OF_A_NAME = 64;
/** Queries under way at once; further ones fail at once. */
const MAX_UNDER_WAY = 64;

/** What is known of one name since it was last asked for. */
interface Found {
  readonly peers: Map<number, EthPeer>;
  readonly askedAt: Micros;
}

interface Query {
  readonly answer: Promise<void>;
  settle(): void;
}

/** Hash of a name → hosts that have it, found by asking all. [spec/wire-shims.md §3.3, §5.2] */
export class EthDirectory {
  private readonly found = new BoundedMap<string, Found>(KNOWN_NAMES);
  private readonly underWay = new Map<string, Query>();

  /** `ask`: sends a name query to all; answers false when nobody can be reached now. */
  constructor(
    private readonly clock: Clock,
    private readonly ask: (hash: Uint8Array) => boolean,
  ) {}

  /** All hosts that have answered; empty when none has in time. */
  async lookup(hash: Uint8Array): Promise<readonly EthPeer[]> {
    const hex = toHex(hash);
    const known = this.believed(hex);
    if (known.length > 0) return known;
    await (this.underWay.get(hex) ?? this.begin(hex, hash))?.answer;
    return this.believed(hex);
  }

  /** A name reply came; true when it was asked for. */
  answered(hash: Uint8Array, peer: EthPeer): boolean {
    const hex = toHex(hash);
    const found = this.found.get(hex);
    if (!found || this.since(found) > fromMs(LATE_MS) || found.peers.size >= HOSTS_OF_A_NAME) return false;
    found.peers.set(peer.mac, peer);
    this.underWay.get(hex)?.settle();
    return true;
  }

  /** Everything is asked for anew. */
  forget(): void {
    this.found.clear();
  }

  close(): void {
    for (const { settle } of [...this.underWay.values()]) settle();
  }

  report(): JsonValue {
    const known = [...this.found].filter(([, { peers }]) => peers.size > 0);
    return known.map(([hash, { peers }]) => ({ hash, hosts: [...peers.values()].map(({ address }) => address) }));
  }

  private believed(hex: string): readonly EthPeer[] {
    const found = this.found.get(hex);
    return found && this.since(found) < fromMs(FOUND_MS) ? [...found.peers.values()] : [];
  }

  private begin(hex: string, hash: Uint8Array): Query | undefined {
    if (this.underWay.size >= MAX_UNDER_WAY || !this.ask(hash)) return undefined;
    this.found.set(hex, { peers: new Map(), askedAt: this.clock.now() });
    const query = this.waitFor(hex);
    this.underWay.set(hex, query);
    return query;
  }

  private waitFor(hex: string): Query {
    const [, ...again] = ASK_AT_MS;
    let settle: () => void = () => undefined;
    const answer = new Promise<void>((resolve) => (settle = resolve));
    const timers = again.map((ms) => this.later(ms, () => this.ask(fromHex(hex))));
    timers.push(this.later(ANSWER_LIMIT_MS, () => this.underWay.get(hex)?.settle()));
    return {
      answer,
      settle: () => {
        for (const cancel of timers) cancel();
        this.underWay.delete(hex);
        settle();
      },
    };
  }

  private later(ms: number, callback: () => void): () => void {
    return this.clock.at((this.clock.now() + fromMs(ms)) as Micros, callback);
  }

  private since({ askedAt }: Found): number {
    return this.clock.now() - askedAt;
  }
}
