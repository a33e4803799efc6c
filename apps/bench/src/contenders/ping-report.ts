import { percentile } from '../percentile.js';
import type { RoundTripFigure } from './contender.js';

/** Units of ping, and of the oping of Ouroboros C. */
const MICROS = { s: 1e6, ms: 1000, µs: 1 } as const;

/** Round trips in the lines that ping and oping print for each answer: "… time=0.034 ms". Throws when nothing was answered. */
export function readPings(printed: string): RoundTripFigure {
  const times = [...printed.matchAll(/ time=([\d.]+) (s|ms|µs)$/gm)];
  if (times.length === 0) throw new Error(`no answer to any ping\n${printed}`.trim());
  const micros = times.map(([, value, unit]) => Number(value) * MICROS[unit as keyof typeof MICROS]);
  return { p50Us: percentile(micros, 50), p99Us: percentile(micros, 99) };
}
