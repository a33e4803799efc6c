import { readFileSync } from 'node:fs';
import { ms, note } from './measure.js';
import { openFiles, until } from './one-node.js';
import type { Program } from './programs.js';
import { Site, processesOf } from './site.js';
import { addRank, udpRank, type Pair } from './stack.js';

jest.setTimeout(900_000);

/** What two busy cores can do; idle ones do several times that. */
const AT_LEAST_PER_SECOND = 150;
const MEDIAN_MS = 20;
/** Until compiled code and the heaps of the daemons are as they stay. */
const WARM_UP = 2_000;
const FLOWS = 20_000;
const AT_ONCE = 16;
const HEAP_NOISE_MB = 24;

let site: Site;
let pair: Pair;
let server: Program;

beforeAll(async () => {
  site = await Site.open();
  pair = await Promise.all([site.node('a', '127.0.0.1'), site.node('b', '127.0.0.2')]);
  await udpRank(pair, site.port);
  await addRank(pair, { rank: 2 });
  const [{ irm: client }, b] = pair;
  server = site.start(b, 'swift-server');
  await server.says(/server started/);
  for (const name of ['plain', 'encrypted']) {
    const security = { encryption: name === 'plain' ? 'off' : '', authentication: '' } as const;
    for (const irm of [client, b.irm]) await irm.createName(name, { security });
    await b.irm.bindProcess(server.pid, name);
    await b.irm.regName(name, { layers: ['rank2'] });
  }
});
afterAll(() => site.close());

interface Measured {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly failures: readonly string[];
}

async function allocate(name: string, flows: number, atOnce: number): Promise<Measured> {
  const ran = await site.run(pair[0], 'swift-client', name, `${flows}`, `${atOnce}`);
  const measured = JSON.parse(ran.stdout) as Measured;
  const { perSecond, medianMs } = measured;
  note(`${flows} flows to ${name}, ${atOnce} at once`, `${perSecond.toFixed(0)}/s, median ${ms(medianMs)}`);
  return measured;
}

/** Memory of each process that no other has, in MB, and its open files. */
const holdings = (): ReadonlyMap<number, readonly [megabytes: number, files: number]> =>
  new Map(pair.flatMap(processesOf).map((pid) => [pid, [privateMemory(pid), openFiles(pid)]]));

function privateMemory(pid: number): number {
  const parts = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^Private_\w+:\s+(\d+) kB/gm);
  return [...parts].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1024;
}

const flowsHeld = (): Promise<number[]> => Promise.all(pair.map(async ({ irm }) => (await irm.listFlows()).length));

describe('flows of a unicast layer over UDP, asked for one after the other', () => {
  it('come in milliseconds', async () => {
    await allocate('plain', WARM_UP, AT_ONCE);
    const plain = await allocate('plain', 500, 1);
    expect(plain.failures).toEqual([]);
    expect(plain.medianMs).toBeLessThan(MEDIAN_MS);
    const encrypted = await allocate('encrypted', 500, 1);
    expect(encrypted.failures).toEqual([]);
    expect(encrypted.medianMs).toBeLessThan(MEDIAN_MS);
  });

  it('are refused as fast for a name that is nowhere', async () => {
    const { failures, medianMs } = await allocate('nowhere', 500, 1);
    expect(failures).toEqual(['ENAME']);
    expect(medianMs).toBeLessThan(MEDIAN_MS);
  });

  it('come by the hundred in a second, and leave nothing behind', async () => {
    await allocate('plain', WARM_UP, AT_ONCE);
    const before = await flowsHeld();
    const early = holdings();
    const { failures, perSecond } = await allocate('plain', FLOWS - WARM_UP, AT_ONCE);
    expect(failures).toEqual([]);
    expect(perSecond).toBeGreaterThan(AT_LEAST_PER_SECOND);
    await until('no flow is left', async () => (await flowsHeld()).join() === before.join());
    for (const [pid, [megabytes, files]] of holdings()) {
      const [megabytesBefore, filesBefore] = early.get(pid)!;
      expect(megabytes).toBeLessThan(megabytesBefore + HEAP_NOISE_MB);
      expect(files).toBeLessThanOrEqual(filesBefore + 2);
    }
    expect(server.stderr).toBe('');
  });
});
