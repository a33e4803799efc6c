import type { ClientOptions, ServerOptions } from './arguments.js';

/** What was sent or received. */
export interface Count {
  readonly packets: number;
  readonly bytes: number;
  readonly timeMs: number;
}

/** The statistics of `ocbr --json`. This shape is documented and kept. */
export interface SentJson extends Count {
  readonly name: string;
  /** Megabits per second. */
  readonly bandwidth: number;
}

/** A line of `ocbr --listen --json`. This shape is documented and kept. */
export interface ReceivedJson extends Count {
  readonly flow: number;
  /** `interval`: since the line before; `end`: of the whole flow. */
  readonly of: 'interval' | 'end';
  readonly packetsPerSecond: number;
  readonly bandwidth: number;
}

export function clientStartLine({ seconds, rate, size }: ClientOptions): string {
  const pace = rate === Infinity ? 'flooding' : `rate ${rate} b/s`;
  return `Client started, duration ${seconds}, ${pace}, size ${size} B.\n`;
}

export const serverStartLine = ({ intervalSeconds, idleSeconds }: ServerOptions): string =>
  `Server started, interval is ${intervalSeconds} s, timeout is ${idleSeconds} s.`;

export function sentLine(count: Count): string {
  const { packets, bytes, timeMs } = padded(count);
  return `sent statistics: ${packets} packets, ${bytes} bytes in ${timeMs} ms, ${megabits(count).toFixed(4)} Mb/s\n`;
}

export function receivedLine(flowId: number, count: Count): string {
  const { packets, bytes, timeMs } = padded(count);
  const [pps, rate] = [perSecond(count), megabits(count)].map((value) => value.toFixed(4).padStart(9));
  const head = `Flow ${String(flowId).padStart(4)}: ${packets} packets (${bytes} bytes)`;
  return `${head} in ${timeMs} ms => ${pps} pps, ${rate} Mbps`;
}

export const sentJson = (name: string, count: Count): SentJson => ({
  name,
  ...count,
  timeMs: rounded(count.timeMs),
  bandwidth: rounded(megabits(count)),
});

export const receivedJson = (flow: number, of: ReceivedJson['of'], count: Count): ReceivedJson => ({
  flow,
  of,
  ...count,
  timeMs: rounded(count.timeMs),
  packetsPerSecond: rounded(perSecond(count)),
  bandwidth: rounded(megabits(count)),
});

const padded = ({ packets, bytes, timeMs }: Count) => ({
  packets: String(packets).padStart(9),
  bytes: String(bytes).padStart(12),
  timeMs: String(Math.round(timeMs)).padStart(9),
});

const perSecond = ({ packets, timeMs }: Count): number => (timeMs > 0 ? (packets * 1000) / timeMs : 0);
const megabits = ({ bytes, timeMs }: Count): number => (timeMs > 0 ? (bytes * 8) / timeMs / 1000 : 0);
const rounded = (value: number): number => Number(value.toFixed(3));
