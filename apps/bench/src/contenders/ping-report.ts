import { percentile } from '../percentile.js';
import type { RoundTripFigure } from './contender.js';

/** Round trips of the lines that ping (and oping) print for each answer: "… time=0.034 ms". Throws when nothing was answered. */
export function readPings(printed: string): RoundTripFigure {
  const micros = [...printed.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms) * 1000);
  if (micros.length === 0) throw new Error(`no answer to any ping:\n${printed}`);
  return { p50Us: percentile(micros, 50), p99Us: percentile(micros, 99) };
}
