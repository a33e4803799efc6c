import { cpus, release } from 'node:os';
import type { Measured, RoundTrip } from './client.js';
import type { Path } from './layout.js';

export interface PathResult {
  readonly path: Path;
  readonly measured: readonly Measured[];
}

const HEADER = ['path', 'bytes', 'awake p50', 'p99', 'idle p50', 'p99', 'packets/s', 'Mbit/s', 'lost'];

/** One row per path and packet size; times in µs. */
export function tableOf(results: readonly PathResult[]): string {
  const rows = results.flatMap(({ path, measured }) => measured.map((one) => rowOf(path, one)));
  const table = [HEADER, ...rows];
  const widths = HEADER.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) => row.map((cell, i) => pad(cell, widths[i]!, i === 0)).join('  ')).join('\n');
}

const pad = (cell: string, width: number, left: boolean): string => (left ? cell.padEnd(width) : cell.padStart(width));

const rowOf = ({ title }: Path, { size, awake, idle, oneWay }: Measured): string[] => [
  title,
  String(size),
  ...timesOf(awake),
  ...timesOf(idle),
  oneWay.receivedPerS.toFixed(0),
  oneWay.receivedMbitPerS.toFixed(0),
  `${oneWay.lostPercent.toFixed(oneWay.lostPercent > 0 && oneWay.lostPercent < 1 ? 3 : 0)} %`,
];

const timesOf = ({ p50Us, p99Us, lost }: RoundTrip): string[] => [
  p50Us.toFixed(0),
  `${p99Us.toFixed(0)}${lost > 0 ? ` (${lost} lost)` : ''}`,
];

/** The same as one JSON object, with what ran it. Keys are only ever added. */
export function jsonOf(results: readonly PathResult[], tookS: number): string {
  const paths = results.map(({ path: { title, story }, measured }) => ({ path: title, story, measured }));
  const machine = { node: process.version, linux: release(), cores: cpus().length, model: cpus()[0]?.model ?? '' };
  return JSON.stringify({ machine, qos: 'raw', tookS: Math.round(tookS), paths });
}
