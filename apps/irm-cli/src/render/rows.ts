import type { JsonObject, JsonValue } from '@ouroboros/model';
import type { IpcpReport } from '@ouroboros/irm';
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
  if (typeof report !== 'object' || report === null) return report === null ? [] : [asRow(report)];
  const inner = report[topic];
  if (Array.isArray(inner)) return inner.map(asRow);
  return Object.entries(report).flatMap(([entry, value]) => {
    const elements = Array.isArray(value) ? value : [value];
    return elements.map((element) => ({ entry, ...asRow(element) }));
  });
}

const asRow = (value: JsonValue): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { value };

/** One table over all IPCPs: the IPCP and its layer, then the keys of the rows in the order in which they come up. */
export function renderReports(reports: readonly IpcpReport[], topic: string): string {
  const rows = reports.flatMap(({ ipcp, report }) => rowsOf(report, topic).map((row) => ({ ipcp, row })));
  if (rows.length === 0) return `No ${topic}.\n`;
  const keys = [...new Set(rows.flatMap(({ row }) => Object.keys(row)))];
  const titles = ['ipcp', 'layer', ...keys.map(titleOf)];
  return renderTable(
    titles.map((title) => ({ title })),
    rows.map(({ ipcp, row }) => [ipcp.name, ipcp.layer, ...keys.map((key) => cellText(row[key]))]),
  );
}
