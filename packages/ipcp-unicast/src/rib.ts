import { formatAddress, toHex, type Micros } from '@ouroboros/model';
import type { RibComponent } from '@ouroboros/ipcp-kit';
import type { Clock } from '@ouroboros/ports';
import { eidOf } from '@ouroboros/wire';
import type { FaFlow } from './fa/index.js';
import type { Member } from './member.js';

/** Entries with C's labels, so that tools that read C's tree read ours. [spec/wire-control.md §9] */
export function ribOf(member: Member | null, clock: Clock): Readonly<Record<string, RibComponent>> {
  if (!member) return {};
  return {
    lsdb: linkStateEntries(member, clock),
    dht: directoryEntries(member),
    'flow-allocator': flowEntries(member),
    [`dt.${formatAddress(member.self)}`]: linkEntries(member),
  };
}

const line = (label: string, value: string | number | bigint, width = 20): string =>
  `${label}:`.padEnd(25) + `${value}`.padStart(width) + '\n';

/** `2026-01-31 12:00:00 (UTC)` */
function utc(nanos: bigint): string {
  const iso = new Date(Number(nanos / 1_000_000n)).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} (UTC)`;
}

function linkStateEntries(member: Member, clock: Clock): RibComponent {
  const entries: Record<string, () => string> = {};
  for (const link of member.connections.all()) {
    const kind = link.component === 'Management' ? 'mgmt' : 'dt';
    entries[`.${kind} ${formatAddress(link.neighbor)}`] = () => '';
  }
  for (const entry of member.routing.entries()) {
    if (entry.withdrawn) continue;
    const [src, dst] = [formatAddress(entry.src), formatAddress(entry.dst)];
    entries[`${src}--${dst}`] = () =>
      `src: ${src.padStart(20)}\ndst: ${dst.padStart(20)}\nseqno: ${String(entry.seq).padStart(18)}\n` +
      `upd: ${utc(stampToWall(entry.stamp, clock))}\n`;
  }
  return entries;
}

const stampToWall = (stamp: Micros, clock: Clock): bigint =>
  clock.wallNanos() - BigInt(Math.round(clock.now() - stamp)) * 1000n;

function directoryEntries({ dht, self, layer, createdNanos }: Member): RibComponent {
  const options = layer.wire.unicast!.dir.dht!;
  return {
    stats: () => {
      const { own, contacts } = dht.describe();
      return (
        line('DHT', toHex(dht.id.subarray(0, 8))) +
        line('Created', utc(createdNanos)) +
        line('Address', formatAddress(self)) +
        line('alpha', options.alpha) +
        line('k', options.k) +
        line('t_expire', options.expireS) +
        line('t_refresh', options.refreshS) +
        line('t_replicate', options.replicateS) +
        line('Number of keys', own.length + dht.store.size) +
        line('Number of local values', own.length) +
        line('Number of non-local values', [...dht.store.entries()].length) +
        line('Number of contacts', contacts.length)
      );
    },
    database: () => {
      const own = dht.describe().own.map((key) => `Key: K<${key.slice(0, 16)}>\n`);
      const stored = [...dht.store.entries()].map(
        ({ key, address, expiresS }) => `Key: K<${key.slice(0, 16)}> V<${formatAddress(address)}>, t_exp=${expiresS}\n`,
      );
      const list = (items: string[]): string => (items.length > 0 ? items.join('') : '  No entries.\n');
      return `Local entries:\n${list(own)}\nNon-local entries:\n${list(stored)}`;
    },
  };
}

function flowEntries(member: Member): RibComponent {
  const entries: Record<string, () => string> = {};
  for (const flow of member.fa.flows.values()) entries[String(flow.eidLow)] = () => flowText(flow);
  return entries;
}

function flowText(flow: FaFlow): string {
  const { upstreamLevel, downstreamLevel, windowBytes, regime } = flow.congestion.describe();
  return (
    line('Remote address', flow.remoteAddress) +
    line('Local endpoint ID', eidOf(flow.eidLow, flow.eidHigh)) +
    line('Remote endpoint ID', eidOf(flow.remoteLow, flow.remoteHigh)) +
    line('Sent (packets)', flow.sent) +
    line('Send failed (packets)', flow.sendFailed) +
    line('Received (packets)', flow.received) +
    line('Receive failed (packets)', flow.receiveFailed) +
    line('Sent flow updates', flow.updatesSent) +
    line('Received flow updates', flow.updatesReceived) +
    line('Upstream congestion level', upstreamLevel) +
    line('Downstream congestion level', downstreamLevel) +
    line('Max bytes in this window', windowBytes) +
    line('Current congestion regime', regime)
  );
}

function linkEntries(member: Member): RibComponent {
  const entries: Record<string, () => string> = {};
  for (const link of member.dt.neighbors()) {
    const { counters } = link.flow;
    entries[String(link.flow.flowId)] = () =>
      line('Endpoint address', formatAddress(link.neighbor)) +
      line('Queued packets (rx)', link.flow.queuedRx()) +
      line('Queued packets (tx)', link.flow.queuedTx()) +
      line('sent (packets)', counters.packetsSent) +
      line('sent (bytes)', counters.bytesSent) +
      line('rcvd (packets)', counters.packetsReceived) +
      line('rcvd (bytes)', counters.bytesReceived);
  }
  return entries;
}
