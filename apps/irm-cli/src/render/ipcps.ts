import { formatAddress, address, isJsonObject, type JsonValue } from '@ouroboros/model';
import type { IpcpInfo } from '@ouroboros/ports';
import type { IpcpDetails } from '@ouroboros/irm';
import { renderTable, type Column } from './table.js';
import { cellText, titleOf } from './rows.js';
import { renderFields } from './text.js';

const COLUMNS: readonly Column[] = [
  { title: 'pid', width: 7 },
  { title: 'name', width: 20 },
  { title: 'type', width: 10 },
  { title: 'layer', width: 20 },
];

export const layerText = (ipcp: IpcpInfo): string => (ipcp.layer === '' ? 'Not enrolled.' : ipcp.layer);

/** `irm ipcp list`, byte for byte as C prints it while the names fit. [spec/architecture.md §7] */
export function renderIpcps(ipcps: readonly IpcpInfo[]): string {
  if (ipcps.length === 0) return 'No IPCPs in system.\n\n';
  const rows = ipcps.map((ipcp) => [String(ipcp.pid), ipcp.name, ipcp.type, layerText(ipcp)]);
  return `${renderTable(COLUMNS, rows)}\n`;
}

/** Keys of a status report that the list of facts shows already. */
const KNOWN_KEYS: ReadonlySet<string> = new Set(['name', 'type', 'pid', 'state', 'layer', 'hash', 'flows', 'address']);

/** One fact a line; what the IPCP itself reports comes behind what the daemon knows. */
export function renderIpcpDetails({ ipcp, status }: IpcpDetails): string {
  const own = isJsonObject(status) ? status : {};
  const addressOf = addressText(status);
  return renderFields([
    ['name', ipcp.name],
    ['type', ipcp.type],
    ['pid', String(ipcp.pid)],
    ['state', ipcp.state],
    ['layer', layerText(ipcp)],
    ['hash', ipcp.hash === '' ? '-' : ipcp.hash],
    ...(addressOf === null ? [] : [['address', addressOf] as const]),
    ['rank', String(ipcp.rank)],
    ['restart', `${ipcp.restart}, restarted ${ipcp.restarts} times`],
    ['flows', String(ipcp.flows)],
    ...Object.entries(own).flatMap(([key, value]) => (KNOWN_KEYS.has(key) ? [] : factsOf(titleOf(key), value))),
  ]);
}

/** The address of an IPCP as its layer writes it; null when it has none. */
export function addressText(status: JsonValue): string | null {
  const value = isJsonObject(status) ? status['address'] : undefined;
  if (typeof value === 'number') return formatAddress(address(value));
  return typeof value === 'string' && value !== '' ? value : null;
}

function factsOf(label: string, value: JsonValue): (readonly [string, string])[] {
  if (!isJsonObject(value)) return [[label, cellText(value)]];
  return Object.entries(value).map(([key, inner]) => [`${label}, ${titleOf(key)}`, cellText(inner)] as const);
}
