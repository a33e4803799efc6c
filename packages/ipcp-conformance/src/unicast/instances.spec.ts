import { NodeHash } from '@ouroboros/crypto';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import type { JsonObject } from '@ouroboros/model';
import { DEFAULT_PATHS, type Spread } from '@ouroboros/ports';
import { Simulation, simType, type SimApp } from '@ouroboros/simnet';
import { UnicastNetwork } from './unicast-network.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const types = [simType(udp4Type({} as DynamicDns)), simType(unicastType)];
const NAME = 'web';
const SERVERS = [0, 1, 2];
const CLIENT = 3;
const ALLOCATIONS = 3_000;
const FEWER = 600;
/** Allocations under way at a time. */
const AT_ONCE = 10;

/** Three servers of one name, and a client: all linked with each other, or in a line. */
class Instances {
  readonly sim = new Simulation({ seed: 1, settle, hash: new NodeHash(), types, logLevel: 'error' });
  readonly net: UnicastNetwork;
  readonly servers: SimApp[] = [];
  /** Flows that each server has accepted. */
  readonly accepted = [0, 0, 0];
  failures = 0;

  private constructor(config: JsonObject, through: readonly number[], extraLinks: [number, number][]) {
    this.net = new UnicastNetwork(this.sim, { size: 4, through, extraLinks, config });
  }

  static async mesh(config: JsonObject): Promise<Instances> {
    const world = await Instances.idleMesh(config);
    world.serve();
    return world;
  }

  /** Servers that do not accept yet. */
  static idleMesh(config: JsonObject): Promise<Instances> {
    const others: [number, number][] = [
      [1, 2],
      [1, 3],
      [2, 3],
    ];
    return new Instances(config, [0, 0, 0], others).build();
  }

  /** 0 – 1 – 2 – 3 */
  static async line(config: JsonObject): Promise<Instances> {
    const world = await new Instances(config, [0, 1, 2], []).build();
    world.serve();
    return world;
  }

  async entry(spread: Spread): Promise<void> {
    const { node } = this.net.members[CLIENT]!;
    const entry = { name: NAME, balancing: 'spill', spread, direct: '', paths: DEFAULT_PATHS } as const;
    await this.sim.resolve(node.irm.nameCreate(entry));
  }

  /** Flows that were accepted at each server, of so many allocations. */
  async share(allocations: number): Promise<number[]> {
    this.accepted.fill(0);
    const client = this.net.members[CLIENT]!.node.app();
    let left = allocations;
    const one = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await client.alloc(NAME).then(
          (flow) => flow.dealloc(),
          () => void (this.failures += 1),
        );
      }
    };
    await this.sim.resolve(Promise.all(Array.from({ length: AT_ONCE }, one)), 600_000);
    return [...this.accepted];
  }

  /** Addresses that the directory of the client has for the name. */
  async known(): Promise<number> {
    const { node, unicast } = this.net.members[CLIENT]!;
    const rows = (await node.irm.ipcpReport(unicast, 'directory')) as JsonObject[];
    const hash = Buffer.from(new NodeHash().digest('SHA3_256', Buffer.from(NAME))).toString('hex');
    return rows.filter(({ kind, key }) => kind === 'stored' && key === hash).length;
  }

  private async build(): Promise<this> {
    await this.sim.resolve(this.net.build());
    for (const i of SERVERS) {
      const { node, unicast } = this.net.members[i]!;
      const server = await this.sim.resolve(node.server(NAME));
      this.servers.push(server);
      await this.sim.resolve(node.irm.nameRegister(NAME, unicast));
    }
    await this.sim.run(2_000);
    return this;
  }

  private serve(): void {
    for (const [i, server] of this.servers.entries()) {
      server.serve((flow) => {
        this.accepted[i]! += 1;
        void flow.read().catch(() => flow.dealloc());
      });
    }
  }
}

const evenly = (share: readonly number[], among: readonly number[], total: number): void => {
  for (const [i, flows] of share.entries()) {
    if (!among.includes(i)) expect(flows).toBe(0);
    else expect(Math.abs(flows / (total / among.length) - 1)).toBeLessThanOrEqual(0.05);
  }
};

describe('3,000 allocations to a name with three instances', () => {
  it('give each 1,000 when the layer says round-robin, and with one gone fail never and are shared by the others', async () => {
    const world = await Instances.mesh({ spread: 'round-robin' });
    evenly(await world.share(ALLOCATIONS), SERVERS, ALLOCATIONS);

    world.servers[0]!.kill();
    const during = await world.share(300);
    await world.sim.run(5_000);
    evenly(await world.share(ALLOCATIONS), [1, 2], ALLOCATIONS);
    expect([during[0], world.failures]).toEqual([0, 0]);
  }, 120_000);

  it('do so too when the entry of the name at the client says round-robin', async () => {
    const world = await Instances.mesh({});
    await world.entry('round-robin');
    evenly(await world.share(FEWER), SERVERS, FEWER);
    expect(world.failures).toBe(0);
  });

  it('fail never when a whole node dies, which leaves the directory within seconds', async () => {
    const world = await Instances.mesh({ spread: 'round-robin' });
    expect(await world.sim.resolve(world.known())).toBe(3);
    world.net.members[0]!.node.crash();
    await world.share(300);
    const gone = await world.sim.until(async () => (await world.known()) === 2, 10_000);
    expect(gone).toBeLessThan(8_000);
    evenly(await world.share(FEWER), [1, 2], FEWER);
    expect(world.failures).toBe(0);
  }, 120_000);
});

describe('allocations to a name with three instances in a line', () => {
  it('go to the nearest, unless the entry of the name says otherwise, and to the next when it is gone', async () => {
    const world = await Instances.line({});
    expect(await world.share(20)).toEqual([0, 0, 20]);
    world.servers[2]!.kill();
    expect(await world.share(20)).toEqual([0, 20, 0]);
    world.servers[1]!.kill();
    expect(await world.share(20)).toEqual([20, 0, 0]);
    expect(world.failures).toBe(0);
  });

  it('go to the nearest when the entry says so, whatever the layer says', async () => {
    const world = await Instances.line({ spread: 'round-robin' });
    evenly(await world.share(30), SERVERS, 30);
    await world.entry('nearest');
    expect(await world.share(20)).toEqual([0, 0, 20]);
  });
});

describe('an allocation to a name whose servers are all slow', () => {
  it('goes to the first that accepts; one that accepts later gets a flow that ends at once', async () => {
    const world = await Instances.idleMesh({ spread: 'round-robin' });
    const { sim, net, servers } = world;
    const allocation = net.members[CLIENT]!.node.app().alloc(NAME);
    await sim.run(2_000);
    const atFirst = await sim.resolve(servers[1]!.accept());
    const flow = await sim.resolve(allocation, 100);
    await sim.resolve(flow.write(Uint8Array.of(7)));
    expect(await sim.resolve(atFirst.read({ timeoutMs: 500 }), 1_000)).toEqual(Uint8Array.of(7));
    const atSecond = await sim.resolve(servers[2]!.accept({ timeoutMs: 500 }));
    await expect(sim.resolve(atSecond.read({ timeoutMs: 1_000 }))).rejects.toMatchObject({ code: 'EFLOWDOWN' });
    await sim.resolve(atFirst.write(Uint8Array.of(8)));
    expect(await sim.resolve(flow.read({ timeoutMs: 500 }), 1_000)).toEqual(Uint8Array.of(8));
  });
});
