import fc from 'fast-check';
import { CollectingSink } from '@ouroboros/machine';
import { address, fromHex, micros, type Address } from '@ouroboros/model';
import { SeededRandom } from '@ouroboros/simnet';
import { DHT_CODE, addressToBytes, decodeDht, encodeDht, type DhtMessage } from '@ouroboros/wire';
import type { DhtOutput } from './index.js';
import { key, Layer, SECOND, WALL } from './layer.fixture.js';

function layerOf(size: number, seed = 1): Layer {
  const layer = new Layer(new SeededRandom(seed));
  for (let i = 1; i <= size; i += 1) layer.add(address(i), i === 1 ? 0 : 1);
  layer.tellRoutes();
  layer.run(3);
  return layer;
}

describe('the directory', () => {
  it('resolves a name that one of two members registered, also when it was registered before they met', () => {
    const layer = new Layer();
    layer.add(address(1), 0);
    layer.add(address(2), 1);
    layer.input(address(1), { kind: 'register', key: key(1) });
    layer.run(5);
    layer.tellRoutes();
    layer.run(2);
    expect(layer.lookup(address(2), key(1)).addresses).toEqual([1]);
    expect(layer.lookup(address(1), key(1)).addresses).toEqual([]);
    expect(layer.lookup(address(2), key(2)).addresses).toEqual([]);
  });

  it('answers a name that is nowhere within a second', () => {
    const layer = layerOf(10);
    const before = layer.now;
    layer.input(address(3), { kind: 'lookup', id: 99, key: key(5) });
    while (!layer.found.has(99)) layer.run(0.01);
    expect(layer.now - before).toBeLessThan(0.9 * SECOND);
  });

  it('knows all members that registered one name', () => {
    const layer = layerOf(5);
    for (const member of [2, 4]) layer.input(address(member), { kind: 'register', key: key(1) });
    layer.run(1);
    expect([...layer.lookup(address(1), key(1)).addresses].sort()).toEqual([2, 4]);
    expect(layer.lookup(address(2), key(1)).addresses).toEqual([4]);
  });

  it('forgets a name that was withdrawn, although the first withdrawals are lost', () => {
    const layer = layerOf(5);
    layer.input(address(2), { kind: 'register', key: key(1) });
    layer.run(1);
    layer.lost = () => true;
    layer.input(address(2), { kind: 'unregister', key: key(1) });
    layer.lost = () => false;
    layer.run(2);
    for (const member of [1, 3, 4, 5]) expect(layer.lookup(address(member), key(1)).addresses).toEqual([]);
  });

  it('forgets the names of a member that died, and of one that left at once', () => {
    const layer = layerOf(5);
    layer.input(address(2), { kind: 'register', key: key(1) });
    layer.input(address(3), { kind: 'register', key: key(2) });
    layer.run(1);
    layer.input(address(3), { kind: 'leave' });
    layer.members.delete(address(2));
    layer.tellRoutes();
    layer.run(0.1);
    expect(layer.lookup(address(1), key(2)).addresses).toEqual([]);
    layer.run(140);
    expect(layer.lookup(address(1), key(1)).addresses).toEqual([]);
    expect([...layer.members.get(address(1))!.store.entries()]).toEqual([]);
  });

  const storedAt = (layer: Layer, member: number): Address[] =>
    [...layer.members.get(address(member))!.store.entries()].map((entry) => entry.address);

  it('forgets one of several instances of a name after 5 s without a way to it, and not the last', () => {
    const layer = layerOf(3);
    for (const member of [2, 3]) layer.input(address(member), { kind: 'register', key: key(1) });
    layer.run(1);
    layer.members.delete(address(2));
    layer.tellRoutes();
    layer.run(4);
    expect(storedAt(layer, 1).sort()).toEqual([2, 3]);
    layer.run(1);
    expect(storedAt(layer, 1)).toEqual([3]);
    layer.members.delete(address(3));
    layer.tellRoutes();
    layer.run(6);
    expect(storedAt(layer, 1)).toEqual([3]);
  });

  it('knows all instances of a name again when a way to them is back', () => {
    const layer = layerOf(3);
    for (const member of [2, 3]) layer.input(address(member), { kind: 'register', key: key(1) });
    layer.run(1);
    const without = (lost: number): ReadonlySet<Address> =>
      new Set([1, 2, 3].filter((one) => one !== lost).map(address));
    for (const self of [1, 3]) layer.input(address(self), { kind: 'reachable', addresses: without(2) });
    layer.input(address(2), { kind: 'reachable', addresses: new Set() });
    layer.run(6);
    expect(storedAt(layer, 1)).toEqual([3]);
    layer.tellRoutes();
    layer.run(2);
    expect([...layer.lookup(address(1), key(1)).addresses].sort()).toEqual([2, 3]);
  });

  it('names more than eight members that registered one name', () => {
    const layer = layerOf(30);
    const serving = Array.from({ length: 20 }, (_, i) => address(i + 1));
    for (const member of serving) layer.input(member, { kind: 'register', key: key(1) });
    layer.run(3);
    expect(layer.lookup(address(30), key(1)).addresses.length).toBeGreaterThan(8);
  });

  it('does not wait for a member that left, although others still name it', () => {
    const layer = layerOf(3);
    layer.members.delete(address(3));
    layer.tellRoutes();
    layer.input(address(1), { kind: 'lookup', id: 99, key: key(5) });
    layer.run(0.05);
    expect(layer.found.get(99)).toMatchObject({ addresses: [] });
  });

  it('neither asks nor names a member that is gone, and joins again when it was the last', () => {
    const layer = layerOf(2);
    layer.input(address(2), { kind: 'gone', address: address(1) });
    expect(layer.members.get(address(2))!.contacts.size).toBe(0);
    layer.run(2);
    expect(layer.members.get(address(2))!.contacts.size).toBe(1);
  });

  it('notices that a member was restarted', () => {
    const layer = layerOf(2);
    layer.add(address(2), 1);
    layer.tellRoutes();
    layer.run(2);
    expect(layer.restarted).toEqual([2]);
  });

  it('looks up in at most ⌈log2 100⌉ rounds among 100 members', () => {
    const layer = layerOf(100);
    for (let i = 1; i <= 100; i += 1) layer.input(address(i), { kind: 'register', key: key(i) });
    layer.run(5);
    let most = 0;
    for (let i = 1; i <= 100; i += 1) {
      const { addresses, rounds } = layer.lookup(address(((i * 37) % 100) + 1), key(i));
      expect(addresses).toEqual(((i * 37) % 100) + 1 === i ? [] : [i]);
      most = Math.max(most, rounds);
    }
    expect(most).toBeLessThanOrEqual(Math.ceil(Math.log2(100)));
    expect(most).toBeGreaterThanOrEqual(1);
  });

  it('resolves every name within 30 s after loss of 20 % ended', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const layer = new Layer(new SeededRandom(seed));
        layer.lost = () => layer.random.fraction() < 0.2;
        for (let i = 1; i <= 10; i += 1) {
          layer.add(address(i), i === 1 ? 0 : 1);
          layer.input(address(i), { kind: 'register', key: key(i) });
          layer.tellRoutes();
          layer.run(0.5);
        }
        layer.lost = () => false;
        layer.run(29);
        for (let i = 1; i <= 10; i += 1) expect(layer.lookup(address((i % 10) + 1), key(i)).addresses).toEqual([i]);
      }),
      { numRuns: 15 },
    );
  });

  it('is quiet when nothing happens: less than three packets a second and member', () => {
    const layer = layerOf(10);
    layer.input(address(1), { kind: 'register', key: key(1) });
    layer.run(10);
    layer.sent = 0;
    layer.run(60);
    expect(layer.sent / 60 / 10).toBeLessThan(3);
  });
});

describe('the directory towards a C member', () => {
  const SELF = address(0x0a0b0c0d);
  const C = { id: fromHex('b0' + '00'.repeat(30) + '02'), address: 0x11223344 };
  const cookie = 0x0102030405060708n;

  const start = (): { layer: Layer; tell: (message: DhtMessage) => DhtMessage[] } => {
    const layer = new Layer();
    const dht = layer.add(SELF, C.address);
    const sink = new CollectingSink<DhtOutput>();
    const tell = (message: DhtMessage): DhtMessage[] => {
      dht.handle({ kind: 'message', bytes: encodeDht(message) }, micros(0), sink);
      return sink.take().flatMap((output) => {
        const decoded = output.kind === 'send' ? decodeDht(output.bytes, 32) : undefined;
        return decoded?.ok ? [decoded.value as DhtMessage] : [];
      });
    };
    dht.handle({ kind: 'reachable', addresses: new Set([SELF, address(C.address)]) }, micros(0), sink);
    sink.take();
    return { layer, tell };
  };

  it('answers its join, twice if need be, with at least one contact', () => {
    const { tell } = start();
    for (let i = 0; i < 2; i += 1) {
      const [answer] = tell({ kind: 'find-node-request', src: C, cookie, key: C.id });
      expect(answer).toMatchObject({ kind: 'find-node-response', cookie, key: C.id, contacts: [C] });
    }
  });

  it('answers a value request with the own address, 8 bytes big-endian, and with contacts', () => {
    const { layer, tell } = start();
    layer.input(SELF, { kind: 'register', key: key(1) });
    const [answer] = tell({ kind: 'find-value-request', src: C, cookie, key: key(1) });
    expect(answer).toMatchObject({ kind: 'find-value-response', values: [addressToBytes(SELF)], contacts: [C] });
  });

  it('sends it eight values at most', () => {
    const { layer, tell } = start();
    for (let i = 0; i < 12; i += 1) {
      tell({ kind: 'store', src: C, key: key(1), value: addressToBytes(500 + i), expiresS: WALL + 300 });
    }
    layer.run(0);
    const [answer] = tell({ kind: 'find-value-request', src: C, cookie, key: key(1) });
    expect(answer?.kind === 'find-value-response' && answer.values.length).toBe(8);
  });

  it('keeps what it stores until the absolute expiry, not beyond', () => {
    const { layer, tell } = start();
    const value = addressToBytes(C.address);
    tell({ kind: 'store', src: C, key: key(1), value, expiresS: WALL + 300 });
    tell({ kind: 'store', src: C, key: key(2), value, expiresS: WALL - 1 });
    layer.run(200);
    expect(layer.lookup(SELF, key(1)).addresses).toEqual([C.address]);
    expect(layer.lookup(SELF, key(2)).addresses).toEqual([]);
    layer.run(120);
    expect(layer.lookup(SELF, key(1)).addresses).toEqual([]);
  });

  it('never sends it a code of ours', () => {
    const { layer, tell } = start();
    tell({ kind: 'find-node-request', src: C, cookie, key: C.id });
    layer.input(SELF, { kind: 'register', key: key(1) });
    layer.run(2);
    layer.sent = 0;
    layer.input(SELF, { kind: 'unregister', key: key(1) });
    expect(layer.sent).toBe(0);
    expect(Object.values(DHT_CODE)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('the directory against hostile members', () => {
  it('survives arbitrary and mutated bytes, and stays bounded', () => {
    const dht = new Layer().add(address(1), 0);
    const sink = new CollectingSink<DhtOutput>();
    dht.handle({ kind: 'reachable', addresses: new Set([1, 2, 3].map(address)) }, micros(0), sink);
    const sample = encodeDht({
      kind: 'store',
      src: { id: key(3), address: 3 },
      key: key(1),
      value: addressToBytes(3),
      expiresS: WALL + 9,
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(sample.length - 1), fc.nat(255), (noise, at, byte) => {
        const mutated = sample.slice();
        mutated[at] = byte;
        for (const bytes of [noise, mutated]) dht.handle({ kind: 'message', bytes }, micros(0), sink);
        expect(sink.take().length).toBeLessThan(20);
      }),
      { numRuns: 2000 },
    );
    expect(dht.contacts.size).toBeLessThan(300);
  });

  it('does not let one member withdraw the value of another', () => {
    const layer = layerOf(3);
    layer.input(address(2), { kind: 'register', key: key(1) });
    layer.run(1);
    const ext = new Uint8Array([...key(1), ...addressToBytes(2)]);
    const src = { id: key(9), address: 3 };
    layer.input(address(1), { kind: 'message', bytes: encodeDht({ kind: 'other', code: 5, src, ext }) });
    expect(layer.members.get(address(1))!.store.get(key(1))).toEqual([2]);
  });
});
