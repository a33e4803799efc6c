import { jsonRows, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { DaemonStatus, FlowInfo, IpcpInfo, Management, NameInfo } from '@ouroboros/ports';

/** A layer that this host has members of. */
export interface LayerOverview {
  readonly layer: string;
  readonly rank: number;
  readonly type: string;
  /** Names of the IPCPs of this host in it. */
  readonly ipcps: readonly string[];
  /** Members that can be reached, this host's included; null where the type does not know. */
  readonly members: number | null;
  /** Neighbours by what is known of their links; null where the type has none. */
  readonly links: { readonly up: number; readonly down: number } | null;
  /** Names that this host registered in it. */
  readonly names: number;
  /** Flows of this host over it. */
  readonly flows: number;
  /** The worst of its IPCPs: `operational`, or another. */
  readonly state: string;
}

export interface Overview {
  readonly status: DaemonStatus;
  /** Shims first, then the lowest rank. */
  readonly layers: readonly LayerOverview[];
  readonly names: readonly NameInfo[];
  readonly flows: readonly FlowInfo[];
}

/** This host at a glance. What IPCPs do not tell is null. @throws OuroborosError EIRMD when the daemon does not answer */
export async function overviewOf(management: Management): Promise<Overview> {
  const [status, names, flows] = await Promise.all([management.status(), management.nameList(), management.flowList()]);
  const layers = [...new Set(status.ipcps.map(({ layer }) => layer))].filter((layer) => layer !== '');
  const rows = await Promise.all(
    layers.map((layer) =>
      layerOverview(
        management,
        status.ipcps.filter((ipcp) => ipcp.layer === layer),
        names,
      ),
    ),
  );
  return { status, names, flows, layers: rows.sort(upwards) };
}

/** Shims are at the bottom, whatever the order in which they are asked for names. */
const upwards = (a: LayerOverview, b: LayerOverview): number =>
  Number(hasMembers(a)) - Number(hasMembers(b)) || a.rank - b.rank;

const hasMembers = ({ members, links }: LayerOverview): boolean => members !== null || links !== null;

async function layerOverview(
  management: Management,
  ipcps: readonly IpcpInfo[],
  names: readonly NameInfo[],
): Promise<LayerOverview> {
  const [{ layer, rank, type }] = ipcps as [IpcpInfo];
  const own = ipcps.map(({ name }) => name);
  const report = (topic: string): Promise<JsonValue> => management.ipcpReport(own[0]!, topic).catch(() => null);
  const [routes, neighbors, lost] = await Promise.all([report('routes'), report('neighbors'), report('lostLinks')]);
  return {
    ...{ layer, rank, type, ipcps: own },
    members: Array.isArray(routes) ? routes.length + 1 : null,
    links: Array.isArray(lost) ? linksOf(jsonRows(neighbors), jsonRows(lost)) : null,
    names: names.filter(({ registered }) => registered.some((ipcp) => own.includes(ipcp))).length,
    flows: ipcps.reduce((sum, ipcp) => sum + ipcp.flows, 0),
    state: ipcps.find((ipcp) => ipcp.state !== 'operational')?.state ?? 'operational',
  };
}

/** Management and data transfer with one neighbour are one link. */
function linksOf(neighbors: readonly JsonObject[], lost: readonly JsonObject[]): { up: number; down: number } {
  const addresses = (list: readonly JsonObject[]): Set<unknown> => new Set(list.map(({ address }) => address));
  const down = addresses([...neighbors.filter(({ state }) => state !== 'up'), ...lost]);
  const up = [...addresses(neighbors)].filter((address) => !down.has(address));
  return { up: up.length, down: down.size };
}
