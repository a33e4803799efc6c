import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { NodeHash } from '@ouroboros/crypto';
import { QOS_RAW, fromHex, fromMs, fromSeconds, toHex, type JsonObject } from '@ouroboros/model';
import type { FlowEnd } from '@ouroboros/ports';
import { Bench, BenchHost, lossyFate, readAll, type BenchFlow } from '@ouroboros/simnet';
import { OapFeature, UDP_CODE, encodeOap, encodeOapExtension, encodeUdpMgmt } from '@ouroboros/wire';
import { udp4Type, type DynamicDns } from './index.js';

const settle = async (): Promise<void> => void (await setImmediate());
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const NOTHING = new Uint8Array(0);
const A = '10.0.0.1';
const B = '10.0.0.2';
const C = '10.0.0.3';
const FEATURES = OapFeature.DEALLOC_MESSAGE | OapFeature.REFUSAL_REASON;
const WATCHED = FEATURES | OapFeature.INQUIRY;

/** The worked examples of the spec: requester's EID 64, responder's EID 65. [spec/wire-shims.md §9] */
const GOLDEN_REQUEST = fromHex(`
  00 00 00 00 00 00 00 40 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ff ff ff ff 00 00 00 01
  00 00 00 01 ff ff ff ff 00 01 d4 c0 01 00 00 78 62 c6 fe c5 ec ae f4 aa 2e 39 34 72 5e 23 b3 00
  01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 17 97 9c fe 3d 85 cd 15 00 00 00 00 00 00 00 00 00
  00 00 00`);
const GOLDEN_REPLY = fromHex(`
  00 00 00 00 00 00 00 40 00 00 00 41 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 02 00 00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 17
  97 9c fe 3d d2 18 55 00 00 00 00 00 00 00 00 00 00 00 00 85 77 0d d0 8a 55 74 0f da c4 d7 fe 6c
  ee 20 ff 86 af f7 81 01 f7 08 64 be e0 82 33 96 80 c2 a5 f2 6b 53 42 dd af 6b 31 e3 6d 91 ba 6d
  ef c7 ba`);
const GOLDEN_REFUSAL = fromHex(`
  00 00 00 00 00 00 00 40 00 00 00 41 ff ff fc 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  00 00 00 00 00 00 00 00 00 00 00 00 02 00 00`);
const OAP_REQUEST = GOLDEN_REQUEST.slice(63);
const OAP_REPLY = GOLDEN_REPLY.slice(47);

/** An OAP message with our extension (or, without features, as C sends it). */
function oap(id: number, features = FEATURES): Uint8Array {
  return encodeOap({
    id: new Uint8Array(16).fill(id),
    timestampNs: 1n,
    cipherNid: 0,
    kdfNid: 0,
    mdNid: 0,
    certificate: NOTHING,
    kex: NOTHING,
    kexRaw: false,
    kexClientEncapsulates: false,
    data: features === 0 ? NOTHING : encodeOapExtension({ features }),
    requestHash: NOTHING,
    signature: NOTHING,
  });
}

const NO_DNS: DynamicDns = {
  check: () => Promise.reject(new Error('not asked for')),
  add: () => Promise.reject(new Error('not asked for')),
  remove: () => Promise.reject(new Error('not asked for')),
  lookup: () => Promise.reject(new Error('not asked for')),
};

class World extends Bench {
  readonly sent: { from: string; to: string; hex: string }[] = [];
  private ids = 0;
  private hosts = 0;

  constructor(seed = 1) {
    super({ settle, hash: new NodeHash(), seed });
    this.network.tap = ({ from, to, bytes: sent }) => this.sent.push({ from, to, hex: toHex(sent) });
  }

  async host(ip: string, config: JsonObject = {}): Promise<BenchHost<unknown>> {
    this.hosts += 1;
    const host = new BenchHost(udp4Type(NO_DNS), `${ip} ${this.hosts}`, this.ports);
    await this.run(host.bootstrap({ ip, ...config }));
    return host;
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.resolve(promise, fromSeconds(60));
  }

  ms(ms: number): Promise<void> {
    return this.clock.run(fromMs(ms));
  }

  /** A flow from `client` to the name `echo`, between peers of ours. */
  async flow(client: BenchHost<unknown>, server: BenchHost<unknown>, features = FEATURES): Promise<Flow> {
    server.answer = () => ({ response: 0, data: oap(0, features), features });
    this.ids += 1;
    const got = await this.run(client.alloc('echo', { data: oap(this.ids, features), features }));
    await this.ms(1);
    const accepted = server.accepted.at(-1);
    if (!accepted) throw new Error('nothing was accepted');
    return { client: got, server: accepted.end, serverId: accepted.flowId };
  }

  /** Two hosts; B serves `echo`, A knows where. */
  async pair(): Promise<[BenchHost<unknown>, BenchHost<unknown>]> {
    const hosts: [BenchHost<unknown>, BenchHost<unknown>] = [
      await this.host(A, { hosts: { echo: B } }),
      await this.host(B, { hosts: { echo: B } }),
    ];
    await this.run(hosts[1].serve('echo'));
    return hosts;
  }

  inject(to: string, data: Uint8Array, from = A, port = 3435): void {
    this.network.inject({ address: from, port }, { address: to, port: 3435 }, data);
  }
}

interface Flow {
  readonly client: BenchFlow;
  readonly server: FlowEnd;
  readonly serverId: number;
}

const write = (end: FlowEnd, packet: Uint8Array): string => end.write(packet, 0, packet, 0, packet.length);
const codeOf = ({ hex }: { hex: string }): number =>
  hex.startsWith('00000000') ? parseInt(hex.slice(88, 90), 16) : -1;
const codes = (world: World): number[] => world.sent.map(codeOf);

describe('a UDP layer on the wire', () => {
  it('sends the request of the worked example, and takes its reply', async () => {
    const world = new World();
    const a = await world.host(A, { hosts: { oping: B } });
    const pending = a.alloc('oping', { data: OAP_REQUEST });
    await world.ms(1);
    expect(world.sent).toEqual([{ from: `${A}:3435`, to: `${B}:3435`, hex: toHex(GOLDEN_REQUEST) }]);
    world.inject(A, GOLDEN_REPLY, B);
    const flow = await world.run(pending);
    expect(flow.result).toEqual({
      response: 0,
      reason: '',
      mplMs: 5000,
      layerPacket: 8976,
      wholePacket: 0,
      data: OAP_REPLY,
    });
    for (const text of ['hello', '']) write(flow.end, new TextEncoder().encode(text));
    await world.ms(1);
    const data = world.sent.filter(({ from }, i) => i > 0 && from === `${A}:3435`);
    expect(data.map(({ hex }) => hex)).toEqual(['0000004168656c6c6f', '00000041']);
  });

  it.each([
    [0, GOLDEN_REPLY],
    [-1008, GOLDEN_REFUSAL],
  ])(
    'answers the request of the worked example with response %i as the spec does, 5 ms later',
    async (response, golden) => {
      const world = new World();
      const b = await world.host(B);
      await world.run(b.serve('oping'));
      world.inject(
        B,
        encodeUdpMgmt({ kind: 'request', sEid: 9, qos: QOS_RAW, hash: b.hashOf('other'), data: oap(1, 0) }),
        C,
      );
      await world.ms(10);
      b.answer = () => ({ response, data: OAP_REPLY });
      world.sent.length = 0;
      world.inject(B, GOLDEN_REQUEST);
      await world.ms(4.9);
      expect(world.sent).toHaveLength(1);
      await world.ms(0.2);
      expect(world.sent[1]).toEqual({ from: `${B}:3435`, to: `${A}:3435`, hex: toHex(golden) });
      expect(b.arrivals[1]).toMatchObject({ qos: QOS_RAW, mplMs: 5000, layerPacket: 8976, data: OAP_REQUEST });
    },
  );

  it('refuses unknown names: C gets the number alone', async () => {
    const world = new World();
    await world.host(B);
    world.inject(B, GOLDEN_REQUEST);
    await world.ms(10);
    expect(world.sent.at(-1)?.hex).toBe(`000000000000004000000040fffffc11${'00'.repeat(28)}020000`);
  });
});

describe('a flow of a UDP layer', () => {
  it('carries packets both ways, empty ones too, also those written before the far end was attached', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const flow = await world.flow(a, b);
    write(flow.client.end, bytes(1));
    write(flow.client.end, NOTHING);
    write(flow.server, bytes(2));
    await world.ms(1);
    expect(readAll(flow.server)).toEqual([bytes(1), NOTHING]);
    expect(readAll(flow.client.end)).toEqual([bytes(2)]);
  });

  it('carries 8,976 bytes and no more', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const flow = await world.flow(a, b);
    write(flow.client.end, new Uint8Array(8976).fill(1));
    write(flow.client.end, new Uint8Array(8977));
    await world.ms(1);
    expect(readAll(flow.server).map((packet) => packet.length)).toEqual([8976]);
    expect(await a.counter('dropSendTooLarge')).toBe(1);
  });

  it('takes data that overtakes the reply', async () => {
    const world = new World();
    const a = await world.host(A, { hosts: { oping: B } });
    const pending = a.alloc('oping', { data: OAP_REQUEST });
    await world.ms(1);
    world.inject(A, fromHex('00000040 aa'), B);
    world.inject(A, GOLDEN_REPLY, B);
    expect(readAll((await world.run(pending)).end)).toEqual([bytes(0xaa)]);
  });

  it('takes data only from its peer, and only for an EID that is in use', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const flow = await world.flow(a, b);
    world.inject(B, fromHex('00000040 01'), C);
    world.inject(B, fromHex('00000040 02'), A, 3436);
    for (const eid of ['00000001', '00000041', '00001000', '7fffffff', 'ffffffff'])
      world.inject(B, fromHex(`${eid} 03`));
    await world.ms(1);
    expect(readAll(flow.server)).toEqual([]);
    expect([await b.counter('dropWrongPeer'), await b.counter('dropUnknownEid')]).toEqual([2, 5]);
  });

  it('is refused with the number and the data of the far end', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    b.answer = () => ({ response: -1008, data: oap(9) });
    await expect(world.run(a.alloc('echo', { data: oap(1) }))).rejects.toThrow('-1008');
    expect(codeOf(world.sent.at(-1)!)).toBe(UDP_CODE.reply);
    expect(world.sent.at(-1)?.hex).toContain(toHex(oap(9)));
    expect(await a.status()).toMatchObject({ flows: 0 });
  });

  it('fails after 5 s when nobody answers, having asked twice', async () => {
    const world = new World();
    const a = await world.host(A, { hosts: { echo: B } });
    const started = world.clock.now();
    await expect(world.run(a.alloc('echo', { data: oap(1) }))).rejects.toMatchObject({
      code: 'ENOANSWER',
      stage: 'remote',
    });
    expect(world.clock.now() - started).toBe(fromSeconds(5));
    expect(codes(world)).toEqual([UDP_CODE.request, UDP_CODE.request]);
    expect(await a.status()).toMatchObject({ flows: 0 });
  });

  it('fails with EMSGSIZE when the OAP request does not fit 2,048 bytes, and with ENAME for a name that is nowhere', async () => {
    const world = new World();
    const [a] = await world.pair();
    await expect(world.run(a.alloc('echo', { data: new Uint8Array(1986) }))).rejects.toMatchObject({
      code: 'EMSGSIZE',
    });
    await expect(world.run(a.alloc('other'))).rejects.toMatchObject({ code: 'ENAME' });
    expect(await a.status()).toMatchObject({ flows: 0 });
  });

  it('is not lost with a datagram: 60 allocations between peers of ours at 20 % loss each way', async () => {
    const world = new World(7);
    const [a, b] = await world.pair();
    await world.flow(a, b);
    world.network.fate = lossyFate(world.random.fork(), { loss: 0.2, duplicate: 0.2, jitterMs: 5 });
    const flows: Flow[] = [];
    for (let i = 0; i < 60; i += 1) flows.push(await world.flow(a, b));
    await world.ms(5_000);
    expect(b.arrivals).toHaveLength(61);
    for (const flow of flows) await world.run(a.server.flowDealloc(flow.client.flowId, 0));
    await world.ms(5_000);
    expect(await a.status()).toMatchObject({ flows: 1 });
    expect(flows.filter((flow) => flow.server.down !== null).length).toBeGreaterThanOrEqual(59);
  });
});

describe('the end of a flow', () => {
  it('shows at the peer of ours at once, after what was written before', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const flow = await world.flow(a, b);
    write(flow.client.end, bytes(1));
    flow.client.end.close();
    await world.ms(1);
    expect(b.gone).toEqual([flow.serverId]);
    expect(readAll(flow.server)).toEqual([bytes(1)]);
    await world.ms(1000);
    expect(flow.server.down).toBe('peer-closed');
    expect(codes(world).filter((code) => code === UDP_CODE.dealloc)).toHaveLength(3);
    expect([await a.status(), await b.status()]).toMatchObject([{ flows: 0 }, { flows: 0 }]);
  });

  it('shows at the requester too, and survives the loss of two of three messages', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const flow = await world.flow(a, b);
    let seen = 0;
    world.network.fate = () => ((seen += 1) <= 2 ? [] : [0]);
    await world.run(b.server.flowDealloc(flow.serverId, 0));
    await world.ms(149);
    expect(flow.client.end.down).toBeNull();
    await world.ms(2);
    expect(flow.client.end.down).toBe('peer-closed');
    expect(a.gone).toEqual([flow.client.flowId]);
  });

  it('is not told to C', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const flow = await world.flow(a, b, 0);
    world.sent.length = 0;
    flow.client.end.close();
    await world.ms(1000);
    expect(world.sent).toEqual([]);
    expect(flow.server.down).toBeNull();
  });

  it('comes when the remote EID is used for a newer flow', async () => {
    const world = new World();
    const [, b] = await world.pair();
    const request = (id: number): Uint8Array =>
      encodeUdpMgmt({ kind: 'request', sEid: 64, qos: QOS_RAW, hash: b.hashOf('echo'), data: oap(id, 0) });
    world.inject(B, request(1), C);
    await world.ms(10);
    world.inject(B, request(2), C);
    await world.ms(10);
    expect(b.accepted.map(({ end }) => end.down)).toEqual(['peer-closed', null]);
    expect(b.gone).toEqual([1]);
  });

  it('of all flows comes with the shutdown, and the port is free again', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const flow = await world.flow(a, b);
    await world.run(a.server.shutdown());
    await world.ms(1);
    expect([flow.client.end.down, flow.server.down]).toEqual(['peer-closed', 'peer-closed']);
    await world.host(A);
  });

  it('leaves nothing when the requester gives up while the far end thinks', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    let accept: (answer: object) => void = () => undefined;
    b.answer = () =>
      new Promise((resolve) => (accept = () => resolve({ response: 0, data: oap(0), features: FEATURES })));
    const outcome = expect(a.alloc('echo', { data: oap(1), features: FEATURES })).rejects.toMatchObject({
      code: 'EFLOWDOWN',
    });
    await world.ms(5);
    await a.server.flowDealloc(1, 0);
    await outcome;
    accept({});
    await world.ms(1000);
    expect([await a.status(), await b.status()]).toMatchObject([{ flows: 0 }, { flows: 0 }]);
  });
});

describe('a peer that is killed', () => {
  /** Ends a host without a word. */
  async function kill(world: World, host: BenchHost<unknown>): Promise<void> {
    world.network.cutLink(A, B);
    await world.run(host.server.shutdown());
    world.network.healLink(A, B);
  }

  it.each(['client', 'server'])('as %s: the other end of each flow goes down within a second', async (dead) => {
    const world = new World();
    const [a, b] = await world.pair();
    const flows = [await world.flow(a, b, WATCHED), await world.flow(a, b, WATCHED)];
    await kill(world, dead === 'client' ? a : b);
    await world.ms(1000);
    for (const { client, server } of flows) expect((dead === 'client' ? server : client.end).down).toBe('peer-closed');
    expect(await (dead === 'client' ? b : a).status()).toMatchObject({ flows: 0 });
  });

  it('and comes back at once: it does not know the flows, which end', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const flows = [await world.flow(a, b, WATCHED), await world.flow(a, b, WATCHED)];
    await kill(world, b);
    await world.host(B);
    await world.ms(1000);
    expect(flows.map(({ client }) => client.end.down)).toEqual(['peer-closed', 'peer-closed']);
  });

  it('is not asked by or about anybody who did not agree to it', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const { client } = await world.flow(a, b);
    world.sent.length = 0;
    await kill(world, b);
    await world.ms(5000);
    expect(codes(world).filter((code) => code !== UDP_CODE.dealloc)).toEqual([]);
    expect(client.end.down).toBeNull();
  });

  it('is told from one behind a cut cable, whose flows stay', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const flow = await world.flow(a, b, WATCHED);
    world.network.cutLink(A, B);
    await world.ms(60_000);
    world.network.healLink(A, B);
    await world.ms(1000);
    expect([flow.client.end.down, flow.server.down]).toEqual([null, null]);
    write(flow.client.end, bytes(7));
    await world.ms(1);
    expect(readAll(flow.server)).toEqual([bytes(7)]);
  });

  it('is told from one that is idle, which answers', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const flow = await world.flow(a, b, WATCHED);
    world.sent.length = 0;
    await world.ms(10_000);
    expect([flow.client.end.down, flow.server.down]).toEqual([null, null]);
    const said = codes(world);
    expect(new Set(said)).toEqual(new Set([UDP_CODE.inquiry, UDP_CODE.alive]));
    // Both sides ask, and are answered, at most every 600 ms: after an answer the peer counts as heard.
    expect(said.length).toBeLessThanOrEqual((2 * 2 * 10_000) / 600 + 4);
  });

  it('cannot be feigned by a stranger', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const flow = await world.flow(a, b, WATCHED);
    const eids = { sEid: 64, dEid: 64 };
    for (const kind of ['inquiry', 'alive'] as const) world.inject(B, encodeUdpMgmt({ kind, ...eids }), C);
    await world.ms(2000);
    expect([flow.client.end.down, flow.server.down]).toEqual([null, null]);
    expect(await b.counter('dropUnasked')).toBe(1);
  });
});

describe('the fault switch', () => {
  it('silently drops both directions to an address, until it is cleared', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const flow = await world.flow(a, b);
    expect(await a.server.control('fault', { drop: `${B}, ${C}` })).toEqual({ dropping: [B, C] });
    write(flow.client.end, bytes(1));
    write(flow.server, bytes(2));
    await world.ms(1);
    expect([readAll(flow.server), readAll(flow.client.end)]).toEqual([[], []]);
    expect(await a.counter('dropByFault')).toBe(2);
    expect(await a.server.control('fault', {})).toEqual({ dropping: [B, C] });
    expect(await a.server.control('fault', { clear: B })).toEqual({ dropping: [C] });
    expect(await a.server.control('fault', { clear: 'true' })).toEqual({ dropping: [] });
    write(flow.client.end, bytes(3));
    await world.ms(1);
    expect(readAll(flow.server)).toEqual([bytes(3)]);
  });

  it('says what is legal', async () => {
    const a = await new World().host(A);
    await expect(a.server.control('fault', { drop: 'x' })).rejects.toMatchObject({ code: 'EINVAL', field: 'drop' });
    await expect(a.server.control('fault', { cut: B })).rejects.toMatchObject({ code: 'EINVAL', field: 'cut' });
    await expect(a.server.control('faults', {})).rejects.toThrow('legal: fault');
  });
});

describe('reports of a UDP layer', () => {
  it('show address, peers, hosts and registered names', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    await world.flow(a, b);
    const echo = toHex(a.hashOf('echo'));
    expect(await a.status()).toMatchObject({
      state: 'operational',
      layer: 'layer',
      hash: 'MD5',
      address: A,
      port: 3435,
      flows: 1,
    });
    expect(await a.server.report('neighbors')).toEqual([{ address: B, port: 3435, open: 1, pending: 0 }]);
    expect(await b.server.report('directory')).toEqual({
      hosts: [{ name: 'echo', hash: echo, hosts: [{ host: B, address: B }] }],
      registered: [echo],
    });
  });
});

describe('a UDP layer under fire', () => {
  it('drops each kind of bad datagram under its own name', async () => {
    const world = new World();
    const b = await world.host(B);
    const mgmt = (code: number, length = 63): Uint8Array => {
      const message = new Uint8Array(length);
      if (length > 44) message[44] = code;
      return message;
    };
    const cases: [string, Uint8Array][] = [
      ['dropRunt', NOTHING],
      ['dropRunt', bytes(0, 0, 0)],
      ['dropRunt', mgmt(1, 46)],
      ['dropRunt', mgmt(1, 62)],
      ['dropUnknownCode', mgmt(0)],
      ['dropUnknownCode', mgmt(99, 3000)],
      ['dropTooLarge', mgmt(1, 9000)],
      ['dropBadEid', mgmt(1)],
      ['dropUnknownEid', mgmt(2, 47)],
      ['dropUnknownEid', mgmt(128, 47)],
    ];
    for (const [counter, datagram] of cases) {
      const before = await b.counter(counter);
      world.inject(B, datagram);
      await world.ms(1);
      expect([counter, await b.counter(counter)]).toEqual([counter, before + 1]);
    }
    expect(b.arrivals).toEqual([]);
  });

  it('lives through arbitrary bytes, and still gives flows', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const eid = fc.constantFrom(0, 0, 0, 64, 65, 4095, 4096, 0x7fffffff);
    const tail = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .record({ sEid: eid, dEid: eid, code: fc.constantFrom(0, 1, 2, 128), rest: fc.uint8Array({ maxLength: 80 }) })
        .map(({ sEid, dEid, code, rest }) => {
          const fixed = new Uint8Array(43 + rest.length);
          const view = new DataView(fixed.buffer);
          view.setUint32(0, sEid);
          view.setUint32(4, dEid);
          fixed[40] = code;
          fixed.set(rest, 43);
          return fixed;
        }),
    );
    const datagram = fc.record({ head: eid, tail, from: fc.constantFrom(A, C, '10.9.9.9') });
    for (const { head, tail: rest, from } of fc.sample(datagram, { numRuns: 3000, seed: 5 })) {
      const bytesOfIt = new Uint8Array(4 + rest.length);
      new DataView(bytesOfIt.buffer).setUint32(0, head);
      bytesOfIt.set(rest, 4);
      world.inject(B, bytesOfIt, from);
    }
    await world.ms(100);
    expect(await b.status()).toMatchObject({ flows: 0 });
    const flow = await world.flow(a, b);
    write(flow.client.end, bytes(1));
    await world.ms(1);
    expect(readAll(flow.server)).toEqual([bytes(1)]);
  });
});
