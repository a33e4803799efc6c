import { printable, type JsonObject } from '@ouroboros/model';
import type { NameTrace, TraceBelow, TraceHop, TraceStep, Way } from '@ouroboros/irm';
import { renderTable } from './table.js';

const CUBES = ['best effort', 'video', 'voice'] as const;
const TITLES = ['hop', 'member', 'address', 'rtt', 'next over', 'largest packet', 'waiting', 'link cube'];

/** The ways to a name; with `down` each is followed by what its hops are made of, indented by rank. */
export function renderTrace(trace: NameTrace, down: boolean): string {
  const ways = trace.ways.map((way) => renderWay(trace, way, down));
  return ways.length > 0 ? ways.join('\n') : `${title(trace)}: its members are all neighbours\n`;
}

const title = ({ name, layer, type }: NameTrace): string => printable(`${name} in layer ${layer} (${type})`);

function renderWay(trace: NameTrace, { address, reached, steps }: Way, down: boolean): string {
  const hops = countOf(steps);
  const end = reached ? hops : `not reached after ${hops}`;
  const table = renderSteps(steps);
  return `${title(trace)}: ${CUBES[trace.cube]} to ${address}, ${end}\n${table}${down ? renderHops(steps, false) : ''}`;
}

const countOf = ({ length }: readonly TraceStep[]): string => (length === 2 ? '1 hop' : `${length - 1} hops`);

const renderSteps = (steps: readonly TraceStep[]): string =>
  renderTable(
    TITLES.map((text) => ({ title: text })),
    steps.map((step, i) => cells(i, step)),
  );

function cells(index: number, { name, address, answered, roundTripMs, hop }: TraceStep): string[] {
  const rtt = index === 0 ? '-' : answered ? `${milliseconds(roundTripMs)} ms` : '*';
  const link = hop
    ? [hop.lowerLayer, `${hop.longest} B`, String(hop.waiting), CUBES[hop.linkCube]]
    : ['-', '-', '-', '-'];
  return [String(index), answered ? name : '(does not answer)', address, rtt, ...link];
}

const milliseconds = (ms: number): string => (Math.round(ms * 100) / 100).toString();

/** `cut`: what is below was left out where it is not there. */
function renderHops(steps: readonly TraceStep[], cut: boolean): string {
  const hops = steps.flatMap(({ name, hop }, i) => (hop && (hop.below || !cut) ? [renderHop(i, name, hop)] : []));
  return hops.join('').replace(/^(?=.)/gm, '  ');
}

function renderHop(index: number, member: string, { lowerLayer, below }: TraceHop): string {
  const hop = `hop ${index}, over ${lowerLayer}`;
  if (!below) return printable(`${hop}: not told by ${member}`) + '\n';
  const { type, cut, steps } = below;
  const way =
    steps.length > 0 ? `${countOf(steps)}${cut ? ', there is more below' : ''}` : 'its members are all neighbours';
  return `${printable(`${hop} (${type}): ${way}`)}\n${renderBelow(below)}`;
}

const renderBelow = ({ cut, steps }: TraceBelow): string =>
  steps.length > 0 ? renderSteps(steps) + renderHops(steps, cut) : '';

/** See JSON.md. */
export const traceJson = ({ ways, ...about }: NameTrace): JsonObject => ({
  ...about,
  ways: ways.map(({ steps, ...way }) => ({ ...way, steps: steps.map(stepJson) })),
});

const stepJson = ({ hop, ...step }: TraceStep): JsonObject => ({
  ...step,
  hop: hop && { ...hop, below: hop.below && belowJson(hop.below) },
});

const belowJson = ({ steps, ...about }: TraceBelow): JsonObject => ({ ...about, steps: steps.map(stepJson) });
