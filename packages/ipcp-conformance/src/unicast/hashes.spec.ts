import { NodeHash } from '@ouroboros/crypto';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import { HASH_LENGTH, type JsonObject } from '@ouroboros/model';
import { Simulation, simType } from '@ouroboros/simnet';
import { UnicastNetwork } from './unicast-network.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const types = [simType(udp4Type({} as DynamicDns)), simType(unicastType)];

const network = (config: JsonObject): UnicastNetwork => {
  const sim = new Simulation({ seed: 1, settle, hash: new NodeHash(), types, logLevel: 'error' });
  return new UnicastNetwork(sim, { size: 3, extraLinks: 0, config });
};

describe('a unicast layer whose names are hashed by', () => {
  it.each(['SHA3_224', 'SHA3_256', 'SHA3_384', 'SHA3_512'] as const)('%s finds them all', async (hash) => {
    const net = network({ hash });
    const { sim } = net;
    await sim.resolve(net.build());
    for (const { node, unicast } of net.members) {
      for (const name of ['s0', 's1', 's2']) await sim.resolve(node.app().alloc(name));
      expect(await sim.resolve(node.irm.ipcpReport(unicast, 'status'))).toMatchObject({ hash });
      const rows = (await sim.resolve(node.irm.ipcpReport(unicast, 'directory'))) as JsonObject[];
      const lengths = rows.map(({ key }) => String(key).length / 2);
      expect(new Set(lengths)).toEqual(new Set([HASH_LENGTH[hash]]));
    }
  });

  it('MD5 is refused: it is for shims', async () => {
    const net = network({ hash: 'MD5' });
    const legal = /^hash: must be one of SHA3_224, SHA3_256, SHA3_384, SHA3_512, not "MD5"$/;
    await expect(net.sim.resolve(net.build())).rejects.toThrow(legal);
  });
});
