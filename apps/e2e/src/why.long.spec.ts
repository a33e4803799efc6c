import type { DemoNode } from '@ouroboros/demo';
import { join } from 'node:path';
import type { LayerGraph, NameTrace } from '@ouroboros/irm';
import type { SecurityPolicy } from '@ouroboros/ports';
import { buildLine, type Line, type Seen } from './line.js';
import { ms, note } from './measure.js';
import { Mesh } from './mesh.js';
import { Office, type Paper } from './office.js';
import { until } from './one-node.js';
import type { Program } from './programs.js';
import { Site } from './site.js';
import { Wiretap } from './wiretap.js';

jest.setTimeout(60_000);

/** The answer is there within two seconds, whatever is wrong; starting the program on a busy machine may cost one more. */
const LIMIT_MS = 3_000;

interface Answer {
  readonly reached: boolean;
  readonly failedStage: string | null;
  readonly findings: readonly { readonly stage: string; readonly verdict: string; readonly text: string }[];
}

let site: Site;

/** What `irm why` says on a node, in time. `flow`: none is asked for at the server, which would reach itself. */
async function why(node: DemoNode, name: string, ...words: string[]): Promise<Answer> {
  const ran = await site.run(node, 'irm', 'why', name, ...words, '--json');
  note(`irm why ${name} at ${node.plan.name}`, ms(ran.tookMs));
  if (ran.stdout === '') throw new Error(ran.stderr);
  expect(ran.tookMs).toBeLessThan(LIMIT_MS);
  const answer = JSON.parse(ran.stdout) as Answer;
  expect(ran.status === 0).toBe(answer.reached);
  return answer;
}

/** Texts at a stage that are not as they should be. */
const troubles = ({ findings }: Answer, stage: string): string =>
  findings
    .filter((one) => one.stage === stage && (one.verdict === 'fail' || one.verdict === 'warn'))
    .map(({ text }) => text)
    .join('\n');

const atServer = (node: DemoNode, name: string): Promise<Answer> => why(node, name, '--no-flow');

describe('irm why, over three nodes in a line', () => {
  let a: DemoNode, m: DemoNode, b: DemoNode;
  let mesh: Mesh;
  let office: Office;
  let server: Program;
  beforeAll(async () => {
    site = await Site.open();
    office = await Office.open(join(site.folder, 'office'), 'lab');
    mesh = await Mesh.build(site, ['a', 'm', 'b'], ['a-m', 'm-b'], {});
    [a, m, b] = [mesh.get('a'), mesh.get('m'), mesh.get('b')];
    for (const node of [a, b]) office.introduce('lab', node);
    server = await site.serve(b, 'hello', 'net');
  });
  afterAll(() => site.close());

  it('finds nothing wrong where nothing is', async () => {
    expect(await why(a, 'hello')).toMatchObject({ reached: true, failedStage: null });
    expect((await atServer(b, 'hello')).reached).toBe(true);
  });

  it('and its sisters show the way, the layer, and the host', async () => {
    const trace = (await site.irmJson(a, 'trace', 'hello', '--down')) as NameTrace;
    expect(trace.ways[0]).toMatchObject({
      reached: true,
      steps: ['a', 'm', 'b'].map((node) => ({ name: `net.${node}` })),
    });
    expect(trace.ways[0]!.steps[1]).toMatchObject({ hop: { lowerLayer: 'udp', linkCube: 0 } });
    expect(trace.ways[0]!.steps[1]!.hop!.longest).toBeGreaterThan(1000);
    for (const { hop } of trace.ways[0]!.steps.slice(0, 2))
      expect(hop!.below).toMatchObject({ layer: 'udp', type: 'udp4', steps: [] });
    const { layers } = (await site.irmJson(m, 'layer', 'graph')) as { layers: readonly LayerGraph[] };
    expect(layers[0]!.members.map(({ name }) => name).sort()).toEqual(['net.a', 'net.b', 'net.m']);
    expect(layers[0]!.links).toHaveLength(2);
    const shown = await site.run(b, 'irm', 'status');
    expect(shown.stdout).toMatch(/\| +net \| +unicast \| +3 \| +1 \| +0 \| +1 \|/);
    expect((await site.run(b, 'irm', 'debug', 'bundle')).stdout).not.toMatch(/hello|net\.[amb]|127\.0\.0/);
  });

  it('names a name that is unknown, and a likely one', async () => {
    const answer = await why(a, 'nowhere');
    expect(answer).toMatchObject({ reached: false, failedStage: 'name' });
    expect(troubles(answer, 'name')).toContain('no layer that this host can reach has it (asked: net, udp)');
    expect((await atServer(b, 'nowhere')).failedStage).toBe('name');
  });

  it('names a name that is not registered', async () => {
    await b.irm.bindProcess(server.pid, 'shy');
    expect(await why(a, 'shy')).toMatchObject({ reached: false, failedStage: 'name' });
    const there = await atServer(b, 'shy');
    expect(there).toMatchObject({ reached: false, failedStage: 'name' });
    expect(troubles(there, 'name')).toContain('registered in no layer');
  });

  it('names a name that nobody serves', async () => {
    await b.irm.regName('empty', { layers: ['net'] });
    const here = await why(a, 'empty');
    expect(here).toMatchObject({ reached: false, failedStage: 'accept' });
    expect(troubles(here, 'accept')).toContain('no process serves empty');
    expect(troubles(await atServer(b, 'empty'), 'accept')).toContain('no process here serves the name');
  });

  const FLAWS: readonly [string, Partial<Paper>, string, RegExp][] = [
    ['for another name', { as: 'elsewhere' }, 'crypto', /is not that of "/],
    ['expired', { day: -12 }, 'crypto', / expired on /],
    ['not valid yet by the clock', { day: 3 }, 'clock', / is valid from /],
  ];

  it.each(FLAWS)('names a certificate that is %s', async (flawed, flaw, stage, words) => {
    const name = `server ${flawed}`;
    const security: Partial<SecurityPolicy> = { authentication: 'require' };
    await office.issue(b, { role: 'server', name, authority: 'lab', ...flaw });
    await a.irm.createName(name, { security });
    await b.irm.bindProcess(server.pid, name);
    await b.irm.regName(name, { layers: ['net'] });
    const here = await why(a, name);
    expect(here).toMatchObject({ reached: false, failedStage: stage });
    expect(troubles(here, stage)).toMatch(words);
    expect(troubles(await atServer(b, name), stage)).toMatch(words);
  });

  it('names an IPCP that is dead, here and there', async () => {
    const { pid } = (await m.irm.listIpcps()).find(({ name }) => name === 'net.m')!;
    process.kill(pid, 'SIGSTOP');
    try {
      await until('a has lost it', async () => troubles(await why(a, 'hello'), 'link') !== '');
      const here = await why(a, 'hello');
      expect(here.reached).toBe(false);
      expect(troubles(here, 'link')).toMatch(/^link to [\w.]+ in net: the neighbour is silent$/);
      expect(troubles(await atServer(b, 'hello'), 'link')).toContain('link to net.m in net: the neighbour is silent');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await until('it is reached again', async () => (await why(a, 'hello')).reached, 10_000);
  });

  it('names a link that is down', async () => {
    await mesh.cut('m-b');
    await until('it is noticed', async () => troubles(await atServer(b, 'hello'), 'link') !== '');
    const here = await why(a, 'hello');
    expect(here).toMatchObject({ reached: false, failedStage: 'route' });
    expect(troubles(here, 'route')).toContain('no route to');
    expect(troubles(await why(m, 'hello'), 'link')).toContain('link to');
    await mesh.heal('m-b');
    await until('it is reached again', async () => (await why(a, 'hello')).reached, 10_000);
  });

  it('names a member of the directory that is dead', async () => {
    const { pid } = (await m.irm.listIpcps()).find(({ name }) => name === 'net.m')!;
    process.kill(pid, 'SIGKILL');
    const lost = /^link to \S+ in net lost [\d.]+ s ago: /;
    await until('a misses it', async () => lost.test(troubles(await why(a, 'hello'), 'link')));
    await until('b misses it', async () => lost.test(troubles(await atServer(b, 'hello'), 'link')));
    await until('it is back and all is well', async () => (await why(a, 'hello')).reached, 20_000);
  });
});

/** Less than what a handshake with its keys needs, cut or whole. */
const SHORT = 400;

const SEEN: Readonly<Record<string, string>> = {
  'a m': '127.0.1.2',
  'm a': '127.0.1.1',
  'm b': '127.0.2.3',
  'b m': '127.0.2.2',
};
const throughTaps: Seen = (by, other) => SEEN[`${by.plan.name} ${other.plan.name}`];

describe('irm why, where a link takes short packets only', () => {
  let taps: Wiretap[];
  let line: Line;
  beforeAll(async () => {
    site = await Site.open();
    taps = await Promise.all([
      Wiretap.open(site.port, ['127.0.0.1', '127.0.0.2'], ['127.0.1.1', '127.0.1.2']),
      Wiretap.open(site.port, ['127.0.0.2', '127.0.0.3'], ['127.0.2.2', '127.0.2.3']),
    ]);
    line = await buildLine(site, {}, undefined, throughTaps);
  });
  afterAll(async () => {
    await site.close();
    await Promise.all(taps.map((tap) => tap.close()));
  });

  it('names it, from both ends', async () => {
    const [a, , b] = line;
    await site.serve(b, 'hello', 'net');
    await until('a knows it', async () => (await why(a, 'hello')).reached);
    for (const tap of taps) tap.longest = SHORT;
    await until('it is noticed', async () => !(await why(a, 'hello')).reached, 20_000);
    const narrow = /^link to net\.\w in net, over wire, takes packets of up to \d+ bytes only$/;
    await until('the link is named', async () => narrow.test(troubles(await why(a, 'hello'), 'path')), 20_000);
    expect((await why(a, 'hello')).failedStage).toBe('path');
    expect(troubles(await atServer(b, 'hello'), 'path')).toMatch(narrow);
  });
});
