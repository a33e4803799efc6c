import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMMAND = join(__dirname, '..', '..', '..', 'tools', 'bench.mjs');

interface Printed {
  readonly hosts: 'namespaces' | 'loopback';
  readonly rows: readonly {
    readonly id: string;
    readonly figures: Readonly<Record<string, { readonly median: number; readonly min: number; readonly max: number }>>;
    readonly missing?: string;
    readonly failures: readonly string[];
  }[];
}

const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('o7b-'));
const run = (...args: string[]) => spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });

describe('npm run bench -- --quick --json --svg', () => {
  const before = leftovers();
  const charts = mkdtempSync(join(tmpdir(), 'bench-charts-'));
  const started = performance.now();
  const ran = run('--quick', '--json', '--svg', charts);
  const seconds = (performance.now() - started) / 1000;
  const { hosts, rows }: Printed = JSON.parse(ran.stdout) as Printed;
  const median = (id: string, figure: string): number => rows.find((row) => row.id === id)!.figures[figure]!.median;
  afterAll(() => rmSync(charts, { recursive: true }));

  it('measures within two minutes and leaves nothing behind', () => {
    const failures = rows.flatMap((row) => row.failures.map((why) => `${row.id}: ${why}`));
    expect([ran.status, failures]).toEqual([0, []]);
    expect(seconds).toBeLessThan(120);
    expect(leftovers()).toEqual(before);
  });

  it('measures all rows of ours, but a tunnel without namespaces', () => {
    const ours = rows.filter(({ id }) => !/^(iperf3|nebula|wireguard-go)\//.test(id));
    const missing = ours.filter((row) => row.missing !== undefined).map(({ id }) => id);
    expect(ours.length).toBeGreaterThan(12);
    expect(missing).toEqual(hosts === 'namespaces' ? [] : ['unicast/oip/tcp']);
  });

  it('sees no loss inside a node, none of a reliable flow, and answers', () => {
    expect(median('direct/plain/64/one-way', 'lostPercent')).toBe(0);
    expect(median('unicast/reliable/1400/one-way', 'lostPercent')).toBe(0);
    expect(median('unicast/plain/64/round-trip', 'p99Us')).toBeGreaterThanOrEqual(
      median('unicast/plain/64/round-trip', 'p50Us'),
    );
  });

  it('tells the CPU time of every process on the way', () => {
    const { figures } = rows.find(({ id }) => id === 'unicast/encrypted/1400/one-way')!;
    const names = Object.keys(figures).filter((name) => name.startsWith('cpu '));
    expect(names.sort()).toEqual([
      ...['cpu client', 'cpu irmd (a)', 'cpu irmd (b)', 'cpu net1.a (a)', 'cpu net1.b (b)'],
      ...['cpu server', 'cpu udp (a)', 'cpu udp (b)'],
    ]);
    for (const name of ['cpu client', 'cpu server', 'cpu udp (a)']) expect(figures[name]!.min).toBeGreaterThan(0);
  });

  it('says on standard error what it does', () => {
    expect(ran.stderr).toMatch(/^1 of \d+, \d+ s: /m);
  });

  it('draws charts', () => {
    expect(readdirSync(charts)).toEqual(expect.arrayContaining(['one-way-1400.svg', 'round-trip-64.svg']));
    expect(readFileSync(join(charts, 'one-way-1400.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  });
});

describe('npm run bench', () => {
  it('refuses what it does not know with status 2', () => {
    const { status, stderr } = run('--only', 'nothing');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^--only nothing: no such row/m);
  });
});
