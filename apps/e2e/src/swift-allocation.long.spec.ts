import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoNode } from '@ouroboros/demo';
import { ms, note } from './measure.js';
import { kill, openFiles, until } from './one-node.js';
import type { Program } from './programs.js';
import { Site, processesOf } from './site.js';
import { addRank, udpRank, type Pair } from './stack.js';

jest.setTimeout(900_000);

/** What two busy cores can do; idle ones do several times that. */
const AT_LEAST_PER_SECOND = 150;
const MEDIAN_MS = 20;
/** Until compiled code and what the daemons remember for a while are nearly as they stay. */
const WARM_UP = 2_000;
const FLOWS = 20_000;
const AT_ONCE = 16;
/** Less than 1 KB for each flow. */
const GROWTH_MB = 12;
/** The client gives a flow back at once: now and then it is over before the server has attached to it. */
const OVER_BEFORE = {
  level: 'warn',
  code: 'EFLOWDOWN',
  reason: 'the flow ended before it began',
  msg: 'an accepted flow was given back',
};
const MOST_OVER_BEFORE = 0.01 * FLOWS;
/** Runs a program that can be asked what it holds when its garbage is gone: that comes and goes by tens of MB. */
const ASKED = ['env', `NODE_OPTIONS=--require=${join(__dirname, '..', 'collect-garbage.cjs')}`];

let site: Site;
let pair: Pair;
let server: Program;

beforeAll(async () => {
  site = await Site.open();
  const node = (name: string, address: string): Promise<DemoNode> =>
    site.nodeOf({ name, address, runtimeDir: join(site.folder, name), within: ASKED });
  pair = await Promise.all([node('a', '127.0.0.1'), node('b', '127.0.0.2')]);
  await udpRank(pair, site.port);
  await addRank(pair, { rank: 2 });
  const [{ irm: client }, b] = pair;
  server = site.startWith({ within: ASKED }, b, 'swift-server');
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

interface Holdings {
  readonly node: DemoNode;
  readonly pid: number;
  readonly program: string;
  /** Memory that no other process has, garbage not counted. */
  readonly megabytes: number;
  readonly files: number;
}

async function holdingsOf(node: DemoNode, pid: number): Promise<Holdings> {
  const file = join(node.plan.runtimeDir, `own-memory.${pid}`);
  kill(pid, 'SIGUSR2');
  await until(`${file} is there`, () => existsSync(file));
  const megabytes = Number(readFileSync(file, 'utf8')) / 1024;
  rmSync(file);
  const program = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  return { node, pid, program, megabytes, files: openFiles(pid) };
}

/** Throws unless a process comes to hold about as much as it did. That takes seconds: daemons remember for a while what is over. */
async function expectNoMoreThan({ node, pid, program, megabytes, files }: Holdings): Promise<void> {
  const most = megabytes + GROWTH_MB;
  let now: Holdings;
  await until(`${program}holds less than ${most.toFixed(1)} MB and at most ${files + 2} files`, async () => {
    now = await holdingsOf(node, pid);
    return now.megabytes < most && now.files <= files + 2;
  });
  note(`own memory of ${program}`, `${megabytes.toFixed(1)} MB, then ${now!.megabytes.toFixed(1)} MB`);
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
    const early = await Promise.all(pair.flatMap((node) => processesOf(node).map((pid) => holdingsOf(node, pid))));
    const { failures, perSecond } = await allocate('plain', FLOWS - WARM_UP, AT_ONCE);
    expect(failures).toEqual([]);
    expect(perSecond).toBeGreaterThan(AT_LEAST_PER_SECOND);
    await until('no flow is left', async () => (await flowsHeld()).join() === before.join());
    for (const holdings of early) await expectNoMoreThan(holdings);
    const said = server.stderr.split('\n').slice(0, -1);
    for (const line of said) expect(JSON.parse(line)).toMatchObject(OVER_BEFORE);
    expect(said.length).toBeLessThanOrEqual(MOST_OVER_BEFORE);
  });
});
