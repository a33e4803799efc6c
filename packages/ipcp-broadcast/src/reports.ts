import type { RibComponent } from '@ouroboros/ipcp-kit';
import type { JsonObject, JsonValue } from '@ouroboros/model';
import { OcepFeature } from '@ouroboros/wire';
import type { Member } from './member.js';

/** Fields that the `status` report of a member adds. */
export function statusOf(member: Member | null): JsonObject {
  if (!member) return {};
  const { joined, links, origins } = member.flood.describe();
  return { joined, neighbors: links, origins, lost: [...member.neighborhood.lost()] };
}

/** One row per link. `name`: as the neighbour calls itself; empty for a C neighbour. */
export function neighborsOf(member: Member | null): JsonValue {
  if (!member) return [];
  return member.connections.all().map((link) => ({
    name: member.neighborhood.nameOf(link.id),
    component: link.component,
    state: link.silent ? 'silent' : 'up',
    connectedTo: link.dst,
    lowerLayer: link.flow.layer,
    lowerFlow: link.flow.flowId,
    header: (link.features & OcepFeature.BROADCAST_PCI) !== 0,
    sent: link.flow.counters.packetsSent,
    received: link.flow.counters.packetsReceived,
  }));
}

/** C has no RIB entries for this type besides `info`; ours has one for each link. */
export function ribOf(member: Member | null): Readonly<Record<string, RibComponent>> {
  if (!member) return {};
  const entries: Record<string, () => string> = {};
  for (const { flow } of member.connections.all()) {
    const { counters } = flow;
    entries[String(flow.flowId)] = () =>
      line('Queued packets (rx)', flow.queuedRx()) +
      line('Queued packets (tx)', flow.queuedTx()) +
      line('sent (packets)', counters.packetsSent) +
      line('sent (bytes)', counters.bytesSent) +
      line('rcvd (packets)', counters.packetsReceived) +
      line('rcvd (bytes)', counters.bytesReceived);
  }
  return { dt: entries };
}

const line = (label: string, value: number): string => `${label}:`.padEnd(25) + `${value}`.padStart(20) + '\n';
