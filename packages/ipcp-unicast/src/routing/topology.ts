import { fromMs, fromSeconds, micros, type Micros } from '@ouroboros/model';
import { LsDatabase, type LsEntry } from './database.js';
import { Graph } from './graph.js';
import type { Announcement } from './messages.js';
import type { Statement } from './statement.js';

/** Bounds memory against a hostile member: 65,536 adjacencies are a full mesh of 256 members. */
export const MAX_DATABASE = 65_536;

/** The announced adjacencies and the graph that they make, kept in step. */
export class Topology {
  readonly database = new LsDatabase();
  readonly graph = new Graph();

  /** `tTimeout`: seconds. */
  constructor(private readonly tTimeout: number) {}

  store(news: Announcement, now: Micros): void {
    this.database.put(news, micros(now - fromMs(news.ageMs)));
    if (news.withdrawn) this.graph.delete(news);
    else this.graph.add(news);
  }

  /** All that a member says, in place of all that it said. `stamp`: when it said so. */
  replace({ origin, number, adjacencies }: Statement, stamp: Micros, now: Micros): void {
    const said = new Set(adjacencies.map(({ dst }) => dst));
    for (const entry of this.database.of(origin)) if (!said.has(entry.dst)) this.drop(entry);
    for (const { dst, withdrawn, ended } of adjacencies) {
      const known = this.database.get(origin, dst);
      const news = { src: origin, dst, seq: number, withdrawn, ended, ageMs: Math.round((now - stamp) / 1000) };
      const unchanged = known?.withdrawn === withdrawn && known.ended === ended;
      if (this.expired({ stamp, withdrawn }, now)) continue;
      if (unchanged) this.database.renew(known, number, stamp);
      else if (known || this.database.size < MAX_DATABASE) this.store(news, now);
    }
  }

  /** Tombstones live twice as long, so that C members have forgotten the adjacency before its number starts again at 0. */
  expired(entry: Pick<LsEntry, 'stamp' | 'withdrawn'>, now: Micros): boolean {
    return now - entry.stamp > fromSeconds(this.tTimeout) * (entry.withdrawn ? 2 : 1);
  }

  /** Forgets what was not heard of for too long, and tells what. */
  dropExpired(now: Micros): readonly LsEntry[] {
    const dropped = [...this.database.values()].filter((entry) => this.expired(entry, now));
    for (const entry of dropped) this.drop(entry);
    return dropped;
  }

  private drop(entry: LsEntry): void {
    this.database.delete(entry);
    this.graph.delete(entry);
  }
}
