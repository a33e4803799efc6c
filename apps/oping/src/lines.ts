import type { PingStatistics } from './statistics.js';

/** How a run ended: all replies came, none came for the time-out, the flow broke, a signal. */
export type PingEnd = 'complete' | 'timeout' | 'flow' | 'signal';

/** The statistics of `oping --json`; times in ms. This shape is documented and kept. */
export interface PingJson {
  readonly name: string;
  /** Payload in bytes. */
  readonly size: number;
  readonly transmitted: number;
  readonly received: number;
  readonly outOfOrder: number;
  /** Whole per cent, rounded up. */
  readonly lossPercent: number;
  readonly timeMs: number;
  /** Null when nothing came back; `mdev` is null for one reply. */
  readonly rttMs: {
    readonly min: number;
    readonly avg: number;
    readonly max: number;
    readonly mdev: number | null;
  } | null;
  /** Longest time without a reply between the start and the last reply; 0 when nothing came back. */
  readonly longestGapMs: number;
  readonly end: PingEnd;
}

/** Below this many ms, times are printed in µs. [spec/tools.md §1] */
const MICRO_LIMIT_MS = 0.1;

export const headerLines = (name: string, size: number, count: number): string =>
  `Pinging ${name} with ${size} bytes of data (${count} packets):\n\n`;

export function replyLine(length: number, name: string, id: number, rttMs: number, outOfOrder: boolean): string {
  const time = rttMs < MICRO_LIMIT_MS ? `${fixed(rttMs * 1000)} µs` : `${fixed(rttMs)} ms`;
  return `${length} bytes from ${name}: seq=${id} time=${time}${outOfOrder ? ' [out-of-order]' : ''}\n`;
}

export function summaryLines(name: string, statistics: PingStatistics, timeMs: number): string {
  const { sent, received, outOfOrder, lossPercent } = statistics;
  const counts = `${sent} packets transmitted, ${received} received, ${outOfOrder} out-of-order`;
  const head = `\n--- ${name} ping statistics ---\n${counts}, ${lossPercent}% packet loss, time: ${fixed(timeMs)} ms\n`;
  return received > 0 ? head + roundTripLine(statistics) : head;
}

export function summaryJson(
  name: string,
  size: number,
  statistics: PingStatistics,
  timeMs: number,
  end: PingEnd,
): PingJson {
  const { sent, received, outOfOrder, lossPercent, min, average, max, deviation, longestGap } = statistics;
  const mdev = Number.isNaN(deviation) ? null : rounded(deviation);
  const rttMs = received === 0 ? null : { min: rounded(min), avg: rounded(average), max: rounded(max), mdev };
  const counts = { transmitted: sent, received, outOfOrder, lossPercent };
  return { name, size, ...counts, timeMs: rounded(timeMs), rttMs, longestGapMs: rounded(longestGap), end };
}

/** The prefix of `--timeofday`. */
export const timePrefix = (wallMs: number): string => `[${(wallMs / 1000).toFixed(6)}] `;

function roundTripLine({ min, average, max, deviation }: PingStatistics): string {
  const [factor, unit] = average < MICRO_LIMIT_MS ? [1000, 'µs'] : [1, 'ms'];
  const values = [min, average, max, deviation].map((value) => fixed(value * factor)).join('/');
  return `rtt min/avg/max/mdev = ${values} ${unit}\n`;
}

const fixed = (value: number): string => value.toFixed(3);
const rounded = (value: number): number => Number(value.toFixed(6));
