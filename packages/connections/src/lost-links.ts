import type { Address, Micros } from '@ouroboros/model';
import type { Link } from './link.js';

/** More are forgotten, oldest first. */
const KEPT = 64;

/** A connection that was lost and is not back. */
export interface LostLink {
  readonly neighbor: Address;
  readonly component: Link['component'];
  /** The name that was connected to; empty when the neighbour connected to us. */
  readonly dst: string;
  readonly at: Micros;
  readonly why: string;
  /** Why the last try to connect again failed; empty where none was made. */
  lastError: string;
}

/** Connections that were lost and are not back: what an operator wants to know of a network that is broken. */
export class LostLinks {
  private readonly links = new Map<string, LostLink>();

  all(): readonly LostLink[] {
    return [...this.links.values()];
  }

  lost({ neighbor, component, dst }: Link, why: string, at: Micros): void {
    const key = keyOf(neighbor, component);
    this.links.delete(key);
    this.links.set(key, { neighbor, component, dst, at, why, lastError: '' });
    if (this.links.size > KEPT) this.links.delete(this.links.keys().next().value!);
  }

  back({ neighbor, component }: Link): void {
    this.links.delete(keyOf(neighbor, component));
  }

  /** Somebody wants no connection to the name any more. */
  unwanted(dst: string, component: Link['component']): void {
    for (const [key, link] of this.links) if (link.dst === dst && link.component === component) this.links.delete(key);
  }

  tried(dst: string, component: Link['component'], error: string): void {
    for (const link of this.links.values())
      if (link.dst === dst && link.component === component) link.lastError = error;
  }
}

const keyOf = (neighbor: Address, component: Link['component']): string => `${component} ${neighbor}`;
