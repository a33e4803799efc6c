import { setImmediate } from 'node:timers/promises';
import { NodeHash } from '@ouroboros/crypto';
import { fromMs, fromSeconds, type JsonObject } from '@ouroboros/model';
import { Bench, BenchHost, readAll } from '@ouroboros/simnet';
import { udp4Type, udp6Type, type DynamicDns } from './index.js';

const settle = async (): Promise<void> => void (await setImmediate());
const A = '10.0.0.1';
const B = '10.0.0.2';
const C = '10.0.0.3';
const bytesOf = (value: number): Uint8Array => new Uint8Array(36).fill(value);

const NO_DNS: DynamicDns = {
  check: () => Promise.reject(new Error('not asked for')),
  add: () => Promise.reject(new Error('not asked for')),
  remove: () => Promise.reject(new Error('not asked for')),
  lookup: () => Promise.reject(new Error('not asked for')),
};

/** Hosts, and a resolver that knows what it is told. */
class World extends Bench {
  private hosts = 0;

  constructor(private readonly resolved = new Map<string, string>()) {
    super({ settle, hash: new NodeHash(), resolver: { resolve: async (name) => resolved.get(name) } });
  }

  names(name: string, address: string): void {
    this.resolved.set(name, address);
  }

  async host(ip: string, config: JsonObject = {}, dns = NO_DNS): Promise<BenchHost<unknown>> {
    this.hosts += 1;
    const host = new BenchHost(udp4Type(dns), `${ip} ${this.hosts}`, this.ports);
    await this.run(host.bootstrap({ ip, ...config }));
    return host;
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.resolve(promise, fromSeconds(60));
  }

  ms(ms: number): Promise<void> {
    return this.clock.run(fromMs(ms));
  }
}

describe('a name in a UDP layer', () => {
  it('is found in the host map: directly, or by the DNS name of its host', async () => {
    const world = new World(new Map([['server.example', B]]));
    const a = await world.host(A, {
      hosts: `one=${B},two=server.example,three=nowhere.example,four=${A},five=${A},five=${C}`,
    });
    const query = (name: string): Promise<boolean> => world.run(a.server.query(a.hashOf(name)));
    expect(await Promise.all(['one', 'two', 'three', 'four', 'five', 'six'].map(query))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  it('is else asked from the resolver under the MD5 of the name', async () => {
    const world = new World(new Map([['7862c6fec5ecaef4aa2e3934725e23b3', B]]));
    const a = await world.host(A);
    expect(await world.run(a.server.query(a.hashOf('oping')))).toBe(true);
    expect(await world.run(a.server.query(a.hashOf('other')))).toBe(false);
  });

  it('that was not found is asked for again after a second, one that was found after five', async () => {
    const world = new World();
    const a = await world.host(A);
    const query = (): Promise<boolean> => world.run(a.server.query(a.hashOf('oping')));
    expect(await query()).toBe(false);
    world.names('7862c6fec5ecaef4aa2e3934725e23b3', B);
    await world.ms(900);
    expect(await query()).toBe(false);
    await world.ms(200);
    expect(await query()).toBe(true);
    world.names('7862c6fec5ecaef4aa2e3934725e23b3', A);
    await world.ms(4_900);
    expect(await query()).toBe(true);
    await world.ms(200);
    expect(await query()).toBe(false);
  });

  it('waits no more than 400 ms for a resolver, whose late answer serves the next query', async () => {
    let answer: (address: string) => void = () => undefined;
    const ask = (): Promise<string> => new Promise((resolve) => (answer = resolve));
    const bench = new Bench({ settle, hash: new NodeHash(), resolver: { resolve: ask } });
    const a = new BenchHost(udp4Type(NO_DNS), A, bench.ports);
    await a.bootstrap({ ip: A });
    expect(await bench.clock.resolve(a.server.query(a.hashOf('oping')), fromMs(401))).toBe(false);
    answer(B);
    await bench.clock.run(fromMs(1));
    expect(await bench.clock.resolve(a.server.query(a.hashOf('oping')), fromMs(1))).toBe(true);
  });

  it('is published and withdrawn by dynamic DNS, and asked for there', async () => {
    const log: string[] = [];
    const dns: DynamicDns = {
      check: async () => void log.push('check'),
      add: async (...args) => void log.push(`add ${args.join(' ')}`),
      remove: async (...args) => void log.push(`remove ${args.join(' ')}`),
      lookup: async () => B,
    };
    const world = new World();
    const a = await world.host(A, { dns: '10.0.0.53' }, dns);
    await world.run(a.serve('oping'));
    expect(await world.run(a.server.query(a.hashOf('oping')))).toBe(true);
    await world.run(a.server.shutdown());
    const hex = '7862c6fec5ecaef4aa2e3934725e23b3';
    expect(log).toEqual(['check', `add 10.0.0.53 ${hex} A 10.0.0.1`, `remove 10.0.0.53 ${hex} A`]);
  });

  it('on several hosts is tried in turn, past hosts that have no server and hosts that are silent', async () => {
    const world = new World();
    const a = await world.host(A, { hosts: { echo: [B, C, '10.0.0.9'] } });
    const [b, c] = [await world.host(B), await world.host(C)];
    await world.run(c.serve('echo'));
    for (let i = 0; i < 3; i += 1) await world.run(a.alloc('echo', { data: bytesOf(i) }));
    expect([b.arrivals.length, c.arrivals.length]).toEqual([2, 3]);
    expect(await a.counter('mgmtSent')).toBeGreaterThan(5);
  });
});

describe('bootstrap of a UDP layer', () => {
  it('says what is wrong with an address that is not here or a port in use', async () => {
    const world = new World();
    const host = new BenchHost(udp4Type(NO_DNS), 'h', { ...world.ports, datagrams: world.network.host(A) });
    await expect(host.bootstrap({ ip: B })).rejects.toMatchObject({ code: 'EINVAL', field: 'ip' });
    await world.host(A);
    await expect(host.bootstrap({ ip: A })).rejects.toMatchObject({ code: 'EEXIST', field: 'port' });
    await expect(host.bootstrap({ ip: A, port: 3436 })).resolves.toEqual({ name: 'layer', hash: 'MD5', oapRoom: 1985 });
    await expect(host.bootstrap({ ip: A, port: 3437 })).rejects.toMatchObject({ code: 'EIPCPSTATE' });
  });

  it('fails when dynamic DNS is asked for and its programs are missing', async () => {
    const attempt = new World().host(A, { dns: '10.0.0.53' });
    await expect(attempt).rejects.toThrow('not asked for');
  });
});

describe('a UDP layer over IPv6', () => {
  const ONE = 'fd00::1';
  const TWO = 'fd00::2';

  it('carries packets between hosts whose addresses may be written in any way', async () => {
    const world = new World();
    const a = new BenchHost(udp6Type(NO_DNS), 'a', world.ports);
    const b = new BenchHost(udp6Type(NO_DNS), 'b', world.ports);
    await world.run(a.bootstrap({ ip: 'FD00:0::1', hosts: 'echo=fd00:0:0:0:0:0:0:2,echo=fd00::1' }));
    await world.run(b.bootstrap({ ip: TWO }));
    await world.run(b.serve('echo'));
    const { end } = await world.run(a.alloc('echo', { data: bytesOf(1) }));
    await world.ms(1);
    const far = b.accepted[0]!.end;
    for (const [from, to] of [
      [end, far],
      [far, end],
    ] as const) {
      expect(from.write(bytesOf(3), 36, bytesOf(3), 0, 0)).toBe('ok');
      await world.ms(1);
      expect(readAll(to)).toEqual([bytesOf(3)]);
    }
    expect(await a.status()).toMatchObject({ address: ONE });
    expect(await a.server.report('neighbors')).toMatchObject([{ address: TWO, open: 1 }]);
    expect(await a.server.control('fault', { drop: 'FD00::2' })).toEqual({ dropping: [TWO] });
  });

  it('takes packets of up to 8,948 bytes', async () => {
    const world = new World();
    const a = new BenchHost(udp6Type(NO_DNS), 'a', world.ports);
    const b = new BenchHost(udp6Type(NO_DNS), 'b', world.ports);
    await world.run(a.bootstrap({ ip: ONE, hosts: { echo: TWO } }));
    await world.run(b.bootstrap({ ip: TWO }));
    await world.run(b.serve('echo'));
    const { end } = await world.run(a.alloc('echo'));
    for (const length of [8_948, 8_949]) end.write(new Uint8Array(length), length, new Uint8Array(0), 0, 0);
    await world.ms(1);
    expect(readAll(b.accepted[0]!.end).map(({ length }) => length)).toEqual([8_948]);
    expect(await a.counter('dropSendTooLarge')).toBe(1);
  });

  it('asks for and publishes addresses of its family', async () => {
    const asked: unknown[] = [];
    const resolver = { resolve: async (...args: unknown[]) => void asked.push(args) };
    const dns = { ...NO_DNS, check: async () => undefined, add: async (...args: unknown[]) => void asked.push(args) };
    const bench = new Bench({ settle, hash: new NodeHash(), resolver });
    const a = new BenchHost(udp6Type(dns), 'a', bench.ports);
    await a.bootstrap({ ip: ONE, dns: 'fd00::53', hosts: { x: 'x.example' } });
    await bench.clock.resolve(a.server.query(a.hashOf('x')), fromMs(500));
    await a.server.register(a.hashOf('oping'));
    expect(asked).toEqual([
      ['x.example', 6],
      ['fd00::53', '7862c6fec5ecaef4aa2e3934725e23b3', 'AAAA', ONE],
    ]);
  });

  it.each([
    [udp6Type, { ip: '10.0.0.1' }, 'ip', 'must be an IPv6 address of one host, such as 2001:db8::1 (not link-local)'],
    [udp6Type, { ip: 'fe80::1' }, 'ip', 'must be an IPv6 address'],
    [udp6Type, { ip: '::' }, 'ip', 'must be an IPv6 address'],
    [udp6Type, { ip: ONE, dns: '10.0.0.53' }, 'dns', 'must be an IPv6 address'],
    [udp6Type, { ip: ONE, hosts: 'a=10.0.0.1' }, 'hosts', 'addresses being IPv6 or DNS names'],
    [udp4Type, { ip: ONE }, 'ip', 'must be an IPv4 address of one host, such as 192.0.2.1'],
    [udp4Type, { ip: A, hosts: { a: [ONE] } }, 'hosts', 'addresses being IPv4 or DNS names'],
  ])('refuses addresses of the wrong family and of no host: %p %p', async (type, config, field, message) => {
    const host = new BenchHost(type(NO_DNS), 'h', new World().ports);
    const expected = { code: 'EINVAL', field, message: expect.stringContaining(message) as string };
    await expect(host.bootstrap(config as JsonObject)).rejects.toMatchObject(expected);
  });
});
