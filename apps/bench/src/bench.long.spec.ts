import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measured } from './client.js';

const PROGRAM = join(__dirname, '..', 'bundle', 'bench.cjs');

interface Printed {
  readonly tookS: number;
  readonly paths: readonly { readonly path: string; readonly measured: readonly Measured[] }[];
}

const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('o7b-'));

describe('npm run bench -- --quick --json', () => {
  const before = leftovers();
  const started = performance.now();
  const ran = spawnSync(process.execPath, [PROGRAM, '--quick', '--json'], { encoding: 'utf8' });
  const seconds = (performance.now() - started) / 1000;
  const { paths }: Printed = ran.status === 0 ? (JSON.parse(ran.stdout) as Printed) : { paths: [], tookS: 0 };
  const rateOf = (path: string): number[] =>
    paths.find((one) => one.path === path)!.measured.map(({ oneWay }) => oneWay.receivedPerS);

  it('measures four paths with two sizes within a minute and leaves nothing behind', () => {
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    expect(seconds).toBeLessThan(60);
    expect(leftovers()).toEqual(before);
    const rows = paths.flatMap(({ path, measured }) => measured.map(({ size }) => `${path} ${size}`));
    const expected = ['direct', 'local', 'udp4', 'unicast'].flatMap((path) => [`${path} 64`, `${path} 1400`]);
    expect(rows).toEqual(expected);
  });

  it('sees answers to what it sends', () => {
    for (const { awake, idle } of paths.flatMap(({ measured }) => measured)) {
      expect(awake.count).toBeGreaterThan(50);
      expect(idle.count).toBeGreaterThan(50);
      expect(awake.p99Us).toBeGreaterThanOrEqual(awake.p50Us);
    }
  });

  it('sees no loss inside a node', () => {
    for (const { path, measured } of paths.filter((one) => ['direct', 'local'].includes(one.path))) {
      expect([path, ...measured.map(({ oneWay }) => oneWay.lostPercent)]).toEqual([path, 0, 0]);
    }
  });

  it('sees no collapse in a unicast layer: more than a fifth of what the layer below carries', () => {
    const below = rateOf('udp4');
    rateOf('unicast').forEach((rate, i) => expect(rate).toBeGreaterThan(below[i]! / 5));
  });
});
