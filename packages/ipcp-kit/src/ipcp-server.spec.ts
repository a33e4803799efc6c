import { setImmediate } from 'node:timers/promises';
import { NodeHash } from '@ouroboros/crypto';
import { QOS_RAW, errorNumber, fromMs, fromSeconds } from '@ouroboros/model';
import type { LayerInfo } from '@ouroboros/ports';
import { BENCH_UID, Bench, BenchHost, readAll } from '@ouroboros/simnet';
import { FLOW_OPERATIONS, configSchema, integer } from './index.js';
import type {
  ArrivalResult,
  Ipcp,
  IpcpEnvironment,
  IpcpType,
  UserDownReason,
  UserFlow,
  UserFlowRequest,
} from './index.js';

const settle = async (): Promise<void> => void (await setImmediate());
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const HASH = new Uint8Array(16);
const TICKET = new Uint8Array(16).fill(5);

/** A type whose far end is the spec. */
class Probe implements Ipcp<{ n: number }> {
  readonly downs: [number, UserDownReason][] = [];
  readonly flows: UserFlow[] = [];
  agreed = 0;
  reply: (request: UserFlowRequest) => Promise<number> = async () => 0;
  joining: Promise<void> = Promise.resolve();
  slow: Promise<void> | undefined;
  readonly read: number[] = [];
  readonly reports = { extra: () => 'more' };
  readonly controls = { double: (args: { [key: string]: unknown }) => Number(args['n']) * 2 };

  constructor(readonly environment: IpcpEnvironment) {}

  async bootstrap(layer: string, config: { n: number }): Promise<LayerInfo> {
    await this.joining;
    if (config.n === 13) throw new Error('bad luck');
    return { name: layer, hash: 'MD5', oapRoom: 0 };
  }
  async register(): Promise<void> {
    this.environment.counters.add(0);
  }
  async query(): Promise<boolean> {
    return true;
  }
  async flowAlloc(request: UserFlowRequest): Promise<{
    response: number;
    reason: string;
    mplMs: number;
    layerPacket: number;
    wholePacket: number;
    data: Uint8Array;
  }> {
    const { flow } = request;
    this.flows.push(flow);
    flow.end.onReadable = (): void => {
      flow.end.read(2, (buffer, offset) => this.read.push(buffer[offset] ?? -1) > 0);
    };
    return {
      response: await this.reply(request),
      reason: '',
      mplMs: 1,
      layerPacket: 0,
      wholePacket: 0,
      data: bytes(3),
    };
  }
  flowAgreed(flow: UserFlow): void {
    this.agreed = flow.features;
  }
  userFlowDown(flow: UserFlow, reason: UserDownReason): Promise<void> | void {
    this.downs.push([flow.flowId, reason]);
    return this.slow;
  }
  status(): { address: string } {
    return { address: 'here' };
  }
  rib(): Record<string, Record<string, () => string>> {
    return { part: { b: () => 'B\n', a: () => 'A\n' } };
  }
  async shutdown(): Promise<void> {
    await this.joining;
  }
}

class World extends Bench {
  probe!: Probe;
  readonly host: BenchHost<{ n: number }>;

  constructor(partial: Partial<IpcpType<{ n: number }>> = {}) {
    super({ settle, hash: new NodeHash() });
    const type: IpcpType<{ n: number }> = {
      name: 'probe',
      rank: 7,
      operations: FLOW_OPERATIONS,
      counters: ['registered'],
      usesLowerFlows: false,
      config: configSchema({ n: integer({ min: 1, max: 20, default: 1 }) }),
      create: (environment) => (this.probe = new Probe(environment)),
      ...partial,
    };
    this.host = new BenchHost(type, 'p', this.ports);
  }

  get server(): BenchHost<unknown>['server'] {
    return this.host.server as BenchHost<unknown>['server'];
  }
  async ready(): Promise<this> {
    await this.host.bootstrap({});
    return this;
  }
  ms(ms: number): Promise<void> {
    return this.clock.run(fromMs(ms));
  }
  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.resolve(promise, fromSeconds(10));
  }
  arrive(): Promise<ArrivalResult> {
    return this.probe.environment.users.arrive({
      hash: this.host.hashOf('x'),
      qos: QOS_RAW,
      mplMs: 1,
      layerPacket: 0,
      wholePacket: 0,
      data: bytes(1),
    });
  }
}

describe('the life of an IPCP', () => {
  it('begins in boot, and bootstrap makes it operational, once', async () => {
    const { host, server } = new World();
    expect(server.announcement()).toMatchObject({
      name: 'p',
      type: 'probe',
      rank: 7,
      state: 'boot',
      layer: null,
      flows: [],
    });
    expect(server.announcement().operations).toContain('query');
    await expect(server.query(HASH)).rejects.toMatchObject({ code: 'EIPCPSTATE' });
    expect(await host.bootstrap({ n: '3' })).toEqual({ name: 'layer', hash: 'MD5', oapRoom: 0 });
    expect(server.announcement()).toMatchObject({ state: 'operational', layer: { name: 'layer', hash: 'MD5' } });
    await expect(host.bootstrap({})).rejects.toMatchObject({ code: 'EIPCPSTATE' });
  });

  it('stays in boot when the bootstrap fails, and takes one at a time', async () => {
    const world = new World();
    await expect(world.host.bootstrap({ n: 99 })).rejects.toMatchObject({ code: 'EINVAL', field: 'n' });
    await expect(world.host.bootstrap({ n: 13 })).rejects.toThrow('bad luck');
    await expect(world.host.bootstrap({}, '')).rejects.toMatchObject({ code: 'EINVAL', field: 'layer' });
    await expect(world.host.bootstrap({}, 'é'.repeat(128))).rejects.toThrow('1 to 255 bytes, not 256');
    const first = world.host.bootstrap({});
    await expect(world.host.bootstrap({})).rejects.toThrow('under way');
    await first;
  });

  it('has no operations that its type does not list', async () => {
    const world = await new World({ operations: ['query'] }).ready();
    const { server } = world;
    const enroll = server.enroll({ dst: 'x', config: {}, correlationId: '' });
    await expect(enroll).rejects.toMatchObject({ code: 'EIPCPSTATE' });
    await expect(server.register(HASH)).rejects.toMatchObject({ code: 'ENOTSUP' });
    await expect(server.connect({ dst: 'x', component: 'Management', qos: QOS_RAW })).rejects.toMatchObject({
      code: 'ENOTSUP',
    });
    await expect(new World().server.enroll({ dst: 'x', config: {}, correlationId: '' })).rejects.toMatchObject({
      code: 'ENOTSUP',
    });
    expect(await server.query(HASH)).toBe(true);
  });

  it('checks what it is given', async () => {
    const { server } = await new World().ready();
    await expect(server.query(new Uint8Array(32))).rejects.toMatchObject({ code: 'EINVAL', field: 'hash' });
    const request = {
      hash: HASH,
      qos: QOS_RAW,
      spread: '' as const,
      data: HASH,
      ticket: TICKET,
      uid: 0,
      correlationId: '',
    };
    for (const flowId of [0, 10_240, 1.5, NaN]) {
      await expect(server.flowAlloc({ ...request, flowId })).rejects.toMatchObject({ code: 'EINVAL', field: 'flowId' });
    }
    const short = server.flowAlloc({ ...request, flowId: 1, ticket: bytes(1) });
    await expect(short).rejects.toMatchObject({ code: 'EINVAL', field: 'ticket' });
  });

  it('stays shut down when a bootstrap ends after the shutdown has begun', async () => {
    const world = new World();
    let finish: () => void = () => undefined;
    world.probe.joining = new Promise((resolve) => (finish = resolve));
    const joined = world.host.bootstrap({});
    const over = world.server.shutdown();
    finish();
    await expect(joined).rejects.toMatchObject({ code: 'EIPCPSTATE' });
    await over;
    expect(world.server.announcement()).toMatchObject({ state: 'shutdown', layer: null });
  });

  it('ends within 700 ms, even when its type takes longer', async () => {
    const world = await new World().ready();
    world.probe.joining = new Promise(() => undefined);
    const started = world.clock.now();
    await world.run(world.server.shutdown());
    expect(world.clock.now() - started).toBe(fromMs(700));
    expect(world.server.state).toBe('shutdown');
  });
});

describe('a user flow', () => {
  it('can be written before its process attached, and is forgotten when it is refused', async () => {
    const world = await new World().ready();
    world.probe.reply = async ({ flow }) => {
      flow.end.write(bytes(8), 1, bytes(), 0, 0);
      return 0;
    };
    const flow = await world.run(world.host.alloc('x', { features: 6 }));
    await world.ms(1);
    expect(readAll(flow.end)).toEqual([bytes(8)]);
    expect([world.probe.agreed, flow.result.data]).toEqual([6, bytes(3)]);
    world.probe.reply = async () => -5;
    await expect(world.run(world.host.alloc('x'))).rejects.toThrow('-5');
    world.probe.reply = () => Promise.reject(new Error('no way'));
    await expect(world.run(world.host.alloc('x'))).rejects.toThrow('no way');
    expect(await world.server.report('status')).toMatchObject({ flows: 1 });
    expect(world.probe.downs).toEqual([]);
  });

  it('that its process closes is drained, told to the type once, and then closed', async () => {
    const world = await new World().ready();
    const flow = await world.run(world.host.alloc('x'));
    world.probe.flows[0]!.end.onReadable = null;
    for (let i = 0; i < 5; i += 1) flow.end.write(bytes(i), 1, bytes(), 0, 0);
    await world.ms(1);
    world.probe.flows[0]!.end.onReadable = (): void => {
      world.probe.flows[0]!.end.read(2, (buffer, offset) => world.probe.read.push(buffer[offset]!) > 0);
    };
    flow.end.close();
    await world.ms(1);
    expect(world.probe.read).toEqual([0, 1, 2, 3, 4]);
    expect(world.probe.downs).toEqual([[1, 'peer-closed']]);
    await world.server.flowDealloc(1, 0);
    expect(world.probe.downs).toHaveLength(1);
    expect(world.host.gone).toEqual([]);
  });

  it('that its process closes before it is known what both ends agreed ends when that is told', async () => {
    const world = await new World().ready();
    const { host, probe, server } = world;
    const asked = { hash: HASH, qos: QOS_RAW, spread: '' as const, data: HASH, uid: BENCH_UID, correlationId: '' };
    await server.flowAlloc({ ...asked, flowId: 1, ticket: TICKET });
    const end = await world.run(host.process.attach(server.announcement().channelPath, TICKET));
    end.close();
    await world.ms(10);
    expect(probe.downs).toEqual([]);
    await server.flowAgreed(1, 6);
    expect([probe.agreed, probe.downs]).toEqual([6, [[1, 'peer-closed']]]);
  });

  it('shows the death of its process', async () => {
    const world = await new World().ready();
    await world.run(world.host.alloc('x'));
    (world.host.process as unknown as { crash(): void }).crash();
    await world.ms(1);
    expect(world.probe.downs).toEqual([[1, 'peer-gone']]);
  });

  it('stays open to its process until the type has finished with it', async () => {
    const world = await new World().ready();
    let finish: () => void = () => undefined;
    world.probe.slow = new Promise((resolve) => (finish = resolve));
    const flow = await world.run(world.host.alloc('x'));
    await world.server.flowDealloc(1, 0);
    await world.ms(10);
    expect(flow.end.down).toBeNull();
    finish();
    await world.ms(1);
    expect(flow.end.down).toBe('peer-closed');
  });

  it('is closed also when its type fails to tell the far end', async () => {
    const world = await new World().ready();
    world.probe.slow = Promise.reject(new Error('no way to the far end'));
    const flow = await world.run(world.host.alloc('x'));
    await world.server.flowDealloc(1, 0);
    await world.ms(1);
    expect(flow.end.down).toBe('peer-closed');
  });

  it('that lingers ends at its time, whatever its process does meanwhile', async () => {
    const world = await new World().ready();
    const flow = await world.run(world.host.alloc('x'));
    await world.server.flowDealloc(1, 100);
    flow.end.close();
    await world.ms(99);
    expect(world.probe.downs).toEqual([]);
    await world.ms(2);
    expect(world.probe.downs).toEqual([[1, 'dealloc']]);
  });

  it('whose number comes again is dead', async () => {
    const world = await new World().ready();
    await world.run(world.host.alloc('x'));
    const request = {
      flowId: 1,
      hash: HASH,
      qos: QOS_RAW,
      spread: '' as const,
      data: HASH,
      ticket: TICKET,
      uid: 0,
      correlationId: '',
    };
    await world.server.flowAlloc(request);
    expect(world.probe.downs).toEqual([[1, 'dealloc']]);
    expect(world.server.announcement().flows).toEqual([{ flowId: 1 }]);
  });

  it('that the far end ended leaves its packets to the process, also to one that attaches late', async () => {
    const world = await new World().ready();
    await world.host.serve('x');
    const arrival = await world.run(world.arrive());
    if (!arrival.accepted) throw new Error('refused');
    arrival.flow.end.write(bytes(4), 1, bytes(), 0, 0);
    world.probe.environment.users.end(arrival.flow);
    world.probe.environment.users.end(arrival.flow);
    await world.ms(1);
    expect(world.host.gone).toEqual([arrival.flow.flowId]);
    expect(readAll(world.host.accepted[0]!.end)).toEqual([bytes(4)]);
    await world.ms(250);
    expect(world.host.accepted[0]!.end.down).toBe('peer-closed');
    expect(world.probe.downs).toEqual([]);
  });

  it('that arrives is refused while the IRM daemon is away, fails, or says so', async () => {
    const world = await new World().ready();
    expect(await world.arrive()).toEqual({ accepted: false, response: -1007, data: bytes() });
    await world.host.serve('x');
    world.host.answer = () => Promise.reject(new Error('broken'));
    expect(await world.arrive()).toMatchObject({ accepted: false, response: -1002 });
    world.server.attach(null);
    expect(await world.arrive()).toMatchObject({ accepted: false, response: -1002 });
    world.host.connectIrm();
    world.host.answer = () => ({ response: 0, features: 3 });
    expect(await world.arrive()).toMatchObject({ accepted: true, flow: { features: 3, allocated: false } });
  });
});

describe('a user flow that the packet channel does not take', () => {
  it('is refused when it arrives, and the IRM daemon is told that it is gone', async () => {
    const world = await new World().ready();
    const gone: number[] = [];
    const answer = { response: 0, data: bytes(), ticket: TICKET, uid: 0, features: 0, correlationId: '' };
    let flowId = 0;
    world.server.attach({
      flowArrived: async () => ({ ...answer, flowId: (flowId += 1) }),
      flowGone: (id) => void gone.push(id),
    });
    expect(await world.arrive()).toMatchObject({ accepted: true });
    expect(await world.arrive()).toEqual({ accepted: false, response: -errorNumber('EEXIST'), data: bytes() });
    expect(gone).toEqual([2]);
    expect(world.server.announcement().flows).toEqual([{ flowId: 1 }]);
  });
});

describe('what an IPCP shows', () => {
  it('are reports by topic', async () => {
    const world = await new World().ready();
    await world.host.serve('x');
    expect(await world.server.report('status')).toEqual({
      name: 'p',
      type: 'probe',
      pid: 1,
      state: 'operational',
      layer: 'layer',
      hash: 'MD5',
      flows: 0,
      counters: { registered: 1 },
      address: 'here',
    });
    expect(await world.server.report('extra')).toBe('more');
    expect(await world.server.report('flows')).toEqual([]);
    await expect(world.server.report('toString')).rejects.toThrow(
      "no report 'toString'; legal: counters, extra, flows, metrics, status",
    );
    expect(await world.server.control('double', { n: 4 })).toBe(8);
    await expect(world.server.control('x', {})).rejects.toMatchObject({ code: 'EINVAL', field: 'command' });
  });

  it('is a RIB of two levels with the labels of C', async () => {
    const { server } = await new World().ready();
    expect(await server.ribList('')).toEqual(['info', 'part']);
    expect(await server.ribList('/info/')).toEqual(['_layer', '_state', '_type']);
    expect(await Promise.all(['_state', '_type', '_layer'].map((name) => server.ribRead(`info/${name}`)))).toEqual([
      'operational\n',
      'probe\n',
      'layer\n',
    ]);
    expect(await server.ribRead('part/a')).toBe('A\n');
    expect(await new World().server.ribRead('info/_layer')).toBe('(null)\n');
    for (const path of ['', 'info', 'info/x', 'a/b/c', '__proto__/x']) {
      await expect(server.ribRead(path)).rejects.toMatchObject({ code: 'ENOENT' });
    }
    await expect(server.ribList('info/_state')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
