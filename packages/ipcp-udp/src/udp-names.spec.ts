import { setImmediate } from 'node:timers/promises';
import { NodeHash } from '@ouroboros/crypto';
import { fromMs, fromSeconds, type JsonObject } from '@ouroboros/model';
import { Bench, BenchHost } from '@ouroboros/simnet';
import { udp4Type, type DynamicDns } from './index.js';

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
    super({ settle, hash: new NodeHash(), resolver: { resolve4: async (name) => resolved.get(name) } });
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
    const resolve4 = (): Promise<string> => new Promise((resolve) => (answer = resolve));
    const bench = new Bench({ settle, hash: new NodeHash(), resolver: { resolve4 } });
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
    expect(log).toEqual(['check', `add 10.0.0.53 ${hex} 10.0.0.1`, `remove 10.0.0.53 ${hex}`]);
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
    await expect(host.bootstrap({ ip: A, port: 3436 })).resolves.toEqual({ name: 'layer', hash: 'MD5' });
    await expect(host.bootstrap({ ip: A, port: 3437 })).rejects.toMatchObject({ code: 'EIPCPSTATE' });
  });

  it('fails when dynamic DNS is asked for and its programs are missing', async () => {
    const attempt = new World().host(A, { dns: '10.0.0.53' });
    await expect(attempt).rejects.toThrow('not asked for');
  });
});
