import type { DatagramFate } from './memory-datagrams.js';
import type { SeededRandom } from './seeded-random.js';

/** What becomes of datagrams between two addresses; the same both ways. */
export interface LinkConditions {
  /** Probabilities, 0 … 1. */
  readonly loss: number;
  readonly duplicate: number;
  /** Each copy takes `delayMs` plus up to `jitterMs`, which reorders. */
  readonly delayMs: number;
  readonly jitterMs: number;
}

export const GOOD_LINK: LinkConditions = { loss: 0, duplicate: 0, delayMs: 1, jitterMs: 0 };

const LOST: readonly number[] = [];

/**
 * The links of a simulated network, between addresses: good until they are hurt. A cut drops everything both ways without
 * a word, as a cable does; datagrams under way still arrive.
 */
export class Links {
  private usual: LinkConditions;
  private readonly special = new Map<string, LinkConditions>();
  private readonly cuts = new Map<string, number>();
  /** Grows with `healAll`: what was cut before is not to be healed again. */
  private epoch = 0;

  constructor(
    private readonly random: SeededRandom,
    usual: Partial<LinkConditions> = {},
  ) {
    this.usual = { ...GOOD_LINK, ...usual };
  }

  /** Conditions of all links that have none of their own. */
  setAll(conditions: Partial<LinkConditions>): void {
    this.usual = { ...GOOD_LINK, ...conditions };
  }

  set(a: string, b: string, conditions: Partial<LinkConditions>): void {
    this.special.set(linkOf(a, b), { ...GOOD_LINK, ...conditions });
  }

  /** Cuts count: a link that was cut twice, say by two partitions, works again when it was healed twice. */
  cut(a: string, b: string): void {
    const link = linkOf(a, b);
    this.cuts.set(link, (this.cuts.get(link) ?? 0) + 1);
  }

  heal(a: string, b: string): void {
    const link = linkOf(a, b);
    const left = (this.cuts.get(link) ?? 0) - 1;
    if (left > 0) this.cuts.set(link, left);
    else this.cuts.delete(link);
  }

  isCut(a: string, b: string): boolean {
    return this.cuts.has(linkOf(a, b));
  }

  /** Cuts every link between the two groups; the result heals them. */
  partition(group: readonly string[], others: readonly string[]): () => void {
    const pairs = group.flatMap((a) => others.map((b) => [a, b] as const));
    const { epoch } = this;
    for (const [a, b] of pairs) this.cut(a, b);
    return () => {
      if (epoch !== this.epoch) return;
      for (const [a, b] of pairs) this.heal(a, b);
    };
  }

  /** All links are good again. */
  healAll(): void {
    this.usual = GOOD_LINK;
    this.special.clear();
    this.cuts.clear();
    this.epoch += 1;
  }

  /** Endpoints are written `address:port`. */
  readonly fate: DatagramFate = (from, to) => {
    const link = linkOf(addressOf(from), addressOf(to));
    if (this.cuts.has(link)) return LOST;
    const { loss, duplicate, delayMs, jitterMs } = this.special.get(link) ?? this.usual;
    if (loss > 0 && this.random.fraction() < loss) return LOST;
    const delay = (): number => (jitterMs > 0 ? delayMs + this.random.fraction() * jitterMs : delayMs);
    return duplicate > 0 && this.random.fraction() < duplicate ? [delay(), delay()] : [delay()];
  };
}

const linkOf = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);
const addressOf = (endpoint: string): string => endpoint.slice(0, endpoint.lastIndexOf(':'));
