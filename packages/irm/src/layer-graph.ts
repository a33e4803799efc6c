import { OuroborosError, isJsonObject, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { Management } from '@ouroboros/ports';

/** A member in the graph of a layer. */
export interface GraphMember {
  readonly address: string;
  /** Empty for a member that does not tell. */
  readonly name: string;
}

/** A layer as one of its members sees it. */
export interface LayerGraph {
  readonly layer: string;
  readonly ipcp: string;
  /** Address of that member. */
  readonly self: string;
  readonly members: readonly GraphMember[];
  readonly links: readonly (readonly [string, string])[];
}

/** The graphs of all layers of this host that have one, or of one. @throws OuroborosError ENAME for an unknown layer, ENOTSUP for one without a graph */
export async function layerGraphs(management: Management, layer?: string): Promise<readonly LayerGraph[]> {
  const ipcps = (await management.ipcpList()).filter((ipcp) => ipcp.layer !== '');
  const members = ipcps.filter((ipcp) => layer === undefined || ipcp.layer === layer);
  if (layer !== undefined && members.length === 0) {
    throw new OuroborosError('ENAME', `no IPCP of this host is in layer "${layer}"`, { field: 'layer' });
  }
  const seen = new Set<string>();
  const graphs: LayerGraph[] = [];
  for (const { name: ipcp, layer: of } of members) {
    if (seen.has(of)) continue;
    const report = await management.ipcpReport(ipcp, 'graph').catch(() => null);
    if (!isGraph(report)) continue;
    seen.add(of);
    graphs.push({ layer: of, ipcp, ...(report as unknown as Omit<LayerGraph, 'layer' | 'ipcp'>) });
  }
  if (layer !== undefined && graphs.length === 0) {
    throw new OuroborosError('ENOTSUP', `layer "${layer}" is of a type without a graph`, { field: 'layer' });
  }
  return graphs;
}

const isGraph = (report: JsonValue): report is JsonObject =>
  isJsonObject(report) && 'members' in report && 'links' in report;
