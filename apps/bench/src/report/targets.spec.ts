import type { RowResult } from '../results.js';
import { allIds } from '../options.js';
import { AllFigures } from './figures.js';
import { targetsOf, verdictOf, type Target } from './targets.js';

const row = (id: string, ...rounds: Record<string, number>[]): RowResult => ({
  id,
  encrypted: '',
  measurements: rounds.map((figures) => ({ figures })),
  failures: [],
});

const targetIn = (rows: readonly RowResult[], text: string): Target =>
  targetsOf(new AllFigures(rows)).find((target) => target.text === text)!;

describe('a target', () => {
  const AGAINST_IPERF3 = 'unicast encrypted 1400 B ≥ iperf3';
  const ours = row('unicast/encrypted/1400/one-way', { packetsPerS: 90 }, { packetsPerS: 110 }, { packetsPerS: 300 });

  it('compares the medians of both', () => {
    const slower = targetIn([ours, row('iperf3/1400/one-way', { packetsPerS: 110 })], AGAINST_IPERF3);
    expect([slower.value, slower.bound, verdictOf(slower)]).toEqual([110, 110, 'reached']);
    const faster = targetIn([ours, row('iperf3/1400/one-way', { packetsPerS: 111 })], AGAINST_IPERF3);
    expect(verdictOf(faster)).toBe('not reached');
  });

  it('is not measured without one of them', () => {
    expect(verdictOf(targetIn([ours], AGAINST_IPERF3))).toBe('not measured');
    expect(verdictOf(targetIn([], 'unicast plain 64 B'))).toBe('not measured');
  });

  it('of a time, memory or loss is an upper bound', () => {
    const verdict = (p50Us: number): string =>
      verdictOf(targetIn([row('unicast/plain/64/round-trip', { p50Us })], 'round trip unicast'));
    expect([verdict(119), verdict(120)]).toEqual(['reached', 'not reached']);
  });

  it('of the better of two VPNs is that of the faster one that was measured', () => {
    const rows = [
      row('unicast/oip/tcp', { gbitPerS: 1 }),
      row('nebula/tcp', { gbitPerS: 0.5 }),
      row('wireguard-go/tcp', { gbitPerS: 1.5 }),
      row('yggdrasil/tcp', { gbitPerS: 2 }),
    ];
    expect(targetIn(rows, 'iperf3 TCP through oip ≥ the better of nebula, wireguard-go').bound).toBe(1.5);
  });

  it('per rank takes what further ranks add', () => {
    const rows = [row('deep/plain/64/round-trip', { p50Us: 250 }), row('unicast/plain/64/round-trip', { p50Us: 100 })];
    expect(targetIn(rows, 'round trip per further rank ≤ 0.5 × C').value).toBe(50);
  });
});

const FIGURES = Object.fromEntries(
  [
    ...['packetsPerS', 'gbitPerS', 'lostPercent', 'p50Us', 'p50Ms', 'perS', 'ipcpMB', 'ipcpsMs'],
    ...['percentOfCore', 'percentOfPeak', 'pingMaxMs', 'grownMB'],
  ].map((name) => [name, 1]),
);

it('targets are measured by rows that exist', () => {
  const everything = allIds().map((id) => row(id, FIGURES));
  const unknown = targetsOf(new AllFigures(everything)).filter((target) => verdictOf(target) === 'not measured');
  expect(unknown.map(({ text }) => text)).toEqual([]);
});
