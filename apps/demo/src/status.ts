import type { Triangle } from './triangle.js';

/** The state of the triangle as a table, one row per node. */
export async function statusText(triangle: Triangle): Promise<string> {
  const rows = await Promise.all(triangle.nodes.map((node) => rowOf(triangle, node.plan.name)));
  const header = ['NODE', 'ADDRESS', 'IPCPS', 'NEIGHBORS', 'ROUTES', 'NAMES', 'FLOWS', 'STATE'];
  const table = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

async function rowOf(triangle: Triangle, name: string): Promise<string[]> {
  const { irm, plan } = triangle.get(name);
  const { management } = irm;
  try {
    const [status, neighbors, routes] = await Promise.all([
      management.status(),
      management.ipcpReport(`net.${name}`, 'neighbors'),
      management.ipcpReport(`net.${name}`, 'routes'),
    ]);
    const links = list(neighbors).filter((row) => row['component'] === 'Data Transfer');
    const up = links.filter((row) => row['state'] === 'up').length;
    const direct = list(routes).filter((row) => row['direct'] === true).length;
    return [
      name,
      plan.address,
      String(status.ipcps.length),
      `${up} up, ${links.length - up} silent`,
      `${list(routes).length} (${direct} direct)`,
      String(status.names),
      String(status.flows),
      status.ready ? 'ready' : `waiting for ${status.waitingFor.join(', ')}`,
    ];
  } catch (error) {
    return [name, plan.address, '-', '-', '-', '-', '-', error instanceof Error ? error.message : String(error)];
  }
}

const list = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value)
    ? value.filter((row): row is Record<string, unknown> => typeof row === 'object' && row !== null)
    : [];
