import type { Fact } from './facts.js';

/** What has become of an object. */
export type Told = (change: 'added' | 'changed' | 'removed', fact: Fact) => void;

/** The objects of one kind as they were when looked at last. */
export class Tracked {
  private facts: ReadonlyMap<string, Fact> = new Map();
  private turn: Promise<void> = Promise.resolve();
  private waiting = false;

  constructor(
    private readonly read: (known: ReadonlyMap<string, Fact>) => Promise<readonly Fact[]>,
    private readonly tell: Told,
  ) {}

  /** Looks, and tells what differs. One look at a time; one that waits already serves this caller too. */
  look(): void {
    if (this.waiting) return;
    this.waiting = true;
    this.turn = this.turn.then(() => this.now());
  }

  /** Looks, and hands over all there is before any further change is told. */
  begin(present: (facts: readonly Fact[]) => void): Promise<void> {
    this.turn = this.turn.then(() => this.now()).then(() => present([...this.facts.values()]));
    return this.turn;
  }

  private async now(): Promise<void> {
    this.waiting = false;
    const found = await this.read(this.facts).catch(() => undefined);
    if (found) this.become(new Map(found.map((fact) => [fact.key, fact])));
  }

  private become(next: ReadonlyMap<string, Fact>): void {
    const before = this.facts;
    this.facts = next;
    for (const [key, fact] of before) if (!next.has(key)) this.tell('removed', fact);
    for (const [key, fact] of next) {
      const old = before.get(key);
      if (!old) this.tell('added', fact);
      else if (old.state !== fact.state) this.tell('changed', fact);
    }
  }
}
