import { LinkMetrics } from '@ouroboros/connections';
import { Histogram, type MetricSet } from '@ouroboros/metrics';
import { formatAddress } from '@ouroboros/model';
import type { Member } from './member.js';

/** Why the directory refuses what others say of names. */
const REFUSALS = ['forged', 'stale', 'unknown', 'crowded'] as const;

/** What a member measures besides its counters. */
export class Measures {
  routeChanges = 0;
  private hits = 0;
  private misses = 0;
  private readonly lookupSeconds = new Histogram();
  private readonly links: LinkMetrics;

  constructor(private readonly member: Member) {
    this.links = new LinkMetrics({
      connections: member.connections,
      neighborOf: ({ neighbor }) => formatAddress(neighbor),
      queuedByCube: (link) => member.queuedByCube(link),
    });
  }

  /** A name was looked up. */
  lookedUp(found: boolean, seconds: number): void {
    if (found) this.hits += 1;
    else this.misses += 1;
    this.lookupSeconds.observe(seconds);
  }

  add(out: MetricSet): void {
    const { admission, dht, duplicateAddress, routing } = this.member;
    const { admitted, capacity } = admission;
    this.links.add(out);
    out.add('ouroboros_layer_routes', routing.currentRoutes().size);
    out.add('ouroboros_layer_route_changes', this.routeChanges);
    out.add('ouroboros_layer_bandwidth', Number(admitted), { kind: 'admitted' });
    if (capacity !== null) out.add('ouroboros_layer_bandwidth', Number(capacity), { kind: 'capacity' });
    out.add('ouroboros_layer_duplicate_address', duplicateAddress ? 1 : 0);
    out.add('ouroboros_directory_entries', dht.describe().own.length, { kind: 'own' });
    out.add('ouroboros_directory_entries', dht.store.size, { kind: 'stored' });
    out.add('ouroboros_directory_contacts', dht.contacts.size);
    out.add('ouroboros_directory_lookups', this.hits, { result: 'hit' });
    out.add('ouroboros_directory_lookups', this.misses, { result: 'miss' });
    if (this.member.layer.authenticated) {
      for (const reason of REFUSALS) out.add('ouroboros_directory_refused', dht.counters[reason], { reason });
    }
    out.add('ouroboros_directory_lookup_seconds', this.lookupSeconds.value());
  }
}
