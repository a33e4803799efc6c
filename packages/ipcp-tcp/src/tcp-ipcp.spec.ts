import { setImmediate } from 'node:timers/promises';
import { NodeHash } from '@ouroboros/crypto';
import { OuroborosError, fromMs, fromSeconds, type JsonObject, type JsonValue } from '@ouroboros/model';
import type { FlowEnd } from '@ouroboros/ports';
import { Bench, BenchHost, readAll, type BenchFlow } from '@ouroboros/simnet';
import { FRAME_HEADER, MAX_PAYLOAD, writeFrameHeader } from './bytes/frames.js';
import { tcpConfig, tcpType } from './index.js';
import { WINDOW } from './tcp-path.js';
import { MemoryStreams } from './testing/memory-streams.js';

const settle = async (): Promise<void> => void (await setImmediate());
const HUB = { listen: 'hub:3435' };
const SPOKE = { connect: 'hub:3435' };
const QUEUE = 65_536;
const PIN = '0123456789abcdef'.repeat(2);
const packet = (seed: number, length = 1_000): Uint8Array => Uint8Array.from({ length }, (_, i) => (seed + i) & 255);

class World extends Bench {
  readonly streams = new MemoryStreams(this.clock);

  constructor() {
    super({ settle, hash: new NodeHash(), queueBytes: QUEUE });
  }

  async host(name: string, config: JsonObject, layer = 'layer'): Promise<BenchHost<unknown>> {
    const host = new BenchHost(
      tcpType(({ clock }) => this.streams.host(clock)),
      name,
      this.ports,
    );
    await this.run(host.bootstrap(config, layer));
    return host;
  }

  /** One that listens and one that dialed it; `echo` is served by the one that dialed. */
  async pair(hubConfig: JsonObject = {}): Promise<[hub: BenchHost<unknown>, spoke: BenchHost<unknown>]> {
    const hub = await this.host('hub', { ...HUB, ...hubConfig });
    const spoke = await this.host('spoke', SPOKE);
    await this.run(spoke.serve('echo'));
    return [hub, spoke];
  }

  /** A flow from the one that listens, both ends. */
  async flow(hub: BenchHost<unknown>, spoke: BenchHost<unknown>): Promise<[near: FlowEnd, far: FlowEnd]> {
    const { end } = await this.run<BenchFlow>(hub.alloc('echo'));
    await this.ms(5);
    return [end, spoke.accepted.at(-1)!.end];
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.resolve(promise, fromSeconds(60));
  }

  ms(ms: number): Promise<void> {
    return this.clock.run(fromMs(ms));
  }
}

function write(end: FlowEnd, bytes: Uint8Array): string {
  const verdict = end.write(bytes, 0, bytes, 0, bytes.length);
  end.flush();
  return verdict;
}

async function neighbors(host: BenchHost<unknown>): Promise<JsonValue> {
  return host.server.report('neighbors');
}

describe('a TCP layer', () => {
  it('serves names of either side, and carries packets whole, empty and largest ones too', async () => {
    const world = new World();
    const [hub, spoke] = await world.pair();
    await world.run(hub.serve('here'));
    expect(await world.run(hub.server.query(hub.hashOf('echo')))).toBe(true);
    expect(await world.run(spoke.server.query(spoke.hashOf('here')))).toBe(true);
    expect(await world.run(hub.server.query(hub.hashOf('here')))).toBe(false);
    const [near, far] = await world.flow(hub, spoke);
    const largest = packet(3, MAX_PAYLOAD - 400);
    for (const bytes of [packet(1, 0), packet(2, 1), largest]) expect(write(near, bytes)).toBe('ok');
    await world.ms(10);
    expect(readAll(far)).toEqual([packet(1, 0), packet(2, 1), largest]);
    expect(write(far, packet(9))).toBe('ok');
    await world.ms(10);
    expect(readAll(near)).toEqual([packet(9)]);
  });

  it('asks again for names while a link is away, and finds them when it is back', async () => {
    const world = new World();
    const [hub] = await world.pair();
    world.streams.breakAll();
    await world.ms(1);
    expect(await world.run(hub.server.query(hub.hashOf('echo')))).toBe(true);
  });

  it('refuses a member of another layer, and shows why it is not connected', async () => {
    const world = new World();
    await world.host('hub', HUB);
    const stranger = await world.host('stranger', SPOKE, 'another');
    expect(await neighbors(stranger)).toEqual([]);
    expect(await stranger.server.report('targets')).toEqual([
      { target: 'hub:3435', state: 'waiting', why: expect.stringMatching(/^it is of layer "(layer|another)", not/) },
    ]);
  });
});

describe('a break of the connection', () => {
  it('leaves flows as they are; packets go on when there is a new one', async () => {
    const world = new World();
    const [hub, spoke] = await world.pair();
    const [near, far] = await world.flow(hub, spoke);
    for (let i = 0; i < 5; i += 1) {
      world.streams.breakAll();
      await world.ms(1);
      expect(write(near, packet(i))).toBe('ok');
      expect(write(far, packet(i))).toBe('ok');
      await world.ms(200);
      expect([readAll(near), readAll(far)]).toEqual([[packet(i)], [packet(i)]]);
    }
    expect([near.down, far.down, hub.gone, spoke.gone]).toEqual([null, null, [], []]);
    expect(await neighbors(hub)).toMatchObject([{ state: 'up', open: 1, dialed: false }]);
  });

  it('in silence is noticed by either side, and healed', async () => {
    const world = new World();
    const [hub, spoke] = await world.pair();
    const [near, far] = await world.flow(hub, spoke);
    world.streams.silent = true;
    await world.ms(20_000);
    expect(await neighbors(hub)).toMatchObject([{ state: 'held', open: 1 }]);
    world.streams.silent = false;
    await world.ms(10_000);
    expect(write(near, packet(1))).toBe('ok');
    await world.ms(10);
    expect(readAll(far)).toEqual([packet(1)]);
  });

  it('takes a request, a reply or a grant with it, which come again', async () => {
    for (let at = 0; at < 8_000; at += 500) {
      const world = new World();
      const [hub, spoke] = await world.pair();
      const attempt = hub.alloc('echo', { data: packet(0, 36) });
      await world.clock.run(at as ReturnType<typeof fromMs>);
      world.streams.breakAll();
      const { end } = await world.run(attempt);
      await world.ms(500);
      expect(spoke.arrivals.length).toBe(1);
      const far = spoke.accepted[0]!.end;
      expect([write(end, packet(1)), write(far, packet(2))]).toEqual(['ok', 'ok']);
      await world.ms(10);
      expect([readAll(far), readAll(end)]).toEqual([[packet(1)], [packet(2)]]);
    }
  });

  it('hides the end of a flow no longer than it lasts', async () => {
    const world = new World();
    const [hub, spoke] = await world.pair();
    const [near, far] = await world.flow(hub, spoke);
    world.streams.breakAll();
    await world.ms(1);
    near.close();
    await world.ms(50);
    expect(far.down).toBe(null);
    await world.ms(200);
    expect(far.down).toBe('peer-closed');
  });

  it('ends flows when it lasts longer than the hold time', async () => {
    const world = new World();
    const [hub, spoke] = await world.pair({ hold_s: 2 });
    const [near] = await world.flow(hub, spoke);
    await world.run(spoke.server.shutdown());
    await world.ms(100);
    expect(near.down).toBe('peer-closed');
    const again = await world.host('spoke again', SPOKE);
    await world.run(again.serve('echo'));
    const [near2] = await world.flow(hub, again);
    world.streams.breakAll();
    world.streams.silent = true;
    await world.ms(1_900);
    expect(near2.down).toBe(null);
    await world.ms(200);
    expect(near2.down).toBe('peer-closed');
    expect(await neighbors(hub)).toEqual([]);
  });
});

describe('a reader that stalls', () => {
  it('holds its own writer within bounds, loses nothing, and leaves other flows alone', async () => {
    const world = new World();
    const [hub, spoke] = await world.pair();
    const [near, far] = await world.flow(hub, spoke);
    const [near2, far2] = await world.flow(hub, spoke);
    let written = 0;
    for (let idle = 0; idle < 20; idle += 1) {
      while (write(near, packet(written)) === 'ok') {
        written += 1;
        idle = 0;
      }
      await world.ms(5);
    }
    expect(written * 1_000).toBeGreaterThan(WINDOW);
    expect(written * 1_000).toBeLessThan(WINDOW + 3 * QUEUE);
    for (let i = 0; i < 1_000; i += 1) {
      expect(write(near2, packet(i))).toBe('ok');
      await world.ms(5);
      expect(readAll(far2)).toEqual([packet(i)]);
    }
    const got: Uint8Array[] = [];
    for (let i = 0; i < 100; i += 1) {
      got.push(...readAll(far));
      await world.ms(5);
    }
    expect(got).toEqual(Array.from({ length: written }, (_, i) => packet(i)));
    expect(await spoke.counter('dropNoCredit')).toBe(0);
  });

  it('still gets what was written before the flow was ended', async () => {
    const world = new World();
    const [hub, spoke] = await world.pair();
    const [near, far] = await world.flow(hub, spoke);
    for (let i = 0; i < 100; i += 1) while (write(near, packet(i)) !== 'ok') await world.ms(5);
    near.close();
    await world.ms(20);
    const got = readAll(far);
    while (got.length < 100) {
      await world.ms(5);
      const more = readAll(far);
      if (more.length === 0) break;
      got.push(...more);
    }
    expect(got.length).toBe(100);
    await world.ms(300); // A process that attaches late still finds its packets.
    expect(far.down).toBe('peer-closed');
  });
});

describe('a peer that breaks the rules', () => {
  /** What a stranger sends on a connection of its own; answers whether the other side ended it. */
  async function stranger(world: World, ...frames: (readonly [eid: number, ...bytes: number[]])[]): Promise<boolean> {
    const stream = await world.run(world.streams.host(world.clock).dial({ host: 'hub', port: 3435 }, null));
    let ended = false;
    stream.onEnd = () => void (ended = true);
    for (const [eid, ...bytes] of frames) {
      const frame = new Uint8Array(FRAME_HEADER + bytes.length);
      writeFrameHeader(frame, 0, eid, bytes.length);
      frame.set(bytes, FRAME_HEADER);
      stream.write(frame);
    }
    await world.ms(20);
    return ended;
  }

  const hello = (member: number): readonly [eid: number, ...bytes: number[]] => [
    0,
    ...[16, 0x4f, 0x37, 0x54, 0x43, 1, 1],
    ...Array<number>(16).fill(member),
    ...Array<number>(8).fill(1),
    ...new TextEncoder().encode('layer'),
  ];
  const dealloc = [0, 3, 0, 0, 0, 64, 0, 0, 0, 64] as const;

  it('harms its own connection at most', async () => {
    const world = new World();
    const [hub, spoke] = await world.pair();
    const [near, far] = await world.flow(hub, spoke);
    await stranger(world, [64, 1, 2, 3], dealloc, [0, 4, 0, 0, 0, 64, 0, 0, 0, 64, 0, 0, 1, 0]);
    await stranger(world, hello(7), [64, 1, 2, 3], dealloc, [0, 99], [0], [0, 1, 2]);
    const raw = await world.run(world.streams.host(world.clock).dial({ host: 'hub', port: 3435 }, null));
    let why = '';
    raw.onEnd = (text) => (why = text);
    raw.write(Uint8Array.of(255, 255, 0));
    await world.ms(20);
    expect(why).not.toBe('');
    expect(write(near, packet(1))).toBe('ok');
    await world.ms(10);
    expect([readAll(far), near.down, far.down]).toEqual([[packet(1)], null, null]);
    expect(await hub.counter('dropUnknownEid')).toBe(2);
  });
});

describe('the configuration of a TCP layer', () => {
  it.each([
    [{}, 'listen'],
    [{ listen: 'a:b:c' }, 'listen'],
    [{ listen: '1.2.3.4:70000' }, 'listen'],
    [{ connect: 'a:1,' }, 'connect'],
    [{ connect: 'a', cert: '/x' }, 'cert'],
    [{ connect: 'a', tls: true, cert: '/x' }, 'key'],
    [{ listen: 'a', tls: true }, 'cert'],
    [{ connect: 'a', pin: PIN }, 'pin'],
    [{ connect: 'a', tls: true, pin: 'ab' }, 'pin'],
    [{ listen: 'a', tls: true, cert: '/x', key: '/y', pin: PIN }, 'pin'],
    [{ connect: 'a', tls: true, tls_name: 'b', pin: PIN }, 'tls_name'],
    [{ connect: 'a', hold_s: 0 }, 'hold_s'],
    [{ connect: 'a', colour: 'red' }, 'colour'],
  ])('%j is refused at %s', (config: JsonObject, field) => {
    expect(tcpConfig.check(config).map((fault) => fault.field)).toEqual([field]);
    expect(() => tcpConfig.parse(config)).toThrow(OuroborosError);
  });

  it('has places with and without port', () => {
    expect(tcpConfig.parse({ listen: '[::1]', connect: 'hub.example:4000, 10.0.0.1' })).toMatchObject({
      listen: { host: '::1', port: 3435 },
      connect: [
        { host: 'hub.example', port: 4000 },
        { host: '10.0.0.1', port: 3435 },
      ],
    });
  });

  it('is refused when somebody listens there already', async () => {
    const world = new World();
    await world.host('hub', HUB);
    await expect(world.host('hub 2', HUB)).rejects.toMatchObject({ code: 'EEXIST', field: 'listen' });
  });
});
