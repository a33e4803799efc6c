import type { JsonObject } from '@ouroboros/model';
import type { LayerOverview, Overview } from '@ouroboros/irm';
import { statusJson } from './json.js';
import { renderStatus } from './status.js';
import { renderTable } from './table.js';

const orDash = (value: number | null): string => (value === null ? '-' : String(value));

export function renderLayers(layers: readonly LayerOverview[]): string {
  const titles = ['layer', 'type', 'members', 'links up', 'links down', 'names', 'flows', 'state'];
  const rows = layers.map(({ layer, type, members, links, names, flows, state }) => [
    ...[layer, type, orDash(members), orDash(links?.up ?? null), orDash(links?.down ?? null)],
    ...[String(names), String(flows), state],
  ]);
  return renderTable(
    titles.map((title) => ({ title })),
    rows,
  );
}

/** Layers, then IPCPs. */
export function renderOverview({ status, layers }: Overview): string {
  const facts = renderStatus(status);
  return layers.length === 0 ? facts : `${facts}\n${renderLayers(layers)}`;
}

export const layerJson = ({ ipcps, links, ...layer }: LayerOverview): JsonObject => ({
  ...layer,
  ipcps: [...ipcps],
  linksUp: links?.up ?? null,
  linksDown: links?.down ?? null,
});

/** See JSON.md. */
export const overviewJson = ({ status, layers }: Overview): JsonObject => ({
  status: { ...statusJson(status), layers: layers.map(layerJson) },
});
