import type { AllFigures } from './figures.js';

/** What a figure is to be, and what it is. */
export interface Target {
  readonly text: string;
  readonly unit: string;
  /** The bound; undefined when what it is relative to was not measured. */
  readonly bound: number | undefined;
  readonly atMost: boolean;
  readonly value: number | undefined;
}

export type Verdict = 'reached' | 'not reached' | 'not measured';

export function verdictOf({ bound, atMost, value }: Target): Verdict {
  if (bound === undefined || value === undefined) return 'not measured';
  return (atMost ? value <= bound : value >= bound) ? 'reached' : 'not reached';
}

const C = 'ouroboros-c-0.23.0';
/** Those that the targets name. */
const VPNS = ['nebula', 'wireguard-go'];
/** Of the C implementation, per rank of a round trip, in µs. */
const C_RANK_US = 90;
/** Ranks that `deep` has more than `unicast`. */
const FURTHER_RANKS = 3;

const times = (factor: number, value: number | undefined): number | undefined =>
  value === undefined ? undefined : factor * value;

/** The targets of the packet path, in the order of the report. */
export function targetsOf(all: AllFigures): Target[] {
  const pps = (id: string): number | undefined => all.median(`${id}/one-way`, 'packetsPerS');
  const gbit = (id: string): number | undefined => all.median(id, 'gbitPerS');
  const p50 = (id: string): number | undefined => all.median(id, 'p50Us');
  const least = (text: string, unit: string, value: number | undefined, bound: number | undefined): Target => ({
    text,
    unit,
    value,
    bound,
    atMost: false,
  });
  const most = (text: string, unit: string, value: number | undefined, bound: number | undefined): Target => ({
    ...least(text, unit, value, bound),
    atMost: true,
  });
  const iperf3 = (size: number): number | undefined => pps(`iperf3/${size}`);
  return [
    least('unicast encrypted 1400 B ≥ iperf3', 'packets/s', pps('unicast/encrypted/1400'), iperf3(1400)),
    least(
      'three in line encrypted 1400 B ≥ 0.5 × iperf3',
      'packets/s',
      pps('line/encrypted/1400'),
      times(0.5, iperf3(1400)),
    ),
    least('unicast plain 64 B', 'packets/s', pps('unicast/plain/64'), 420e3),
    least('unicast plain 64 B ≥ 1.5 × iperf3', 'packets/s', pps('unicast/plain/64'), times(1.5, iperf3(64))),
    least('unicast plain 64 B ≥ 10 × C', 'packets/s', pps('unicast/plain/64'), times(10, pps(`${C}-unicast/64`))),
    most('of these lost', '%', all.median('unicast/plain/64/one-way', 'lostPercent'), 1),
    least('local 64 B', 'packets/s', pps('direct/plain/64'), 3.4e6),
    least('local 64 B ≥ 10 × C', 'packets/s', pps('direct/plain/64'), times(10, pps(`${C}-local/64`))),
    least('reliable encrypted bulk', 'Gb/s', gbit('unicast/reliable/1400/one-way'), 1.75),
    ...VPNS.map((vpn) =>
      least(`ocat ≥ 3 × iperf3 TCP through ${vpn}`, 'Gb/s', gbit('unicast/bulk/ocat'), times(3, gbit(`${vpn}/tcp`))),
    ),
    least('iperf3 TCP through oip', 'Gb/s', gbit('unicast/oip/tcp'), 0.573),
    least(
      'iperf3 TCP through oip ≥ the better of nebula, wireguard-go',
      'Gb/s',
      gbit('unicast/oip/tcp'),
      bestOf(VPNS.map((vpn) => gbit(`${vpn}/tcp`))),
    ),
    least('iperf3 TCP through oip ≥ yggdrasil', 'Gb/s', gbit('unicast/oip/tcp'), gbit('yggdrasil/tcp')),
    most('round trip unicast', 'µs', p50('unicast/plain/64/round-trip'), 119),
    most(
      'round trip unicast ≤ 0.6 × C',
      'µs',
      p50('unicast/plain/64/round-trip'),
      times(0.6, p50(`${C}-unicast/64/round-trip`)),
    ),
    most(
      'round trip local ≤ 2 × C',
      'µs',
      p50('direct/plain/64/round-trip'),
      times(2, p50(`${C}-local/64/round-trip`)),
    ),
    most('round trip local, paced ≤ C', 'µs', p50('direct/plain/64/paced'), p50(`${C}-local/64/paced`)),
    most('round trip per further rank ≤ 0.5 × C', 'µs', perRank(p50), 0.5 * C_RANK_US),
    ...['plain', 'encrypted'].flatMap((kind) => [
      most(`allocation over unicast, ${kind}, median`, 'ms', all.median(`unicast/allocation/${kind}`, 'p50Ms'), 5),
      least(`allocations over unicast, ${kind}`, 'per s', all.median(`unicast/allocation/${kind}`, 'perS'), 500),
    ]),
    most('memory of an idle IPCP', 'MB', all.median('daemons/memory/idle', 'ipcpMB'), 18),
    most('memory of an IPCP after load', 'MB', all.median('daemons/memory/loaded', 'ipcpMB'), 36),
    most('20 IPCPs up', 's', times(0.001, all.median('startup/20', 'ipcpsMs')), 2.5),
    most('idle network', '% of a core', all.median('daemons/cpu/idle', 'percentOfCore'), 1),
    least('overload: rate of its peak', '%', all.median('overload', 'percentOfPeak'), 80),
    most('overload: slowest ping beside', 'ms', all.median('overload', 'pingMaxMs'), 20),
    most('overload: growth of a daemon after the first third', 'MB', all.median('overload', 'grownMB'), GROWTH_MB),
  ];
}

/** What the garbage of a minute may differ by. */
const GROWTH_MB = 5;

const bestOf = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
};

function perRank(p50: (id: string) => number | undefined): number | undefined {
  const [deep, flat] = [p50('deep/plain/64/round-trip'), p50('unicast/plain/64/round-trip')];
  return deep === undefined || flat === undefined ? undefined : (deep - flat) / FURTHER_RANKS;
}
