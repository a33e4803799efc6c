import type { OneWay } from '../measured/one-way.js';
import type { RoundTrip } from '../measured/round-trip.js';
import { firstOf, lastOf, type Path } from '../networks/place.js';
import type { Figures, Lengths, Measurement, Row } from './row.js';

/** How a flow is protected: `reliable` is encrypted as well, in order, and loses nothing. */
export type Protection = 'plain' | 'encrypted' | 'reliable';

/** A way of packets. */
export interface Way {
  /** First word of the ids. */
  readonly title: string;
  readonly protection: Protection;
  /** Name that is served. */
  readonly name: string;
  /** What is encrypted besides the flow. */
  readonly links: string;
}

/** A network of ours. */
export interface HasPaths {
  path(name: string): Path;
  stop(): Promise<void>;
}

const PACED_MS = 2;

/** One way, round trip back to back, and round trip paced, of packets of `size` bytes. */
export function flowRows({ title, protection, name, links }: Way, size: number): Row<HasPaths>[] {
  const encrypted = protection === 'plain' ? 'nothing' : `the flow${links}`;
  const row = (what: string, measure: (path: Path, lengths: Lengths) => Promise<Measurement>): Row<HasPaths> => ({
    id: `${title}/${protection}/${size}/${what}`,
    encrypted,
    measure: (network, lengths) => measure(network.path(name), lengths),
  });
  return [
    row('one-way', (path, lengths) => oneWay(path, protection, size, lengths)),
    row('round-trip', (path, lengths) => roundTrip(path, protection, size, lengths, 0)),
    row('paced', (path, lengths) => roundTrip(path, protection, size, lengths, PACED_MS)),
  ];
}

async function oneWay(path: Path, protection: Protection, size: number, lengths: Lengths): Promise<Measurement> {
  const daemons = await Promise.all(path.nodes.map((node) => node.daemons()));
  const result = await firstOf(path).measure({
    ...askedOf(path, protection),
    kind: 'one-way',
    size,
    seconds: lengths.oneWayS,
    warmUpS: lengths.warmUpS,
    watched: [...daemons.flat(), lastOf(path).server(path.name)],
  });
  return { figures: oneWayFigures(result) };
}

function oneWayFigures({ packetsPerS, gbitPerS, lostPercent, cpuUsPerPacket }: OneWay): Figures {
  const cpu = Object.entries(cpuUsPerPacket).map(([process, micros]) => [`cpu ${process}`, micros] as const);
  const cpuUs = cpu.reduce((sum, [, micros]) => sum + micros, 0);
  return { packetsPerS, gbitPerS, lostPercent, cpuUs, ...Object.fromEntries(cpu) };
}

async function roundTrip(
  path: Path,
  protection: Protection,
  size: number,
  { roundTripS, roundTripWarmUpS: warmUpS }: Lengths,
  pauseMs: number,
): Promise<Measurement> {
  const task = { kind: 'round-trip', size, seconds: roundTripS, warmUpS, pauseMs } as const;
  const result = await firstOf(path).measure({ ...askedOf(path, protection), ...task });
  return { figures: roundTripFigures(result) };
}

export const roundTripFigures = ({ p50Us, p99Us, lost, count }: RoundTrip): Figures => ({
  p50Us,
  p99Us,
  lostPercent: (100 * lost) / (lost + count),
});

/** What a client process is told of the flow. */
export const askedOf = (path: Path, protection: Protection) => ({
  runtimeDir: firstOf(path).runtimeDir,
  name: path.name,
  qos: protection === 'reliable' ? ('data' as const) : ('raw' as const),
  encrypted: path.encrypted,
});
