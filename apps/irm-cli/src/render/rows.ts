import { isJsonObject, printable, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { IpcpReport } from '@ouroboros/irm';
import type { IpcpInfo } from '@ouroboros/ports';
import { renderTable } from './table.js';

/** Reports come in the words of an IPCP's package; lists of objects become tables whatever their keys are. */

/** `nextHop` → `next hop`. */
export const titleOf = (key: string): string =>
  key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/_/g, ' ')
    .toLowerCase();

export function cellText(value: JsonValue | undefined): string {
  if (value === undefined || value === null || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(cellText).join(', ');
  if (typeof value === 'object') return pairsText(value);
  return String(value);
}

const pairsText = (value: JsonObject): string =>
  Object.entries(value)
    .map(([key, inner]) => `${titleOf(key)} ${cellText(inner)}`)
    .join(', ');

/**
 * The rows of a report: a list, or an object that holds the list under the topic's name. Other objects become one row
 * for each value, or for each element of a list, with the key as `entry`.
 */
export function rowsOf(report: JsonValue, topic: string): JsonObject[] {
  if (Array.isArray(report)) return report.map(asRow);
  if (!isJsonObject(report)) return report === null ? [] : [asRow(report)];
  const inner = report[topic];
  if (Array.isArray(inner)) return inner.map(asRow);
  return Object.entries(report).flatMap(([entry, value]) => {
    const elements = Array.isArray(value) ? value : [value];
    return elements.map((element) => ({ entry, ...asRow(element) }));
  });
}

const asRow = (value: JsonValue): JsonObject => (isJsonObject(value) ? value : { value });

/** What one IPCP has to show. */
interface Share {
  readonly ipcp: IpcpInfo;
  readonly rows: readonly JsonObject[];
}

/** One table for each type of IPCPs, because the keys of rows are those of the type; in the order of the reports. */
export function renderReports(reports: readonly IpcpReport[], topic: string): string {
  const all = reports.map(({ ipcp, report }): Share => ({ ipcp, rows: rowsOf(report, topic) }));
  const shares = all.filter(({ rows }) => rows.length > 0);
  if (shares.length === 0) return `No ${topic}.\n`;
  const types = [...new Set(shares.map(({ ipcp }) => ipcp.type))];
  return types.map((type) => renderType(type, ofType(shares, type))).join('\n');
}

const ofType = (shares: readonly Share[], type: string): Share[] => shares.filter(({ ipcp }) => ipcp.type === type);

/** A heading such as `unicast: n1 in net, n2 in net`; then the IPCP and the keys of the rows as they come up. */
function renderType(type: string, shares: readonly Share[]): string {
  const places = shares.map(({ ipcp }) =>
    ipcp.layer === '' ? `${ipcp.name} in no layer` : `${ipcp.name} in ${ipcp.layer}`,
  );
  const rows = shares.flatMap(({ ipcp, rows }) => rows.map((row) => ({ ipcp, row })));
  const keys = [...new Set(rows.flatMap(({ row }) => Object.keys(row)))];
  const table = renderTable(
    ['ipcp', ...keys.map(titleOf)].map((title) => ({ title })),
    rows.map(({ ipcp, row }) => [ipcp.name, ...keys.map((key) => cellText(row[key]))]),
  );
  return `${printable(`${type}: ${places.join(', ')}`)}\n${table}`;
}
