import { NodeHash } from '@ouroboros/crypto';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import { Simulation, simType } from '@ouroboros/simnet';
import { Tower } from './tower.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const types = [simType(udp4Type({} as DynamicDns)), simType(unicastType)];
const RANKS = 5;

async function tower(): Promise<Tower> {
  const sim = new Simulation({ seed: 1, settle, hash: new NodeHash(), types, logLevel: 'debug' });
  const made = new Tower(sim, 3, RANKS);
  await sim.resolve(made.build());
  await sim.resolve(made.serve(2, 'top'));
  return made;
}

describe('five ranks of unicast layers over UDP', () => {
  it('carry 1,000 pings at the top without loss', async () => {
    const { sim, nodes } = await tower();
    const flow = await sim.resolve(nodes[0]!.app().alloc('top'));
    expect(flow.layer).toBe(`rank${RANKS}`);
    const pings = async (): Promise<number> => {
      let answers = 0;
      for (let i = 0; i < 1000; i += 1) {
        const ping = Uint8Array.of(i >> 8, i & 255, ...new Uint8Array(i % 1000));
        await flow.write(ping);
        const answer = await flow.read({ timeoutMs: 1_000 });
        if (Buffer.compare(answer, ping) === 0) answers += 1;
      }
      return answers;
    };
    expect(await sim.resolve(pings())).toBe(1000);
  });

  it.each([1, 2, 3, 4, 5])('say which is gone when rank %i is removed on a node', async (rank) => {
    const { sim, nodes } = await tower();
    const { irm } = nodes[0]!;
    const client = nodes[0]!.app();
    await sim.resolve(client.alloc('top'));
    await sim.resolve(irm.ipcpDestroy(`r${rank}.n0`));
    await sim.run(1_000);
    const gone = `layer rank${rank} below is gone on this host`;
    const outcome = client.alloc('top', { timeoutMs: 5_000 });
    await expect(sim.resolve(outcome)).rejects.toThrow(gone);
    const above = Array.from({ length: RANKS - rank }, (_, i) => `IPCP r${rank + i + 1}.n0: ${gone}`);
    expect((await sim.resolve(irm.status())).waitingFor).toEqual(above);
  });

  it.each([0, 2, 4])(
    'come back by themselves when the process of rank %i dies on the node in the middle',
    async (rank) => {
      const made = await tower();
      const { sim, nodes } = made;
      nodes[1]!.killIpcp(made.ipcp(rank, 1));
      await sim.run(1);
      const client = nodes[0]!.app();
      const pings = async (): Promise<boolean> => {
        const flow = await client.alloc('top', { timeoutMs: 1_000 }).catch(() => undefined);
        if (!flow) return false;
        await flow.write(Uint8Array.of(1));
        const answer = await flow.read({ timeoutMs: 200 }).catch(() => undefined);
        await flow.dealloc();
        return answer !== undefined;
      };
      expect(await sim.until(pings, 20_000, 100)).toBeDefined();
    },
  );
});
