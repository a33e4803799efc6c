import { jsonRows, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { FlowInfo, IpcpInfo, LinkInfo, Management, NameInfo, RouteInfo, WatchKind } from '@ouroboros/ports';

/** What the daemon is asked for when somebody watches. */
export type WatchSource = Pick<Management, 'ipcpList' | 'nameList' | 'flowList' | 'ipcpReport'>;

/** Kinds of which there are objects. */
export type ObjectKind = Exclude<WatchKind, 'process'>;

/** One object as it is now. */
export interface Fact {
  /** The same as long as it is the same object. */
  readonly key: string;
  /** Differs when it has changed; ages and counters do not count. */
  readonly state: string;
  readonly text: string;
  readonly object: IpcpInfo | NameInfo | FlowInfo | LinkInfo | RouteInfo;
}

/** All objects of a kind. `known`: those of the last time, which stand for what an IPCP did not answer in time. */
export type FactReader = (source: WatchSource, known: ReadonlyMap<string, Fact>) => Promise<readonly Fact[]>;

export const FACT_READERS: Readonly<Record<ObjectKind, FactReader>> = {
  ipcp: async (source) => (await source.ipcpList()).map(ipcpFact),
  name: async (source) => (await source.nameList()).map(nameFact),
  flow: async (source) => (await source.flowList()).map(flowFact),
  link: (source, known) => reported(source, known, 'neighbors', linkFact),
  route: (source, known) => reported(source, known, 'routes', routeFact),
};

function ipcpFact(ipcp: IpcpInfo): Fact {
  const { name, type, state, layer, pid } = ipcp;
  const text = `${name} (${type}): ${state}${layer === '' ? '' : ` in layer ${layer}`}, pid ${pid}`;
  return { key: name, state: stateOf(ipcp), text, object: ipcp };
}

function nameFact(name: NameInfo): Fact {
  const where = name.registered.length === 0 ? 'not registered' : `registered in ${name.registered.join(', ')}`;
  const text = `${name.name}: ${where}, processes: ${name.pids.length === 0 ? 'none' : name.pids.join(', ')}`;
  return { key: name.name, state: stateOf(name), text, object: name };
}

function flowFact(flow: FlowInfo): Fact {
  const { flowId, name, layer, state } = flow;
  const text = `${flowId} to ${name}: ${state}${layer === '' ? '' : ` in layer ${layer}`}`;
  return { key: String(flowId), state: stateOf({ ...flow, sinceMs: 0, roundTripMs: 0 }), text, object: flow };
}

/** The keys under which types of IPCPs say who a neighbour is. */
const NEIGHBOR_KEYS = ['address', 'name', 'member', 'place', 'peer', 'connectedTo'];

function linkFact(ipcp: IpcpInfo, detail: JsonObject): Fact {
  const neighbor = NEIGHBOR_KEYS.map((key) => text(detail[key])).find((value) => value !== '') ?? '';
  const component = text(detail['component']);
  const object: LinkInfo = {
    ...{ ipcp: ipcp.name, layer: ipcp.layer, neighbor, component },
    ...{ state: text(detail['state']) || 'up', detail },
  };
  return {
    key: JSON.stringify([ipcp.name, neighbor, component, text(detail['lowerFlow'])]),
    state: stateOf({ ...object, detail: withoutNumbers(detail) }),
    text: `${ipcp.name} to ${neighbor}${component === '' ? '' : ` (${component})`}: ${object.state}`,
    object,
  };
}

function routeFact(ipcp: IpcpInfo, detail: JsonObject): Fact {
  const [destination, nextHop] = [text(detail['destination']), text(detail['nextHop'])];
  const object: RouteInfo = { ipcp: ipcp.name, layer: ipcp.layer, destination, nextHop, detail };
  return {
    key: JSON.stringify([ipcp.name, destination]),
    state: stateOf({ ...object, detail: withoutNumbers(detail) }),
    text: `${ipcp.name}: to ${destination} through ${nextHop}`,
    object,
  };
}

async function reported(
  source: WatchSource,
  known: ReadonlyMap<string, Fact>,
  topic: string,
  factOf: (ipcp: IpcpInfo, row: JsonObject) => Fact,
): Promise<readonly Fact[]> {
  const members = (await source.ipcpList()).filter(({ layer, state }) => layer !== '' && state === 'operational');
  const rows = await Promise.all(
    members.map(async (ipcp) => {
      const report = await source.ipcpReport(ipcp.name, topic).catch(() => undefined);
      if (report === undefined)
        return [...known.values()].filter(({ object }) => 'ipcp' in object && object.ipcp === ipcp.name);
      return jsonRows(report).map((row) => factOf(ipcp, row));
    }),
  );
  return rows.flat();
}

const text = (value: JsonValue | undefined): string => (value === undefined || value === null ? '' : String(value));

const withoutNumbers = (row: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => typeof value !== 'number'));

const stateOf = (object: object): string =>
  JSON.stringify(object, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
