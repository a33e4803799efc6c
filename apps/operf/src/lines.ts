import { lossPercent } from '@ouroboros/tool-kit';
import type { ClientOptions } from './arguments.js';
import type { ClientResult } from './client.js';

/** The statistics of `operf --json`. This shape is documented and kept. */
export interface PerfJson {
  readonly name: string;
  readonly test: 'uni' | 'bi';
  /** Of a packet, in bytes. */
  readonly size: number;
  readonly transmitted: number;
  /** Null for a unidirectional test. */
  readonly received: number | null;
  readonly lossPercent: number | null;
  readonly timeMs: number;
  /** Of what was received; for a unidirectional test, of what was sent. Megabits per second. */
  readonly bandwidth: number;
}

type Asked = Pick<ClientOptions, 'name' | 'test' | 'size' | 'rate' | 'durationMs'>;

export function headerLines({ name, test, size, rate, durationMs }: Asked): string {
  const seconds = Number((durationMs / 1000).toFixed(3));
  const kind = `Doing a ${test}directional test.\n`;
  if (rate === Infinity) return `${kind}Flooding ${name} with ${size} byte packets for ${seconds} seconds.\n\n`;
  return `${kind}Sending ${size} byte packets for ${seconds} s to ${name} at ${fixed(rate / 1e6)} Mb/s.\n\n`;
}

/** C prints the statistics of bidirectional tests only. */
export function summaryLines(asked: Asked, result: ClientResult): string {
  const end = 'Test finished.\n';
  if (asked.test === 'uni') return end;
  const { transmitted, received, lossPercent, timeMs, bandwidth } = summaryJson(asked, result);
  const counts = `${transmitted} packets transmitted, ${received} received, ${lossPercent}% packet loss`;
  const rates = `time: ${fixed(timeMs)} ms, bandwidth: ${fixed(bandwidth)} Mb/s.`;
  return `${end}\n--- ${asked.name} perf statistics ---\n\n${counts}, ${rates}\n`;
}

export function summaryJson({ name, test, size }: Asked, { sent, received, timeMs }: ClientResult): PerfJson {
  const bi = test === 'bi';
  const bits = (bi ? received : sent) * size * 8;
  return {
    name,
    test,
    size,
    transmitted: sent,
    received: bi ? received : null,
    lossPercent: bi ? lossPercent(sent, received) : null,
    timeMs: Number(timeMs.toFixed(6)),
    bandwidth: timeMs > 0 ? Number((bits / timeMs / 1000).toFixed(6)) : 0,
  };
}

/** `Seqno <n> from fd <fd>: <sec>.<usec>` */
export const seqnoLine = (flowId: number, seqno: number, wallMs: number): string =>
  `Seqno ${seqno} from fd ${flowId}: ${(wallMs / 1000).toFixed(6)}\n`;

const fixed = (value: number): string => value.toFixed(3);
