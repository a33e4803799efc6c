import { NEVER, type Micros } from '@ouroboros/model';

/** What is to be done later, at most one thing per key. For tens or hundreds of entries: looking is linear. */
export class Agenda<K, Act> {
  private readonly entries = new Map<K, { readonly at: Micros; readonly act: Act }>();

  set(key: K, at: Micros, act: Act): void {
    this.entries.set(key, { at, act });
  }

  delete(key: K): void {
    this.entries.delete(key);
  }

  get deadline(): Micros {
    let earliest = NEVER;
    for (const { at } of this.entries.values()) if (at < earliest) earliest = at;
    return earliest;
  }

  /** Removes and returns what is due, earliest first. */
  takeDue(now: Micros): Act[] {
    const due = [...this.entries].filter(([, entry]) => entry.at <= now).sort(([, a], [, b]) => a.at - b.at);
    for (const [key] of due) this.entries.delete(key);
    return due.map(([, entry]) => entry.act);
  }
}
