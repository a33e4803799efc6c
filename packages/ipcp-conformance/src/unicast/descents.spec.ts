import { NodeHash } from '@ouroboros/crypto';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import { Irm, type NameTrace, type TraceBelow, type TraceStep } from '@ouroboros/irm';
import { QOS_RAW, type JsonObject } from '@ouroboros/model';
import { Simulation, simType } from '@ouroboros/simnet';
import { Tower } from './tower.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const types = [simType(udp4Type({} as DynamicDns)), simType(unicastType)];

const UNUSED = { findProgram: async (program: string) => program, close: () => undefined };

/** Nodes in a line, with layers `rank1` and up on UDP; the last node serves `top`. */
async function towerOf(
  size: number,
  ranks: number,
  configOf?: (rank: number, i: number) => JsonObject,
): Promise<Tower> {
  const sim = new Simulation({ seed: 1, settle, hash: new NodeHash(), types });
  const made = new Tower(sim, size, ranks, configOf);
  await sim.resolve(made.build());
  await sim.resolve(made.serve(size - 1, 'top'));
  return made;
}

const begin = ({ sim, nodes }: Tower, name: string, down = true): Promise<NameTrace> =>
  new Irm({ ...UNUSED, management: nodes[0]!.irm, clock: sim.clock }).traceName(name, 0, down);

const trace = (made: Tower, name = 'top', down = true): Promise<NameTrace> => made.sim.resolve(begin(made, name, down));

/** `r2.n0 > r2.n1 over rank1 [r1.n0 > r1.n1 over udp [udp4]]` */
function inWords(steps: readonly TraceStep[]): string[] {
  const names = steps.map(({ name }) => name);
  return steps.flatMap(({ name, hop }, i) =>
    hop ? [`${name} > ${names[i + 1]} over ${hop.lowerLayer} ${hop.below ? belowInWords(hop.below) : '?'}`] : [],
  );
}

const belowInWords = ({ steps, type, cut }: TraceBelow): string =>
  `[${steps.length > 0 ? inWords(steps).join(', ') : type}${cut ? ' …' : ''}]`;

const wordsOf = ({ ways }: NameTrace): string[] => inWords(ways[0]!.steps);

describe('A trace with what is below', () => {
  it('goes through all ranks of each hop, also of those between other hosts', async () => {
    const made = await towerOf(4, 3);
    const hop = (rank: number, i: number): string =>
      `r${rank}.n${i} > r${rank}.n${i + 1} over ${rank === 1 ? 'udp [udp4]' : `rank${rank - 1} [${hop(rank - 1, i)}]`}`;
    expect(wordsOf(await trace(made))).toEqual([hop(3, 0), hop(3, 1), hop(3, 2)]);
    const [, way] = (await trace(made)).ways[0]!.steps;
    const [first, second] = way!.hop!.below!.steps;
    expect(first).toMatchObject({ name: 'r2.n1', answered: true, roundTripMs: 0, hop: { waiting: 0, linkCube: 0 } });
    expect(second).toMatchObject({ name: 'r2.n2', hop: null });
    expect(second!.roundTripMs).toBeGreaterThan(0);
    for (const { hop: one } of [way!, first!]) expect(one!.longest).toBeGreaterThan(500);
  });

  it('follows a way of several hops in the layer below', async () => {
    const made = await towerOf(3, 1);
    for (const [i, { irm }] of made.nodes.entries()) {
      if (i === 1) continue;
      const [name, layer] = [`t.n${i}`, 'over'];
      await made.sim.resolve(irm.ipcpCreate({ name, type: 'unicast', restart: 'never' }));
      const joined =
        i === 0
          ? irm.ipcpBootstrap({ name, layer, config: {}, autobind: true })
          : irm.ipcpEnroll({ name, dst: 't.n0', layer, config: {}, autobind: true });
      await made.sim.resolve(joined);
      await made.sim.resolve(irm.nameRegister(name, `r1.n${i}`));
    }
    const { irm } = made.nodes[2]!;
    for (const component of ['Management', 'Data Transfer'] as const)
      await made.sim.resolve(irm.ipcpConnect({ name: 't.n2', dst: 't.n0', component, qos: QOS_RAW }));
    (await made.sim.resolve(made.nodes[2]!.server('far'))).echo();
    await made.sim.resolve(irm.nameRegister('far', 't.n2'));
    await made.sim.run(1_000);
    const found = await trace(made, 'far');
    expect(wordsOf(found)).toEqual([
      't.n0 > t.n2 over rank1 [r1.n0 > r1.n1 over udp [udp4], r1.n1 > r1.n2 over udp [udp4]]',
    ]);
  });

  it('is not told by a member that hides it, and tells nothing unless asked', async () => {
    const made = await towerOf(3, 2, (rank, i) => ({ below: rank === 2 && i === 1 ? 'hide' : 'tell' }));
    expect(wordsOf(await trace(made))).toEqual([
      'r2.n0 > r2.n1 over rank1 [r1.n0 > r1.n1 over udp [udp4]]',
      'r2.n1 > r2.n2 over rank1 ?',
    ]);
    expect(wordsOf(await trace(made, 'top', false))).toEqual([
      'r2.n0 > r2.n1 over rank1 ?',
      'r2.n1 > r2.n2 over rank1 ?',
    ]);
  });

  it('ends in time when what is below does not answer', async () => {
    const made = await towerOf(3, 2);
    const { sim } = made;
    await trace(made);
    const begun = sim.clock.now();
    const asked = begin(made, 'top');
    await sim.run(3);
    sim.links.cut('10.0.0.2', '10.0.0.3');
    const found = await sim.resolve(asked);
    expect((sim.clock.now() - begun) / 1e6).toBeLessThan(5);
    expect(wordsOf(found)[0]).toBe('r2.n0 > r2.n1 over rank1 [r1.n0 > r1.n1 over udp [udp4]]');
  });
});
