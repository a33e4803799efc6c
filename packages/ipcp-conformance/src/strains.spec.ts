import { NodeHash } from '@ouroboros/crypto';
import type { Flow } from '@ouroboros/flow';
import { localType } from '@ouroboros/ipcp-local';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import { OuroborosError, QOS_BEST_EFFORT, QOS_DATA, QOS_RAW, type JsonObject } from '@ouroboros/model';
import { SeededRandom, Simulation, simType, type SimApp, type SimNode } from '@ouroboros/simnet';
import { lossyType } from '../../../examples/ipcp-lossy/src/index.js';
import { localPlan, setUp, udpPlan, unicastPlan, type LayerPlan } from './index.js';

const udp = udp4Type({} as DynamicDns);
const types = [simType(localType), simType(udp), simType(unicastType), simType(lossyType(udp))];
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const addresses = ['10.0.0.1', '10.0.0.2'] as const;

/** A type, what is wrong for its configuration, the longest packet that it carries, and whether it holds writers back. */
interface Subject {
  readonly type: string;
  readonly plan: LayerPlan;
  readonly bad: readonly (readonly [field: string, config: JsonObject])[];
  readonly longest: number;
  readonly holdsBack: boolean;
  /** Brings bytes to the first host's member, as anybody can who is in the network below. */
  readonly attack?: (strain: Strain, packets: readonly Uint8Array[]) => Promise<void>;
}

const UDP_FAULTS: Subject['bad'] = [
  ['ip', {}],
  ['ip', { ip: '300.1.1.1' }],
  ['port', { ip: '10.0.0.1', port: 0 }],
  ['hosts', { ip: '10.0.0.1', hosts: 'a=b=c=' }],
];

async function byDatagrams({ sim }: Strain, packets: readonly Uint8Array[]): Promise<void> {
  for (const address of ['10.9.9.9', '10.0.0.2']) {
    for (const packet of packets)
      sim.network.inject({ address, port: 3435 }, { address: '10.0.0.1', port: 3435 }, packet);
  }
}

async function byFlows({ last }: Strain, packets: readonly Uint8Array[]): Promise<void> {
  const stranger = last.app();
  for (let at = 0; at < packets.length; at += 10) {
    const flow = await stranger.alloc('u0');
    for (const packet of packets.slice(at, at + 10)) await flow.write(packet).catch(() => undefined);
    await flow.dealloc();
  }
}

const SUBJECTS: readonly Subject[] = [
  { type: 'local', plan: localPlan(), bad: [['hash', { hash: 'CRC32' }]], longest: 8_000, holdsBack: true },
  {
    ...{ type: 'udp4', plan: udpPlan('udp4', addresses), bad: UDP_FAULTS },
    ...{ longest: 8_976, holdsBack: false, attack: byDatagrams },
  },
  {
    ...{
      type: 'lossy',
      plan: udpPlan('lossy', addresses),
      bad: [...UDP_FAULTS, ['loss', { ip: '10.0.0.1', loss: 101 }]],
    },
    ...{ longest: 8_976, holdsBack: false, attack: byDatagrams },
  },
  {
    ...{ type: 'unicast', plan: unicastPlan(addresses), longest: 8_956, holdsBack: false, attack: byFlows },
    bad: [
      ['max_ttl', { max_ttl: 0 }],
      ['directory', { directory: 'phone book' }],
      ['ls_t_update', { ls_t_update: 'often' }],
    ],
  },
];

/** A layer of the type on the nodes of a simulation; the last node serves. */
class Strain {
  readonly sim = new Simulation({ seed: 1, settle, hash: new NodeHash(), types, directFlows: false, logLevel: 'info' });
  readonly nodes: readonly SimNode[];
  readonly client: SimApp;

  constructor(readonly subject: Subject) {
    this.nodes = subject.plan.map((_, i) => this.sim.node(`h${i}`, addresses[i]!));
    this.client = this.first.app('/bin/client');
  }

  get first(): SimNode {
    return this.nodes[0]!;
  }

  get last(): SimNode {
    return this.nodes[this.nodes.length - 1]!;
  }

  member(i: number): string {
    return this.subject.plan.at(i)!.at(-1)!.name;
  }

  async play(story: (strain: Strain) => Promise<void>): Promise<void> {
    const whole = async (): Promise<void> => {
      for (const [i, plans] of this.subject.plan.entries()) await setUp(this.nodes[i]!.irm, plans);
      await story(this);
    };
    await this.sim.resolve(whole(), 120_000);
  }

  /** A server of the name, which can be found. */
  async serve(name: string): Promise<SimApp> {
    const app = await this.last.server(name);
    await this.last.irm.nameRegister(name, this.member(-1));
    await this.sim.sleep(500);
    return app;
  }

  async flowTo(name: string): Promise<{ serving: SimApp; flow: Flow; server: Flow }> {
    const serving = await this.serve(name);
    const [flow, server] = await Promise.all([this.client.alloc(name), serving.accept()]);
    return { serving, flow, server };
  }

  /** How long it took, in ms. */
  async timed(promise: Promise<unknown>): Promise<number> {
    const start = this.sim.nowMs;
    await promise;
    return this.sim.nowMs - start;
  }
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'success',
    (thrown: unknown) => (thrown instanceof OuroborosError ? thrown.code : String(thrown)),
  );
const packetOf = (number: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (number * 31 + i * 7) & 255);

/** Runts, long ones, all equal bytes, management-like headers, and noise. */
function garbage(): Uint8Array[] {
  const random = new SeededRandom(99);
  const equal = [1, 2, 4, 8, 20, 24, 40, 100, 1_400].flatMap((length) =>
    [0, 1, 0x7f, 0xff].map((byte) => new Uint8Array(length).fill(byte)),
  );
  const noise = Array.from({ length: 200 }, () => random.bytes(1 + (random.uint32() % 200)));
  const headed = Array.from({ length: 100 }, (_, i) => Uint8Array.of(0, 0, 0, 0, i & 7, ...random.bytes(i)));
  return [...equal, ...noise, ...headed];
}

describe.each(SUBJECTS)('an IPCP of type $type under strain', (subject) => {
  const play = (story: (strain: Strain) => Promise<void>): Promise<void> => new Strain(subject).play(story);

  it('refuses operations before it is a member of a layer', () =>
    play(async ({ first: { irm } }) => {
      await irm.ipcpCreate({ name: 'fresh', type: subject.type, restart: 'never' });
      expect(await codeOf(irm.nameRegister('many', 'fresh'))).toBe('EIPCPSTATE');
      const connect = { name: 'fresh', dst: 'u0', component: 'Data Transfer', qos: QOS_RAW } as const;
      expect(await codeOf(irm.ipcpConnect(connect))).toMatch(/EIPCPSTATE|ENOTSUP/);
      expect(await irm.ipcpReport('fresh', 'status')).toMatchObject({ state: 'boot', layer: null });
    }));

  it.each(subject.bad)('names the field %s of a bad configuration: %j', (field, config) =>
    play(async ({ first: { irm } }) => {
      await irm.ipcpCreate({ name: 'fresh', type: subject.type, restart: 'never' });
      const attempt = irm.ipcpBootstrap({ name: 'fresh', layer: 'other', config, autobind: false });
      await expect(attempt).rejects.toMatchObject({ code: 'EINVAL', field });
    }),
  );

  it.each([
    ['ordered', QOS_BEST_EFFORT],
    ['reliable', QOS_DATA],
  ])('carries messages both ways on a flow that is %s, and all of them before its end', (_, qos) =>
    play(async (strain) => {
      const serving = await strain.serve('many');
      const [client, server] = await Promise.all([strain.client.alloc('many', { qos }), serving.accept()]);
      const messages = [1, 1400, 20_000, 3].map((length) => new Uint8Array(length).fill(length));
      for (const message of messages) await server.write(message);
      for (const message of messages) expect(await client.read()).toEqual(message);
      for (const message of messages) await client.write(message);
      const ended = client.dealloc();
      for (const message of messages) expect(await server.read()).toEqual(message);
      await ended;
      expect(await codeOf(server.read())).toBe('EFLOWDOWN');
    }),
  );

  it('allocates 300 flows at once to a server that accepts after 1 s, within 2 s, each with its own end', () =>
    play(async (strain) => {
      const serving = await strain.serve('many');
      const accepting = strain.sim
        .sleep(1_000)
        .then(() => Promise.all(Array.from({ length: 300 }, () => serving.accept())));
      const allocating = Promise.all(Array.from({ length: 300 }, () => strain.client.alloc('many')));
      expect(await strain.timed(allocating)).toBeLessThan(2_000);
      const flows = await allocating;
      for (const server of await accepting) void server.read().then((packet) => server.write(packet));
      await Promise.all(flows.map((flow, i) => flow.write(packetOf(i, 20))));
      const answers = await Promise.all(flows.map((flow) => flow.read({ timeoutMs: 2_000 })));
      expect(answers).toEqual(flows.map((_, i) => packetOf(i, 20)));
    }));

  it('loses nothing when the server speaks first', () =>
    play(async (strain) => {
      const serving = await strain.serve('many');
      const greeting = serving.accept().then((server) => server.write(packetOf(7, 50)));
      const flow = await strain.client.alloc('many');
      await greeting;
      expect(await flow.read({ timeoutMs: 1_000 })).toEqual(packetOf(7, 50));
    }));

  it('carries packets of every size up to its longest; empty ones are keep-alives, longer ones than a queue takes are refused', () =>
    play(async (strain) => {
      const { flow, server } = await strain.flowTo('both-ways');
      const { longest } = subject;
      for (const size of [1, 2, 3, 4, 5, 63, 64, 65, 255, 256, 1_399, 1_400, longest - 1, longest, 1]) {
        await flow.write(packetOf(size, size));
        await flow.write(new Uint8Array(0));
        expect(await server.read({ timeoutMs: 1_000 })).toEqual(packetOf(size, size));
      }
      expect(await codeOf(flow.write(new Uint8Array(flow.maxPacket + 1)))).toBe('EMSGSIZE');
      await server.write(packetOf(9, 9));
      expect(await flow.read({ timeoutMs: 1_000 })).toEqual(packetOf(9, 9));
    }));

  it('holds a writer back, or drops in order, when nobody reads', () =>
    play(async (strain) => {
      const { flow, server } = await strain.flowTo('flooded');
      let written = 0;
      while (written < 4_000) {
        const outcome = await codeOf(
          flow.write(Uint8Array.of(written >> 8, written & 255, ...new Uint8Array(998)), { timeoutMs: 200 }),
        );
        if (outcome !== 'success') break;
        written += 1;
      }
      const numbers: number[] = [];
      for (;;) {
        const packet = await server.read({ timeoutMs: 200 }).catch(() => undefined);
        if (!packet) break;
        numbers.push((packet[0]! << 8) | packet[1]!);
      }
      expect(numbers.length).toBeGreaterThan(50);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      if (subject.holdsBack) expect([written < 4_000, numbers.length]).toEqual([true, written]);
    }));

  it.each(['client', 'server'] as const)('tells the other end within a second when the %s dies', (who) =>
    play(async (strain) => {
      const { serving, flow, server } = await strain.flowTo('killed');
      (who === 'client' ? strain.client : serving).kill();
      const notice = codeOf((who === 'client' ? server : flow).read());
      expect(await strain.timed(notice)).toBeLessThan(1_000);
      expect(await notice).toBe('EFLOWDOWN');
    }),
  );

  it('takes its flows down within 100 ms when it is killed', () =>
    play(async (strain) => {
      const { flow } = await strain.flowTo('killed');
      strain.first.killIpcp(strain.member(0));
      const notice = codeOf(flow.read());
      expect(await strain.timed(notice)).toBeLessThan(100);
      expect(await notice).toBe('EFLOWDOWN');
    }));

  it('brings what was written before the end', () =>
    play(async (strain) => {
      const { flow, server } = await strain.flowTo('ended');
      for (let i = 0; i < 20; i += 1) await flow.write(packetOf(i, 100));
      await flow.dealloc();
      for (let i = 0; i < 20; i += 1) expect(await server.read({ timeoutMs: 1_000 })).toEqual(packetOf(i, 100));
      expect(await codeOf(server.read({ timeoutMs: 1_000 }))).toBe('EFLOWDOWN');
      expect(await codeOf(flow.write(packetOf(1, 1)))).toBe('ENOTALLOC');
    }));

  it('frees what a client gave up, and serves the next', () =>
    play(async (strain) => {
      const serving = await strain.serve('many');
      expect(await strain.timed(codeOf(strain.client.alloc('many', { timeoutMs: 300 })))).toBeCloseTo(300, -1);
      const allocating = strain.client.alloc('many');
      const first = await serving.accept();
      const second = (await codeOf(first.read({ timeoutMs: 100 }))) === 'EFLOWDOWN' ? await serving.accept() : first;
      const flow = await allocating;
      await flow.write(packetOf(8, 8));
      expect(await second.read({ timeoutMs: 1_000 })).toEqual(packetOf(8, 8));
    }));

  it('lives through flows that end as soon as they begin, and keeps none of them', () =>
    play(async (strain) => {
      const serving = await strain.serve('ended');
      serving.serve(
        (flow) =>
          void flow.write(packetOf(1, 1)).then(
            () => flow.dealloc(),
            () => flow.dealloc(),
          ),
      );
      for (let i = 0; i < 100; i += 1) {
        const flow = await strain.client.alloc('ended');
        if (i % 2 === 0) void flow.write(packetOf(i, 500)).catch(() => undefined);
        await flow.dealloc();
      }
      await strain.sim.sleep(5_000);
      for (const [i, node] of strain.nodes.entries()) {
        expect(await node.irm.ipcpReport(strain.member(i), 'flows')).toEqual([]);
        expect(await node.irm.ipcpReport(strain.member(i), 'status')).toMatchObject({ flows: 0 });
      }
    }));

  const attacked = subject.attack ? it : it.skip;
  attacked('lives through whatever strangers send', () =>
    play(async (strain) => {
      const { flow, server } = await strain.flowTo('both-ways');
      await subject.attack!(strain, garbage());
      await strain.sim.sleep(3_000);
      await flow.write(packetOf(4, 40));
      expect(await server.read({ timeoutMs: 1_000 })).toEqual(packetOf(4, 40));
      const info = (await strain.first.irm.ipcpList()).find(({ name }) => name === strain.member(0));
      expect(info).toMatchObject({ state: 'operational', restarts: 0 });
      expect((await strain.flowTo('beside')).flow.down).toBeNull();
    }),
  );
});
