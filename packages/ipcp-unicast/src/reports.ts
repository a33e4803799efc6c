import { formatAddress, toHex, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { Member } from './member.js';

/** Fields that the `status` report of a member adds. */
export function statusOf(member: Member | null): JsonObject {
  if (!member) return {};
  const { self, layer, dht, fa, admission } = member;
  return {
    address: formatAddress(self),
    duplicateAddress: member.duplicateAddress,
    hash: layer.hash,
    policies: { routing: layer.routing.name, congestion: layer.ca.name, spread: layer.spread.name },
    neighbors: member.dt.neighbors().length,
    routes: member.routing.currentRoutes().size,
    directoryContacts: dht.contacts.size,
    layerFlows: fa.flows.size,
    capacity: admission.capacity === null ? null : Number(admission.capacity),
    admitted: Number(admission.admitted),
    routing: { ...member.routing.counters },
    directory: { ...dht.counters },
    flowAllocator: { ...fa.counters },
  };
}

/** One row per destination. */
export function routesOf(member: Member | null): JsonValue {
  const routes = [...(member?.routing.currentRoutes() ?? [])];
  return routes
    .sort(([a], [b]) => a - b)
    .map(([destination, hops]) => ({
      destination: formatAddress(destination),
      nextHop: formatAddress(hops[0]!),
      direct: hops[0] === destination,
      ...(hops.length > 1 && { others: hops.slice(1).map(formatAddress).join(' ') }),
    }));
}

/** One row per management or data-transfer link. */
export function neighborsOf(member: Member | null): JsonValue {
  const links = member?.connections.all() ?? [];
  return links.map((link) => ({
    address: formatAddress(link.neighbor),
    component: link.component,
    state: link.silent ? 'silent' : 'up',
    connectedTo: link.dst,
    lowerLayer: link.flow.layer,
    lowerFlow: link.flow.flowId,
    watched: link.limitMs > 0,
    sent: link.flow.counters.packetsSent,
    received: link.flow.counters.packetsReceived,
  }));
}

/** One row per key and address. */
export function directoryOf(member: Member | null): JsonValue {
  if (!member) return [];
  const { own, contacts } = member.dht.describe();
  const self = formatAddress(member.self);
  return [
    ...own.map((key) => ({ kind: 'own', key, address: self })),
    ...[...member.dht.store.entries()].map(({ key, address }) => ({
      kind: 'stored',
      key,
      address: formatAddress(address),
    })),
    ...contacts.map(({ id, address }) => ({ kind: 'contact', key: toHex(id), address: formatAddress(address) })),
  ];
}
