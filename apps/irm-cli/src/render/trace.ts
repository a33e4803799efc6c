import { printable, type JsonObject } from '@ouroboros/model';
import type { NameTrace, TraceStep, Way } from '@ouroboros/irm';
import { renderTable } from './table.js';

const CUBES = ['best effort', 'video', 'voice'] as const;

/** The ways to a name; indented below, the first link through the layers below. */
export function renderTrace(trace: NameTrace): string {
  const ways = trace.ways.map((way) => renderWay(trace, way));
  const body = ways.length > 0 ? ways.join('\n') : `${title(trace)}: its members are all neighbours\n`;
  return trace.below ? `${body}\n${printable('below:')}\n${renderTrace(trace.below)}` : body;
}

const title = ({ name, layer, type }: NameTrace): string => printable(`${name} in layer ${layer} (${type})`);

function renderWay(trace: NameTrace, { address, reached, steps }: Way): string {
  const hops = steps.length - 1;
  const count = hops === 1 ? '1 hop' : `${hops} hops`;
  const end = reached ? count : `not reached after ${count}`;
  const titles = ['hop', 'member', 'address', 'rtt', 'next over', 'largest packet', 'waiting', 'link cube'];
  const rows = steps.map((step, i) => cells(i, step));
  return `${title(trace)}: ${CUBES[trace.cube]} to ${address}, ${end}\n${renderTable(
    titles.map((text) => ({ title: text })),
    rows,
  )}`;
}

function cells(index: number, { name, address, answered, roundTripMs, hop }: TraceStep): string[] {
  const rtt = index === 0 ? '-' : answered ? `${milliseconds(roundTripMs)} ms` : '*';
  const link = hop
    ? [hop.lowerLayer, `${hop.longest} B`, String(hop.waiting), CUBES[hop.linkCube]]
    : ['-', '-', '-', '-'];
  return [String(index), answered ? name : '(does not answer)', address, rtt, ...link];
}

const milliseconds = (ms: number): string => (Math.round(ms * 100) / 100).toString();

/** See JSON.md. */
export const traceJson = ({ ways, below, ...about }: NameTrace): JsonObject => ({
  ...about,
  ways: ways.map(({ steps, ...way }) => ({
    ...way,
    steps: steps.map(({ hop, ...step }) => ({ ...step, hop: hop && { ...hop } })),
  })),
  below: below && traceJson(below),
});
