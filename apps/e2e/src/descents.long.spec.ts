import type { DemoNode } from '@ouroboros/demo';
import type { NameTrace } from '@ouroboros/irm';
import { again } from './line.js';
import { ms, note } from './measure.js';
import { Mesh } from './mesh.js';
import { until } from './one-node.js';
import { Site } from './site.js';

jest.setTimeout(60_000);

let site: Site;
let nodes: readonly DemoNode[];
beforeAll(async () => {
  site = await Site.open();
  const mesh = await Mesh.build(site, ['a', 'm', 'b'], ['a-m', 'm-b'], {});
  nodes = ['a', 'm', 'b'].map((name) => mesh.get(name));
  for (const [i, { irm, plan }] of nodes.entries()) {
    const [name, dst] = [`top.${plan.name}`, `top.${nodes[i - 1]?.plan.name}`];
    const layer = { name, type: 'unicast', layer: 'top', autobind: true };
    if (i === 0) await irm.bootstrapIpcp(layer);
    else await again(() => irm.enrollIpcp({ ...layer, dst }));
    await irm.regName(name, { layers: ['net'] });
    if (i > 0) await again(() => irm.connectIpcp({ name, dst }));
  }
  await site.serve(nodes[2]!, 'hello', 'top');
});
afterAll(() => site.close());

/** `top.a > top.m, over net: net.a > net.m, over udp: udp4` for each hop. */
function hopsOf({ ways }: NameTrace): string[] {
  const [way] = ways;
  return way!.steps.slice(0, -1).map(({ name, hop }, i) => {
    const { layer, steps } = hop!.below!;
    const { lowerLayer, below } = steps[0]!.hop!;
    const through = steps.map((step) => step.name).join(' > ');
    return `${name} > ${way!.steps[i + 1]!.name}, over ${layer}: ${through}, over ${lowerLayer}: ${below?.type}`;
  });
}

describe('irm trace --down, over two ranks on three nodes', () => {
  it('tells what each hop is made of, also that between the other nodes', async () => {
    const [a] = nodes;
    await until('a knows it', async () => (await site.run(a!, 'irm', 'trace', 'hello')).status === 0);
    const ran = await site.run(a!, 'irm', 'trace', 'hello', '--down', '--json');
    note('irm trace --down over two ranks', ms(ran.tookMs));
    const trace = JSON.parse(ran.stdout) as NameTrace;
    expect(hopsOf(trace)).toEqual([
      'top.a > top.m, over net: net.a > net.m, over udp: udp4',
      'top.m > top.b, over net: net.m > net.b, over udp: udp4',
    ]);
    const { steps } = trace.ways[0]!.steps[1]!.hop!.below!;
    expect(steps[0]!.hop).toMatchObject({ lowerLayer: 'udp', linkCube: 0 });
    expect(steps[0]!.hop!.longest).toBeGreaterThan(500);
    expect(steps[1]!.roundTripMs).toBeGreaterThan(0);
    expect(ran.tookMs).toBeLessThan(3_000);
  });

  it('prints it hop by hop', async () => {
    const { stdout } = await site.run(nodes[0]!, 'irm', 'trace', 'hello', '--down');
    expect(stdout).toMatch(
      /^ {2}hop 1, over net \(unicast\): 1 hop\n {2}\+-[\s\S]*?\| +net\.m \|[\s\S]*?\| +net\.b \|/m,
    );
    expect(stdout.match(/^ {4}hop 0, over udp \(udp4\): its members are all neighbours$/gm)).toHaveLength(2);
    note('irm trace hello --down', `\n${stdout}`);
  });

  it('is not told by a member that hides it', async () => {
    const [, m, b] = nodes;
    await b!.irm.destroyIpcp('top.b');
    await m!.irm.destroyIpcp('top.m');
    const layer = { type: 'unicast', layer: 'top', autobind: true, config: { below: 'hide' } };
    for (const [{ irm }, name, dst] of [
      [m!, 'top.m', 'top.a'],
      [b!, 'top.b', 'top.m'],
    ] as const) {
      await again(() => irm.enrollIpcp({ ...layer, name, dst }));
      await irm.regName(name, { layers: ['net'] });
      await again(() => irm.connectIpcp({ name, dst }));
    }
    await again(() => b!.irm.regName('hello', { layers: ['top'] }));
    const [a] = nodes;
    const trace = (): ReturnType<Site['run']> => site.run(a!, 'irm', 'trace', 'hello', '--down');
    await until('a knows it again', async () => (await trace()).status === 0, 20_000);
    const { stdout } = await trace();
    expect(stdout).toContain('  hop 1, over net: not told by top.m\n');
    expect(stdout).toContain('  hop 0, over net (unicast): 1 hop\n');
  });
});
