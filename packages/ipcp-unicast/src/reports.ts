import { formatAddress, toHex, type Address, type JsonObject, type JsonValue, type QosCube } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import type { LayerBelow, StepBelow } from '@ouroboros/wire';
import type { Member } from './member.js';

/** Fields that the `status` report of a member adds. */
export function statusOf(member: Member | null): JsonObject {
  if (!member) return {};
  const { self, layer, dht, fa, admission, ways } = member;
  return {
    address: formatAddress(self),
    duplicateAddress: member.duplicateAddress,
    hash: layer.hash,
    policies: { routing: layer.routing.name, congestion: layer.ca.name, spread: layer.spread.name },
    members: layer.authenticated ? 'authenticated' : 'any',
    neighbors: member.dt.neighbors().length,
    routes: member.routing.currentRoutes().size,
    directoryContacts: dht.contacts.size,
    layerFlows: fa.flows.size,
    capacity: admission.capacity === null ? null : Number(admission.capacity),
    admitted: Number(admission.admitted),
    routing: { ...member.routing.counters },
    directory: { ...dht.counters },
    flowAllocator: { ...fa.counters },
    traces: { ...ways.traces.counters },
    descents: { ...ways.descents.counters },
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

/** One row per connection that was lost and is not back. */
export function lostLinksOf(member: Member | null, clock: Clock): JsonValue {
  const lost = member?.connections.lost.all() ?? [];
  return lost.map(({ neighbor, component, dst, at, why, lastError }) => ({
    address: formatAddress(neighbor),
    component,
    connectedTo: dst,
    agoMs: Math.round((clock.now() - at) / 1000),
    why,
    lastError,
  }));
}

/** The layer as this member sees it: its members, with the names of those that tell, and the links between them. */
export async function graphOf(member: Member | null): Promise<JsonValue> {
  if (!member) return { self: '', members: [], links: [] };
  const { routing, self, ways } = member;
  const links = routing.links();
  const members = [...new Set<Address>([self, ...links.flat(), ...routing.currentRoutes().keys()])];
  const names = await ways.traces.names(members);
  return {
    self: formatAddress(self),
    members: members
      .sort((a, b) => a - b)
      .map((address) => ({ address: formatAddress(address), name: names.get(address) ?? '' })),
    links: links.map((ends) => ends.map(formatAddress)),
  };
}

/** Where the layer has a name, and how packets get there. */
export async function locationOf(member: Member, hash: Uint8Array, clock: Clock): Promise<JsonValue> {
  const at = clock.now();
  const { addresses, refused } = await member.lookup(hash);
  const { routing, self } = member;
  return {
    self: formatAddress(self),
    tookMs: (clock.now() - at) / 1000,
    refused,
    members: addresses.map((address) => ({
      address: formatAddress(address),
      path: routing.pathTo(address).map(formatAddress),
    })),
  };
}

/** Less than the IRM daemon grants a report, whatever is asked of other hosts. */
const PATIENCE_MS = 4_000;

/** The way of packets of a cube to each member that serves a name, and so many ranks below each hop. */
export async function tracesOf(member: Member, hash: Uint8Array, cube: QosCube, ranks: number): Promise<JsonValue> {
  const { addresses } = await member.lookup(hash);
  const traced = addresses.map(async (address) => {
    const steps = await member.ways.to(address, cube, ranks, PATIENCE_MS);
    return { address: formatAddress(address), reached: steps.at(-1)?.address === address, steps: steps.map(stepJson) };
  });
  return { cube, members: await Promise.all(traced) };
}

const stepJson = ({ address, name, roundTripMs, hop, below }: StepBelow): JsonObject => ({
  address: formatAddress(address as Address),
  name,
  answered: name !== '',
  roundTripMs,
  hop: hop && { ...hop, next: formatAddress(hop.next as Address), below: below && belowJson(below) },
});

const belowJson = ({ steps, ...about }: LayerBelow): JsonObject => ({ ...about, steps: steps.map(stepJson) });

/** The way of a flow of another IPCP of this host through the layer, as that one passes it on: a LayerBelow. */
export async function belowOf(
  member: Member,
  { to, cube }: { readonly to: Address; readonly cube: QosCube },
  ranks: number,
  patienceMs: number,
): Promise<JsonValue> {
  const steps = await member.ways.to(to, cube, ranks, patienceMs);
  const { name: layer, authenticated } = member.layer;
  const cut = ranks === 0 && steps.some(({ hop }) => hop !== null);
  const below: LayerBelow = { layer, type: 'unicast', authenticated, cut, steps };
  return below as unknown as JsonObject;
}
