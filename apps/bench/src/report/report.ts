import { cpus, release, totalmem } from 'node:os';
import type { Plan } from '../plan.js';
import type { Outcome } from '../run.js';
import { AllFigures } from './figures.js';
import { short, tableOf } from './format.js';
import { processesText, sectionsText } from './sections.js';
import { spreadOf } from './statistics.js';
import { targetsOf, verdictOf, type Target } from './targets.js';

const KINDS = {
  namespaces: 'network namespaces, with veth pairs between them',
  loopback: 'loopback addresses of one machine, as it allows no network namespaces',
} as const;

/** Looks in vain before a process sleeps. */
const DEFAULT_SPIN = '800';

export const spin = (): string => process.env['OUROBOROS_SPIN'] ?? DEFAULT_SPIN;

/** What was measured where, in one paragraph. */
export function conditions({ kind, rounds, tookS, load }: Outcome, { title }: Plan): string {
  const cores = `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'a processor'}`;
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const machine = `${cores}, ${memory}, Linux ${release()}, Node ${process.version.slice(1)}`;
  const what = `${title} measurement, ${rounds} round${rounds === 1 ? '' : 's'}, ${tookS.toFixed(0)} s`;
  const busy = `Load ${load.toFixed(1)} before it began.`;
  return `${machine}. ${busy} Hosts are ${KINDS[kind]}. A process looks ${spin()} times in vain before it sleeps (OUROBOROS_SPIN). ${what}; medians, (least..most).`;
}

/** The tables of a measurement, in Markdown. */
export function tablesOf({ rows }: Outcome): string {
  const all = new AllFigures(rows);
  const cpu = processesText('cpu', rows, all);
  const uss = processesText('uss', rows, all);
  return [
    `### Targets\n\n${targetsText(targetsOf(all))}`,
    sectionsText(rows, all),
    cpu && `### CPU time of each process\n\n${cpu}`,
    uss && `### Memory of each process\n\n${uss}`,
    notMeasured(rows),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

/** Those of which there is a figure; of the others only how many there are. */
function targetsText(targets: readonly Target[]): string {
  const value = (number: number | undefined, unit: string): string =>
    number === undefined ? '' : `${short(number)} ${unit}`;
  const measured = targets.filter((target) => target.value !== undefined);
  const rows = measured.map((target) => {
    const { text, unit, bound, atMost } = target;
    const wanted = bound === undefined ? '' : `${atMost ? '≤' : '≥'} ${value(bound, unit)}`;
    return [text, wanted, value(target.value, unit), ratioText(target), verdictOf(target)];
  });
  const left = targets.length - measured.length;
  const remark = left === 0 ? '' : `${left} of ${targets.length} targets have no figure in this measurement.`;
  const table = rows.length === 0 ? '' : tableOf(['target', 'wanted', 'measured', 'ratio', ''], rows);
  return [table, remark].filter((text) => text !== '').join('\n\n');
}

const ratioText = ({ value, bound }: Target): string =>
  value === undefined || bound === undefined ? '' : (value / bound).toFixed(2);

function notMeasured(rows: Outcome['rows']): string {
  const missing = new Map<string, string[]>();
  for (const { id, missing: why } of rows) if (why !== undefined) missing.set(why, [...(missing.get(why) ?? []), id]);
  const failures = rows.flatMap(({ id, failures }) =>
    failures.map((why) => `* \`${id}\` failed: ${why.split('\n')[0]}`),
  );
  const lines = [...missing].map(([why, ids]) => `* ${ids.map((id) => `\`${id}\``).join(', ')}: ${why}`);
  return [...lines, ...failures].length === 0 ? '' : `### Not measured\n\n${[...lines, ...failures].join('\n')}`;
}

/** The same as one JSON object. Keys are only ever added. */
export function jsonOf({ kind, rows, rounds, tookS, load }: Outcome, plan: Plan): string {
  const machine = { node: process.version, linux: release(), cores: cpus().length, model: cpus()[0]?.model ?? '' };
  const targets = targetsOf(new AllFigures(rows)).map((target) => ({ ...target, verdict: verdictOf(target) }));
  const measured = rows.map(({ measurements, ...row }) => ({
    ...row,
    figures: spreadsOf(measurements.map(({ figures }) => figures)),
    perSecond: measurements.at(-1)?.perSecond,
  }));
  const conditions = { hosts: kind, spin: spin(), plan: plan.title, rounds, load, tookS: Math.round(tookS) };
  return JSON.stringify({ machine, ...conditions, targets, rows: measured });
}

function spreadsOf(rounds: readonly Readonly<Record<string, number>>[]) {
  const names = new Set(rounds.flatMap((figures) => Object.keys(figures)));
  const spread = (name: string) => {
    const samples = rounds.map((figures) => figures[name]).filter((value) => value !== undefined);
    return { ...spreadOf(samples)!, samples };
  };
  return Object.fromEntries([...names].map((name) => [name, spread(name)]));
}
