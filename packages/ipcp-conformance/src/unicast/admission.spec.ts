import { NodeHash } from '@ouroboros/crypto';
import type { Flow } from '@ouroboros/flow';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType, unicastTypeWith } from '@ouroboros/ipcp-unicast';
import { QOS_BEST_EFFORT, QOS_RAW, QOS_VIDEO, QOS_VOICE, type JsonObject, type QosSpec } from '@ouroboros/model';
import { Simulation, simType, type SimApp } from '@ouroboros/simnet';
import { UnicastNetwork } from './unicast-network.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const MBIT = 1_000_000n;
const CAPACITY = 10_000_000;
const SOON_MS = 1_000;
const bandwidth = (bits: bigint): QosSpec => ({ ...QOS_RAW, bandwidth: bits });
const delay = (ms: number): QosSpec => ({ ...QOS_RAW, delay: ms });

interface WorldOptions {
  readonly size?: number;
  /** Of the first member, or of each. */
  readonly capacity?: number | readonly number[];
  /** Of each cable, one way. */
  readonly delayMs?: number;
  readonly extensions?: boolean;
}

/** A line of members, each with a server `s0`, `s1` …; the first has the client. */
class World {
  readonly sim: Simulation;
  readonly net: UnicastNetwork;
  readonly client: SimApp;

  private constructor({ size = 2, capacity = 0, extensions = true }: WorldOptions) {
    const unicast = extensions ? unicastType : unicastTypeWith({ extensions });
    const types = [simType(udp4Type({} as DynamicDns)), simType(unicast)];
    this.sim = new Simulation({ seed: 1, settle, hash: new NodeHash(), types, logLevel: 'error' });
    const each = typeof capacity === 'number' ? [capacity] : capacity;
    this.net = new UnicastNetwork(this.sim, {
      size,
      extraLinks: [],
      through: Array.from({ length: size }, (_, i) => i),
      configs: each.map((one): JsonObject => ({ capacity: one })),
    });
    this.client = {} as SimApp;
  }

  static async build(options: WorldOptions): Promise<World> {
    const world = new World(options);
    world.sim.links.setAll({ delayMs: options.delayMs ?? 1 });
    await world.sim.resolve(world.net.build(), 60_000);
    await world.sim.run(3_000);
    return Object.assign(world, { client: world.net.members[0]!.node.app() });
  }

  alloc(qos: QosSpec, name = 's1', client = this.client): Promise<Flow> {
    return this.sim.resolve(client.alloc(name, { qos }), 30_000);
  }

  /** The message of the refusal, which must be EQOS. */
  async refusal(qos: QosSpec, name = 's1'): Promise<string> {
    const outcome: unknown = await this.alloc(qos, name).catch((error: unknown) => error);
    expect(outcome).toMatchObject({ code: 'EQOS' });
    return (outcome as Error).message;
  }

  async status(at: number): Promise<JsonObject> {
    const { node, unicast } = this.net.members[at]!;
    return (await this.sim.resolve(node.irm.ipcpReport(unicast, 'status'))) as JsonObject;
  }

  /** bit/s that are admitted at each of the members. */
  async admitted(...at: number[]): Promise<number[]> {
    const sums: number[] = [];
    for (const i of at) sums.push(Number((await this.status(i))['admitted']));
    return sums;
  }

  /** Everything is given back at these members in time. */
  async givenBack(at: readonly number[], limitMs = SOON_MS): Promise<void> {
    const start = this.sim.nowMs;
    while ((await this.admitted(...at)).some((sum) => sum !== 0)) {
      expect(this.sim.nowMs - start).toBeLessThan(limitMs);
      await this.sim.run(20);
    }
  }
}

describe('the bandwidth of flows', () => {
  it('is admitted up to the capacity of the member that asks, and is free again when a flow has ended', async () => {
    const world = await World.build({ capacity: CAPACITY });
    const first = await world.alloc(bandwidth(8n * MBIT));
    expect(await world.refusal(bandwidth(2n * MBIT + 1n))).toBe(
      'layer net refused a flow to s1: bandwidth 2.000001 Mb/s asked, 2 Mb/s of 10 Mb/s free',
    );
    await world.alloc(bandwidth(2n * MBIT));
    await world.alloc(QOS_BEST_EFFORT);
    expect(await world.admitted(0, 1)).toEqual([CAPACITY, CAPACITY]);
    expect([await world.status(0), await world.status(1)]).toMatchObject([{ capacity: CAPACITY }, { capacity: null }]);
    await world.sim.resolve(first.dealloc());
    await world.alloc(bandwidth(8n * MBIT));
    await world.refusal(bandwidth(1n));
  });

  it('is refused by the member that is asked, in its words', async () => {
    const world = await World.build({ capacity: [0, CAPACITY] });
    await world.alloc(bandwidth(9n * MBIT));
    expect(await world.refusal(bandwidth(5n * MBIT))).toBe(
      'the remote host refused a flow to s1: bandwidth 5 Mb/s asked, 1 Mb/s of 10 Mb/s free',
    );
    expect(await world.admitted(0, 1)).toEqual([9_000_000, 9_000_000]);
    await world.alloc(bandwidth(MBIT));
  });

  it('of flows that pass through does not count', async () => {
    const world = await World.build({ size: 3, capacity: [0, 1_000, 0] });
    await world.alloc(bandwidth(5n * MBIT), 's2');
    await world.refusal(bandwidth(5n * MBIT), 's1');
    expect(await world.admitted(0, 1, 2)).toEqual([5_000_000, 0, 5_000_000]);
  });

  it('that video asks for is never there where there is a limit, and that of a voice is', async () => {
    const world = await World.build({ capacity: 150_000 });
    expect(await world.refusal(QOS_VIDEO)).toContain('bandwidth without limit asked, 150 kb/s of 150 kb/s free');
    await world.alloc(QOS_VOICE);
    expect(await world.refusal(QOS_VOICE)).toContain('bandwidth 100 kb/s asked, 50 kb/s of 150 kb/s free');
  });
});

describe('what a flow was admitted with is given back', () => {
  const HALF = bandwidth(6n * MBIT);
  const both = (): Promise<World> => World.build({ capacity: [CAPACITY, CAPACITY] });
  /** An allocation of which only the failure counts. */
  const fails = (world: World, name: string, options: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
    world.client.alloc(name, { qos: HALF, ...options }).then(
      () => Promise.reject(new Error('a flow')),
      (error: { code?: string }) => error,
    );

  it('when nobody has the name, and when nobody serves it', async () => {
    const world = await both();
    expect(await world.sim.resolve(fails(world, 'unknown'))).toMatchObject({ code: 'ENAME' });
    const { node, unicast } = world.net.members[1]!;
    await world.sim.resolve(node.irm.nameRegister('idle', unicast));
    await world.sim.run(SOON_MS);
    expect(await world.sim.resolve(fails(world, 'idle'), 30_000)).toMatchObject({ code: 'ENOSERVER' });
    await world.givenBack([0, 1]);
  });

  it('when nobody accepts in time, and when the process does not wait', async () => {
    const world = await both();
    const { node, unicast } = world.net.members[1]!;
    await world.sim.resolve(node.server('mute'));
    await world.sim.resolve(node.irm.nameRegister('mute', unicast));
    await world.sim.run(SOON_MS);
    const impatient = fails(world, 'mute', { timeoutMs: 300 });
    await world.sim.run(100);
    expect(await world.admitted(0, 1)).toEqual([6_000_000, 6_000_000]);
    expect(await world.sim.resolve(impatient)).toMatchObject({ code: 'ETIMEDOUT' });
    await world.givenBack([0], SOON_MS);
    await world.givenBack([0, 1], 10_000);
    expect(await world.sim.resolve(fails(world, 'mute'), 30_000)).toMatchObject({ code: 'ENOANSWER' });
    await world.givenBack([0, 1]);
  });

  it('when the calling process dies while it asks', async () => {
    const world = await both();
    const { node, unicast } = world.net.members[1]!;
    await world.sim.resolve(node.server('mute'));
    await world.sim.resolve(node.irm.nameRegister('mute', unicast));
    await world.sim.run(SOON_MS);
    void fails(world, 'mute').catch(() => undefined);
    await world.sim.run(100);
    world.client.kill();
    await world.givenBack([0], SOON_MS);
    await world.givenBack([0, 1], 10_000);
  });

  it.each(['near', 'far'] as const)('when the process at the %s end deallocates or dies', async (end) => {
    const world = await both();
    const { node, unicast } = world.net.members[1]!;
    const server = await world.sim.resolve(node.server('own'));
    await world.sim.resolve(node.irm.nameRegister('own', unicast));
    await world.sim.run(SOON_MS);
    for (const way of ['dealloc', 'kill'] as const) {
      const accepted = server.accept();
      const flow = await world.alloc(HALF, 'own');
      const other = await world.sim.resolve(accepted);
      expect(await world.admitted(0, 1)).toEqual([6_000_000, 6_000_000]);
      if (way === 'dealloc') await world.sim.resolve((end === 'near' ? flow : other).dealloc());
      else (end === 'near' ? world.client : server).kill();
      await world.givenBack([0, 1]);
    }
  });

  it('when the other host dies and the process has seen it', async () => {
    const world = await both();
    const flow = await world.alloc({ ...HALF, timeout: 2_000 });
    world.net.members[1]!.node.crash();
    await expect(world.sim.resolve(flow.read(), 10_000)).rejects.toMatchObject({ code: 'EFLOWPEER' });
    await world.sim.resolve(flow.dealloc());
    await world.givenBack([0]);
  });

  it('when the other member dies while it is asked', async () => {
    const world = await both();
    const { node, unicast } = world.net.members[1]!;
    await world.sim.resolve(node.server('mute'));
    await world.sim.resolve(node.irm.nameRegister('mute', unicast));
    await world.sim.run(SOON_MS);
    const asked = fails(world, 'mute');
    await world.sim.run(100);
    node.crash();
    await world.sim.resolve(asked, 30_000);
    await world.givenBack([0]);
  });
});

describe('the delay of flows', () => {
  it('is refused exactly when it is below that of the path, with both in words', async () => {
    const world = await World.build({ delayMs: 30 });
    const said = await world.refusal(delay(5));
    const pathMs = Number(/^layer net refused a flow to s1: delay 5 ms asked, ([\d.]+) ms measured$/.exec(said)?.[1]);
    expect(pathMs).toBeGreaterThanOrEqual(30);
    expect(pathMs).toBeLessThan(32);
    await world.alloc(delay(Math.ceil(pathMs)));
    await world.refusal(delay(Math.ceil(pathMs) - 1));
  });

  it('is that of the whole path, and no other host is asked for the flow', async () => {
    const world = await World.build({ size: 3, delayMs: 20 });
    await world.alloc(QOS_VOICE, 's1');
    await world.alloc(QOS_VOICE, 's2');
    await world.refusal(delay(39), 's2');
    expect(await world.admitted(2)).toEqual([100_000]);
  });

  it('follows the cables', async () => {
    const world = await World.build({});
    await world.alloc(delay(10));
    world.sim.links.setAll({ delayMs: 100 });
    await world.sim.run(5_000);
    await world.refusal(delay(10));
    world.sim.links.setAll({ delayMs: 5 });
    await world.sim.run(5_000);
    await world.alloc(delay(10));
  });

  it('does not hold up flows for long where echoes are lost, nor refuses them', async () => {
    const world = await World.build({ delayMs: 5 });
    const took: number[] = [];
    for (let i = 0; i < 40; i += 1) {
      world.sim.links.setAll({ delayMs: 5, loss: 0.15 });
      const start = world.sim.nowMs;
      const flow = await world.alloc(delay(20));
      took.push(world.sim.nowMs - start);
      world.sim.links.setAll({ delayMs: 5 });
      await world.sim.resolve(flow.dealloc());
      await world.sim.run(5_000);
    }
    // Half a second for the echoes, and the repetitions of a lost request.
    expect(Math.max(...took)).toBeLessThan(500 + 3_100);
    expect(took.sort((a, b) => a - b)[20]).toBeLessThan(500);
  });

  it('is not measured among members without extensions, and nothing is refused for it', async () => {
    const world = await World.build({ delayMs: 100, extensions: false });
    await world.alloc(delay(1));
    expect((await world.status(1))['flowAllocator']).toMatchObject({ unknown: 0, malformed: 0 });
  });
});
