import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { NodeHash } from '@ouroboros/crypto';
import { QOS_RAW, concatBytes, fromHex, fromMs, fromSeconds, toHex, type JsonObject } from '@ouroboros/model';
import type { FlowEnd } from '@ouroboros/ports';
import { Bench, BenchHost, lossyFate, readAll, type BenchFlow, type MemoryEthernetHost } from '@ouroboros/simnet';
import {
  ETH_CODE,
  ETH_DIX,
  ETH_DIX_ETHERTYPE,
  ETH_LLC,
  MAC_BROADCAST,
  OapFeature,
  decodeEthMgmt,
  encodeEthMgmt,
  encodeOap,
  encodeOapExtension,
  readMac,
  writeMac,
  type EthFraming,
  type EthMgmt,
} from '@ouroboros/wire';
import { ethDixType, ethLlcType } from './index.js';

const settle = async (): Promise<void> => void (await setImmediate());
const A = 0x020000000001;
const B = 0x020000000002;
const C = 0x020000000003;
const NOTHING = new Uint8Array(0);
const FEATURES = OapFeature.DEALLOC_MESSAGE | OapFeature.REFUSAL_REASON;
const WATCHED = FEATURES | OapFeature.INQUIRY;
const MIN_FRAME = 60;

/** An OAP message with our extension, or, without features, as C sends it. */
function oap(id: number, features = FEATURES): Uint8Array {
  const plain = { timestampNs: 1n, cipherNid: 0, kdfNid: 0, mdNid: 0, kexRaw: false, kexClientEncapsulates: false };
  const empty = { certificate: NOTHING, kex: NOTHING, requestHash: NOTHING, signature: NOTHING };
  const data = features === 0 ? NOTHING : encodeOapExtension({ features });
  return encodeOap({ id: new Uint8Array(16).fill(id), data, ...plain, ...empty });
}

interface Flow {
  readonly client: BenchFlow;
  readonly server: FlowEnd;
}

interface Host {
  readonly bench: BenchHost<unknown>;
  readonly device: MemoryEthernetHost;
}

class World extends Bench {
  readonly sent: { from: number; to: number; bytes: Uint8Array }[] = [];
  private ids = 0;
  private hosts = 0;

  constructor(readonly framing: EthFraming = ETH_DIX) {
    super({ settle, hash: new NodeHash() });
    this.ethernet.tap = (record) => this.sent.push(record);
  }

  async host(mac: number, config: JsonObject = {}, mtu = 1500): Promise<Host> {
    const device = this.ethernet.host(mac, mtu);
    const type = this.framing === ETH_DIX ? ethDixType : ethLlcType;
    const bench = new BenchHost<unknown>(type as never, `host ${(this.hosts += 1)}`, {
      ...this.ports,
      ethernet: device,
    });
    await this.run(bench.bootstrap({ dev: 'eth0', ...config }));
    return { bench, device };
  }

  /** Two hosts; B serves `echo`. */
  async pair(config: JsonObject = {}, mtu = 1500): Promise<[Host, Host]> {
    const hosts: [Host, Host] = [await this.host(A, config, mtu), await this.host(B, config, mtu)];
    await this.run(hosts[1].bench.serve('echo'));
    return hosts;
  }

  async flow({ bench: client }: Host, { bench: server }: Host, features = FEATURES): Promise<Flow> {
    server.answer = () => ({ response: 0, data: oap(0, features), features });
    this.ids += 1;
    const got = await this.run(client.alloc('echo', { data: oap(this.ids, features), features }));
    await this.ms(1);
    return { client: got, server: server.accepted.at(-1)!.end };
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.resolve(promise, fromSeconds(60));
  }

  ms(ms: number): Promise<void> {
    return this.clock.run(fromMs(ms));
  }

  inject(message: EthMgmt, to = A, from = B): void {
    this.ethernet.inject(this.frame(0, encodeEthMgmt(this.framing, message), to, from));
  }

  frame(eid: number, payload: Uint8Array, to = A, from = B, ethertype = ETH_DIX_ETHERTYPE): Uint8Array {
    const bytes = concatBytes(new Uint8Array(this.framing.headerLength), payload);
    writeMac(bytes, 0, to);
    writeMac(bytes, 6, from);
    this.framing.write(bytes, ethertype, eid, eid === 0 ? 0 : 2, payload.length);
    return bytes;
  }

  /** The management messages sent so far. */
  said(): string[] {
    return this.sent
      .filter(({ bytes }) => this.framing.receiver(bytes, 0) === 0)
      .map(({ bytes }) => {
        const length = this.framing.payloadLength(bytes, 0, bytes.length, ETH_DIX_ETHERTYPE);
        const { headerLength } = this.framing;
        const decoded = decodeEthMgmt(this.framing, 32, bytes.subarray(headerLength, headerLength + length));
        return decoded.ok ? decoded.value.kind : decoded.reason;
      });
  }
}

const write = (end: FlowEnd, packet: Uint8Array): string => end.write(packet, 0, packet, 0, packet.length);
const patterned = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i & 255);
const FRAMINGS = [ETH_DIX, ETH_LLC] as const;

describe.each(FRAMINGS)('an Ethernet layer with $name frames', (framing) => {
  it('finds a name by asking all, makes a flow, and carries packets both ways', async () => {
    const world = new World(framing);
    const [a, b] = await world.pair();
    const { client, server } = await world.flow(a, b);
    expect(world.said()).toEqual(['name-query', 'name-reply', 'request', 'reply']);
    expect(world.sent.map(({ to }) => to)).toEqual([MAC_BROADCAST, A, B, A]);
    for (const [from, to] of [
      [client.end, server],
      [server, client.end],
    ] as const) {
      for (const length of [0, 1, 5, 43, 1000]) expect(write(from, patterned(length))).toBe('ok');
      await world.ms(1);
      expect(readAll(to).map(toHex)).toEqual([0, 1, 5, 43, 1000].map((length) => toHex(patterned(length))));
    }
  });

  it('pads frames to 60 bytes with zeros, and takes padding off', async () => {
    const world = new World(framing);
    const [a, b] = await world.pair();
    const { client, server } = await world.flow(a, b);
    world.sent.length = 0;
    write(client.end, patterned(1000));
    write(client.end, patterned(3));
    await world.ms(1);
    const short = world.sent[1]!.bytes;
    expect(short).toHaveLength(MIN_FRAME);
    expect(short.subarray(framing.headerLength + 3).every((byte) => byte === 0)).toBe(true);
    expect(readAll(server).map(({ length }) => length)).toEqual([1000, 3]);
  });

  it('carries packets up to what the MTU leaves, counts longer ones, and follows the MTU', async () => {
    const world = new World(framing);
    const [a, b] = await world.pair();
    const { client, server } = await world.flow(a, b);
    const most = 1500 - (framing.headerLength - 14);
    expect([client.result.layerPacket, b.bench.arrivals[0]!.layerPacket]).toEqual([most, most]);
    for (const length of [most, most + 1]) write(client.end, patterned(length));
    await world.ms(1);
    a.device.change({ mtu: 1200 });
    for (const length of [most - 300, most - 299]) write(client.end, patterned(length));
    await world.ms(1);
    expect(readAll(server).map(({ length }) => length)).toEqual([most, most - 300]);
    expect(await a.bench.counter('dropSendTooLarge')).toBe(2);
    expect(await a.bench.status()).toMatchObject({ mtu: 1200, link: 'up', address: '02:00:00:00:00:01' });
  });

  it.each([1500, 1280, 576])('tells what room a handshake has in frames of an MTU of %d bytes', async (mtu) => {
    const world = new World(framing);
    const { bench } = await world.host(A, {}, mtu);
    const hash = 32;
    const message = framing === ETH_DIX ? 39 : 37;
    expect(bench.server.layer?.oapRoom).toBe(mtu - (framing.headerLength - 14) - message - hash);
  });

  it('refuses a device whose frames are shorter than any layer needs, and leaves it free', async () => {
    const world = new World(framing);
    await expect(world.host(A, {}, 575)).rejects.toMatchObject({ code: 'EINVAL', field: 'dev', message: /575 .* 576/ });
  });

  it('ends a flow at the other host when one host ends it', async () => {
    const world = new World(framing);
    const [a, b] = await world.pair();
    const { client, server } = await world.flow(a, b);
    client.end.close();
    await world.ms(5);
    expect(server.down).toBe('peer-closed');
    expect(await a.bench.server.report('neighbors')).toEqual([]);
  });

  it('asks a peer of ours that went silent, and ends the flows that it does not have', async () => {
    const world = new World(framing);
    const [a, b] = await world.pair();
    const flows = [await world.flow(a, b, WATCHED), await world.flow(a, b, WATCHED)];
    world.sent.length = 0;
    await world.ms(700);
    expect(new Set(world.said())).toEqual(new Set(['inquiry', 'alive']));
    expect(flows.map(({ client }) => client.end.down)).toEqual([null, null]);
    b.device.change({ state: 'down' });
    await world.host(B); // It has started anew.
    await world.ms(1000);
    expect(flows.map(({ client }) => client.end.down)).toEqual(['peer-closed', 'peer-closed']);
  });

  it('brings a refusal with its number, and tries the next host of a name', async () => {
    const world = new World(framing);
    const [a, b] = await world.pair();
    b.bench.answer = () => ({ response: -1101, data: oap(1) });
    await expect(world.run(a.bench.alloc('echo', { data: oap(1) }))).rejects.toThrow('-1101');
    const c = await world.host(C);
    await world.run(c.bench.serve('echo'));
    b.bench.answer = () => ({ response: -1100, data: oap(1) });
    await world.ms(6_000);
    await world.run(a.bench.server.query(a.bench.hashOf('echo')));
    await world.ms(10);
    for (let i = 2; i < 6; i += 1) await world.run(a.bench.alloc('echo', { data: oap(i) }));
    expect(c.bench.arrivals).toHaveLength(4);
  });
});

describe('a name query', () => {
  it('is sent three times within 400 ms when nobody answers, and each time anew', async () => {
    const world = new World();
    const [a] = await world.pair();
    const query = (name: string): Promise<boolean> => a.bench.server.query(a.bench.hashOf(name));
    const start = world.clock.now();
    expect(await world.run(Promise.all([query('x'), query('x')]))).toEqual([false, false]);
    expect(world.clock.now() - start).toBe(fromMs(400));
    expect(world.said()).toEqual(['name-query', 'name-query', 'name-query']);
    await world.run(query('x'));
    expect(world.said()).toHaveLength(6);
  });

  it('survives the loss of two of its frames', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    let lost = 0;
    world.ethernet.fate = () => (lost < 2 ? ((lost += 1), []) : [0]);
    expect(await world.run(a.bench.server.query(b.bench.hashOf('echo')))).toBe(true);
  });

  it('is not needed for five seconds after an answer, and then asks again', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const query = (): Promise<boolean> => world.run(a.bench.server.query(a.bench.hashOf('echo')));
    expect(await query()).toBe(true);
    await world.run(b.bench.server.unregister(b.bench.hashOf('echo')));
    await world.ms(4_900);
    expect(await query()).toBe(true);
    await world.ms(200);
    expect(await query()).toBe(false);
  });

  it('finds no name of this host alone, and fails at once while the device is down', async () => {
    const world = new World();
    const a = await world.host(A);
    await world.run(a.bench.serve('own'));
    expect(await world.run(a.bench.server.query(a.bench.hashOf('own')))).toBe(false);
    a.device.change({ state: 'down' });
    const start = world.clock.now();
    expect(await world.run(a.bench.server.query(a.bench.hashOf('own')))).toBe(false);
    expect(world.clock.now()).toBe(start);
    await expect(world.run(a.bench.alloc('own'))).rejects.toMatchObject({ code: 'ENAME' });
  });

  it('takes answers only to what was asked', async () => {
    const world = new World();
    const a = await world.host(A);
    const hash = a.bench.hashOf('echo');
    world.inject({ kind: 'name-reply', hash });
    await world.ms(1);
    expect(await a.bench.counter('dropUnasked')).toBe(1);
    expect(await a.bench.server.report('directory')).toEqual({ hosts: [], registered: [] });
    const late = a.bench.server.query(hash);
    await world.ms(500);
    expect(await late).toBe(false);
    world.inject({ kind: 'name-reply', hash });
    await world.ms(1);
    expect(await world.run(a.bench.server.query(hash))).toBe(true);
    const hosts = [{ hash: toHex(hash), hosts: ['02:00:00:00:00:02'] }];
    expect(await a.bench.server.report('directory')).toEqual({ hosts, registered: [] });
  });

  it('uses the hash of the layer', async () => {
    const world = new World();
    const [a, b] = await world.pair({ hash: 'SHA3_512' });
    expect(a.bench.hashOf('echo')).toHaveLength(64);
    await world.flow(a, b);
  });
});

describe('a device', () => {
  it('that goes down and comes back loses packets, and no flow', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const { client, server } = await world.flow(a, b, WATCHED);
    a.device.change({ state: 'down' });
    write(client.end, patterned(100));
    await world.ms(30_000);
    expect([client.end.down, server.down]).toEqual([null, null]);
    expect(await a.bench.counter('dropLinkDown')).toBeGreaterThan(0);
    a.device.change({ state: 'up' });
    write(client.end, patterned(7));
    await world.ms(1);
    expect(readAll(server).map(({ length }) => length)).toEqual([7]);
  });

  it('that comes back with another MAC ends its flows, whose peers know the old one, and finds hosts anew', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const { client } = await world.flow(a, b);
    const pending = world.run(a.bench.alloc('echo', { data: oap(99) })).catch(({ code }: { code: string }) => code);
    b.bench.answer = () => new Promise(() => undefined);
    await world.ms(10);
    a.device.change({ state: 'gone' });
    await world.ms(1_000);
    expect(await a.bench.status()).toMatchObject({ link: 'gone' });
    a.device.change({ state: 'up', mac: C });
    await world.ms(10);
    expect(client.end.down).toBe('peer-closed');
    expect(await pending).toBe('EFLOWDOWN');
    await world.flow(a, b);
    expect(readMac(world.sent.at(-2)!.bytes, 6)).toBe(C);
  });
});

describe('frames that are not for a flow', () => {
  it('of strangers, other protocols, and other hosts are counted and change nothing', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const { client } = await world.flow(a, b);
    const eid = 64;
    const frames: [string, Uint8Array][] = [
      ['dropWrongPeer', world.frame(eid, patterned(5), A, C)],
      ['dropUnknownEid', world.frame(65, patterned(5))],
      ['dropUnknownEid', world.frame(0xffff, patterned(5))],
      ['dropForeign', world.frame(eid, patterned(5), A, 0x010000000001)],
      ['dropForeign', world.frame(0, encodeEthMgmt(ETH_DIX, { kind: 'dealloc', sEid: 64, dEid: 64 }), MAC_BROADCAST)],
      ['dropMalformed', world.frame(eid, patterned(5)).subarray(0, 22)],
      ['dropRunt', world.frame(eid, NOTHING).subarray(0, 17)],
      ['dropRunt', world.frame(0, patterned(38))],
      ['dropUnknownCode', world.frame(0, fromHex(`${'00'.repeat(37)}7f00`))],
    ];
    for (const [counter, frame] of frames) {
      const before = await a.bench.counter(counter);
      world.ethernet.inject(frame);
      await world.ms(1);
      expect([counter, await a.bench.counter(counter)]).toEqual([counter, before + 1]);
    }
    expect(readAll(client.end)).toEqual([]);
    expect(client.end.down).toBeNull();
  });

  it('of LLC from another SAP of the peer are dropped', async () => {
    const world = new World(ETH_LLC);
    const [a, b] = await world.pair();
    const { client } = await world.flow(a, b);
    const frame = world.frame(2, patterned(5));
    ETH_LLC.write(frame, 0, 2, 9, 5);
    world.ethernet.inject(frame);
    await world.ms(1);
    expect(readAll(client.end)).toEqual([]);
    expect(await a.bench.counter('dropWrongPeer')).toBe(1);
  });

  it('of any content from strangers never end the shim or its flows', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const { client, server } = await world.flow(a, b);
    const hash = a.bench.hashOf('x');
    const words: EthMgmt[] = [
      { kind: 'request', sEid: 64, qos: QOS_RAW, hash, data: oap(1) },
      { kind: 'reply', sEid: 64, dEid: 64, response: 0, data: oap(1) },
      { kind: 'inquiry', sEid: 64, dEid: 64 },
    ];
    const samples = words.map((word) => world.frame(0, encodeEthMgmt(ETH_DIX, word), A, C));
    samples.push(world.frame(64, patterned(40), A, C));
    const mutation = fc.record({
      sample: fc.nat({ max: samples.length - 1 }),
      cut: fc.nat({ max: 140 }),
      at: fc.nat({ max: 140 }),
      byte: fc.nat({ max: 255 }),
    });
    const inputs = fc.sample(mutation, { numRuns: 3_000, seed: 4 });
    for (const { sample, cut, at, byte } of inputs) {
      const bytes = samples[sample]!.slice(0, 14 + cut);
      if (at >= 12 && at < bytes.length) bytes[at] = byte;
      world.ethernet.inject(bytes);
    }
    await world.ms(1_000);
    readAll(client.end);
    expect(client.end.down).toBeNull();
    write(server, patterned(9));
    await world.ms(1);
    expect(readAll(client.end).map(({ length }) => length)).toEqual([9]);
    expect((await a.bench.status()) as JsonObject).toMatchObject({ state: 'operational' });
  });
});

describe('towards a C peer', () => {
  it('nothing of ours is said', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    const { client } = await world.flow(a, b, 0);
    await world.ms(5_000);
    client.end.close();
    await world.ms(1_000);
    const codes = new Set(world.said());
    expect([...codes].every((kind) => ETH_CODE[kind as keyof typeof ETH_CODE] < 128)).toBe(true);
  });

  it('refusals carry no data', async () => {
    const world = new World();
    const [a, b] = await world.pair();
    b.bench.answer = () => ({ response: -1007, data: oap(1) });
    await expect(world.run(a.bench.alloc('echo', { data: oap(1, 0) }))).rejects.toThrow('-1007');
    const reply = world.sent.at(-1)!.bytes;
    expect(ETH_DIX.payloadLength(reply, 0, reply.length, ETH_DIX_ETHERTYPE)).toBe(39);
  });
});

it('100 flows live on a line that loses, doubles and reorders', async () => {
  const world = new World();
  const [a, b] = await world.pair();
  // A peer that is known to be one of ours is asked again and again.
  await world.flow(a, b);
  world.ethernet.fate = lossyFate(world.random, { loss: 0.1, duplicate: 0.1, delayMs: 1, jitterMs: 20 });
  b.bench.answer = () => ({ response: 0, data: oap(0), features: FEATURES });
  const flows = await world.run(
    Promise.all(Array.from({ length: 100 }, (_, i) => a.bench.alloc('echo', { data: oap(i + 2), features: FEATURES }))),
  );
  expect(new Set(flows.map(({ flowId }) => flowId)).size).toBe(100);
});

describe('bootstrap', () => {
  it.each([
    [ethDixType, {}, 'dev', 'required: the name of a network interface of 1 to 15 characters'],
    [ethDixType, { dev: 'x'.repeat(16) }, 'dev', 'must be the name of a network interface of 1 to 15 characters'],
    [ethDixType, { dev: 'eth1' }, 'dev', 'no device eth1; there is eth0'],
    [ethDixType, { dev: 'eth0', ethertype: 0x5ff }, 'ethertype', 'must be a whole number from 0x0600 to 0xFFFE'],
    [ethDixType, { dev: 'eth0', ethertype: '0xffff' }, 'ethertype', 'must be a whole number from 0x0600 to 0xFFFE'],
    [ethDixType, { dev: 'eth0', hash: 'MD5' }, 'hash', 'one of SHA3_224, SHA3_256, SHA3_384, SHA3_512'],
    [ethLlcType, { dev: 'eth0', ethertype: 0xa000 }, 'ethertype', 'no such key; legal: dev, hash'],
  ] as const)('refuses with the field and what is legal: %#', async (type, config, field, message) => {
    const host = new BenchHost(type, 'h', new World().ports);
    const expected = { field, message: expect.stringContaining(message) as string };
    await expect(host.bootstrap(config)).rejects.toMatchObject(expected);
  });

  it('takes any ethertype of the range, in text too', async () => {
    const world = new World();
    const a = await world.host(A, { ethertype: '0x88B5' });
    expect(await a.bench.status()).toMatchObject({ ethertype: '0x88B5', device: 'eth0' });
  });
});
