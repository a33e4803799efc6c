import fc from 'fast-check';
import { concatBytes, type Address } from '@ouroboros/model';
import { addressToBytes, decodeDht, encodeDht, type DhtMessage } from '@ouroboros/wire';
import { addressOf, START_MS } from '../signed/register.fixture.js';
import { key } from './layer.fixture.js';
import { A, B, C, EVIL, LINKS_LIVE, NAMES, SignedLayer, STATED_EVERY } from './signed-layer.fixture.js';

type Counter = 'forged' | 'stale' | 'unknown';
const FROM_EVIL = { id: key(77), address: EVIL };
const AS_B = { id: key(78), address: B };
const storeOf = (value: Uint8Array, wanted = key(1)): DhtMessage => ({
  ...{ kind: 'store', src: FROM_EVIL, key: wanted, value, expiresS: 0xffff_ffff },
});
const withdrawalOf = (value: Uint8Array): DhtMessage => ({
  ...{ kind: 'other', code: 5, src: AS_B, ext: concatBytes(key(1), value) },
});

describe('signed names', () => {
  it('are found at all members that serve one, and are gone once withdrawn', () => {
    const net = new SignedLayer();
    net.serve('b', key(1));
    net.serve('c', key(1));
    expect(net.lookup('a', key(1))).toEqual([B, C].sort());
    net.pass(300);
    expect(net.lookup('a', key(1))).toEqual([B, C].sort());
    net.leave('b', key(1));
    expect(net.lookup('a', key(1))).toEqual([C]);
    for (const name of NAMES) expect(net.dht(name).counters).toMatchObject({ forged: 0, unknown: 0, crowded: 0 });
  });

  it('live on when their member begins anew, and can be served again at once after a withdrawal', () => {
    const net = new SignedLayer();
    net.serve('b', key(1));
    net.start('b');
    net.layer.tellRoutes();
    net.pass(2);
    net.serve('b', key(1));
    net.leave('b', key(1));
    net.serve('b', key(1));
    expect(net.lookup('a', key(1))).toEqual([B]);
    net.pass(150);
    expect(net.lookup('a', key(1))).toEqual([B]);
  });

  it('are checked once in a minute by who stores them, however often they are stored', () => {
    const net = new SignedLayer();
    for (let i = 0; i < 50; i += 1) net.layer.input(B, { kind: 'register', key: key(i) });
    net.pass(15);
    const before = net.register.checked;
    net.pass(60);
    const links = (60 / STATED_EVERY) * NAMES.length * (NAMES.length - 1);
    expect(net.register.checked - before).toBeLessThanOrEqual(50 * (NAMES.length - 1) + links);
  });

  it.each([-50, 50])('need no common clock: of a member that is %i minutes off', (minutes) => {
    const net = new SignedLayer({ b: minutes * 60_000 });
    net.serve('b', key(1));
    net.pass(240);
    expect(net.lookup('a', key(1))).toEqual([B]);
    net.leave('b', key(1));
    expect(net.lookup('a', key(1))).toEqual([]);
  });

  it('are refused of a member that states no links, and of one whose certificate is void as soon as its links are gone', () => {
    const net = new SignedLayer();
    net.serve('b', key(1));
    net.register.banned.add('b');
    net.pass(LINKS_LIVE + STATED_EVERY + 1);
    expect(net.lookup('a', key(1))).toEqual([]);
    expect(net.dht('a').counters.unknown).toBeGreaterThan(0);
  });

  it('are not taken when they are new, once the certificate is void', () => {
    const net = new SignedLayer();
    net.register.banned.add('b');
    net.serve('b', key(1));
    expect(net.lookup('a', key(1))).toEqual([]);
    expect(net.dht('c').counters.forged).toBeGreaterThan(0);
  });
});

describe('a hostile member', () => {
  /** b serves key 1, and c another key; what evil says then. */
  const LIES: readonly (readonly [string, (net: SignedLayer) => DhtMessage[], Counter])[] = [
    ['of a name that c is to serve, unsigned', () => [storeOf(addressToBytes(C))], 'forged'],
    [
      'of a name, in the words of c but its own hand',
      (net) => [storeOf(net.signed('evil', { address: C }, key(1)))],
      'forged',
    ],
    [
      'that b said, with the address altered',
      (net) =>
        net.valuesOf(B, key(1), false).map((value) => storeOf(concatBytes(addressToBytes(C), value.subarray(8)))),
      'forged',
    ],
    ['that c said of another name', (net) => net.valuesOf(C, key(2), false).map((value) => storeOf(value)), 'forged'],
    ['that c said in another layer', (net) => [storeOf(net.signed('c', {}, key(1), 'lab'))], 'forged'],
    [
      'that c serves it, for a day to come',
      (net) => [storeOf(net.signed('c', { number: 2n ** 63n }, key(1)))],
      'stale',
    ],
    [
      'that a stranger serves it',
      (net) => [storeOf(net.signed('evil', { address: addressOf('stranger') }, key(1)))],
      'unknown',
    ],
    ['that b serves it no more, unsigned', () => [withdrawalOf(addressToBytes(B))], 'forged'],
    [
      'that b serves it no more, in its own hand',
      (net) => [withdrawalOf(net.signed('evil', { address: B, withdrawn: true }, key(1)))],
      'forged',
    ],
    [
      'that b serves it, as if it said the reverse',
      (net) => net.valuesOf(B, key(1), false).map(withdrawalOf),
      'forged',
    ],
    ['that b serves another name no more', (net) => net.valuesOf(B, key(3), true).map(withdrawalOf), 'forged'],
  ];
  it.each(LIES)('moves no name by words %s', (_, lies, counter) => {
    const net = new SignedLayer();
    net.serve('b', key(1));
    net.serve('c', key(2));
    net.serve('b', key(3));
    net.leave('b', key(3));
    const messages = lies(net);
    expect(messages.length).toBeGreaterThan(0);
    const before = net.dht('a').counters[counter];
    for (const message of messages) net.tellAll(message);
    expect(net.dht('a').counters[counter]).toBeGreaterThan(before);
    for (const from of ['a', 'c', 'evil'] as const) expect(net.lookup(from, key(1))).toEqual([B]);
    net.pass(130);
    for (const from of ['a', 'c', 'evil'] as const) expect(net.lookup(from, key(1))).toEqual([B]);
  });

  it.each([1, 100, 170, 400, 4000])('cannot bring a name back that was withdrawn, after %i s', (seconds) => {
    const net = new SignedLayer();
    net.serve('b', key(1));
    net.pass(70);
    net.leave('b', key(1));
    net.pass(seconds);
    const old = net.valuesOf(B, key(1), false);
    for (const value of old) net.tellAll(storeOf(value));
    expect(old.length).toBeGreaterThan(5);
    for (const from of ['a', 'c'] as const) expect(net.lookup(from, key(1))).toEqual([]);
    expect(net.dht('a').counters.stale).toBeGreaterThan(0);
  });

  it('cannot take a name away with an old withdrawal', () => {
    const net = new SignedLayer();
    net.serve('b', key(1));
    net.leave('b', key(1));
    net.serve('b', key(1));
    for (const value of net.valuesOf(B, key(1), true)) net.tellAll(withdrawalOf(value));
    expect(net.lookup('a', key(1))).toEqual([B]);
  });

  /** What a finds of key 1 when it knows nobody but evil, which answers so. */
  function foundBy(net: SignedLayer, values: readonly Uint8Array[]): readonly Address[] {
    for (const other of [B, C]) net.layer.input(A, { kind: 'gone', address: other });
    net.layer.members.delete(EVIL);
    net.layer.tap = (to, bytes) => {
      const asked = decodeDht(bytes, 32);
      if (to !== EVIL || !asked.ok || asked.value.kind !== 'find-value-request') return;
      const { cookie } = asked.value;
      const contacts = [FROM_EVIL];
      net.layer.post(
        A,
        encodeDht({ kind: 'find-value-response', src: FROM_EVIL, cookie, key: key(1), contacts, values }),
      );
    };
    return net.lookup('a', key(1));
  }

  it('is not believed when it is asked, and looked at no longer than for four lies', () => {
    const net = new SignedLayer();
    const lies = [
      addressToBytes(C),
      net.signed('evil', { address: C }, key(1)),
      net.signed('c', {}, key(2)),
      ...Array.from({ length: 25 }, (_, i) => net.signed('evil', { address: B, number: BigInt(START_MS + i) }, key(1))),
    ];
    const before = net.register.checked;
    expect(foundBy(net, lies)).toEqual([]);
    expect(net.dht('a').counters).toMatchObject({ forged: 4, crowded: lies.length - 4 });
    expect(net.register.checked - before).toBeLessThanOrEqual(4);
  });

  it('is believed when it tells what others said, and not when it tells what was withdrawn', () => {
    const net = new SignedLayer();
    net.serve('b', key(1));
    net.leave('b', key(1));
    const truth = net.signed('c', {}, key(1));
    const old = net.valuesOf(B, key(1), false);
    expect(old.length).toBeGreaterThan(0);
    expect(foundBy(net, [...old, truth])).toEqual([C]);
    const earlier = net.signed('c', { number: BigInt(START_MS) }, key(1));
    expect(foundBy(net, [earlier])).toEqual([C]);
  });

  it('makes nobody check more signatures than 128 at once and 16 a second, and holds up only who is behind it', () => {
    const net = new SignedLayer();
    const checked = net.register.checked;
    for (let i = 0; i < 3000; i += 1) {
      const lie = net.signed('evil', { address: C, number: BigInt(START_MS + 5000 + i) }, key(1));
      net.layer.input(A, { kind: 'message', bytes: encodeDht(storeOf(lie)), via: EVIL });
    }
    expect(net.register.checked - checked).toBe(128);
    expect(net.dht('a').counters).toMatchObject({ forged: 128, crowded: 3000 - 128 });
    // Over another neighbour, named here as packets of the simulation have none.
    net.serve('b', key(1));
    expect(net.lookup('a', key(1))).toEqual([B]);
    const honest = encodeDht(storeOf(net.signed('c', {}, key(9)), key(9)));
    net.layer.input(A, { kind: 'message', bytes: honest, via: EVIL });
    expect(net.dht('a').store.get(key(9))).toEqual([C]);
  });

  it('makes nobody check more than 256 true ones a second, nor keep more than 2,048', () => {
    const net = new SignedLayer();
    const say = (from: number, count: number): void => {
      for (let i = from; i < from + count; i += 1) {
        const bytes = encodeDht(storeOf(net.signed('evil', {}, key(i)), key(i)));
        net.layer.input(A, { kind: 'message', bytes, via: EVIL });
      }
    };
    const checked = net.register.checked;
    say(100, 2200);
    expect(net.register.checked - checked).toBe(2048);
    net.pass(2);
    say(3000, 500);
    expect([...net.dht('a').store.entries()].length).toBe(2048);
    net.serve('b', key(1));
    expect(net.lookup('a', key(1))).toEqual([B]);
    net.pass(400);
    say(4000, 100);
    expect([...net.dht('a').store.entries()].filter(({ address }) => address === EVIL).length).toBe(100);
  });

  it('changes nothing by any words that were ever said, whole or altered, told to anybody at any time', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom('serve', 'leave'), who: fc.constantFrom('b', 'c') }),
      fc.record({ kind: fc.constant('wait'), seconds: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ kind: fc.constant('tell'), what: fc.nat(), at: fc.nat(), change: fc.nat(255) }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 3, maxLength: 12 }), (steps) => {
        const net = new SignedLayer();
        const serving = new Set<Address>();
        for (const one of steps) {
          if (one.kind === 'serve' || one.kind === 'leave') {
            const who = (one as { who: 'b' | 'c' }).who;
            net[one.kind as 'serve' | 'leave'](who, key(1));
            if (one.kind === 'serve') serving.add(addressOf(who));
            else serving.delete(addressOf(who));
          } else if (one.kind === 'wait') net.pass((one as { seconds: number }).seconds);
          else {
            const { what, at, change } = one as { what: number; at: number; change: number };
            const stores = net.heard.filter((bytes) => bytes[1] === 0 || bytes[1] === 5);
            const bytes = stores[what % stores.length]?.slice();
            if (!bytes) continue;
            // Behind the source: what is stored, or taken back.
            const place = 43 + (at % (bytes.length - 43));
            bytes[place] = bytes[place]! ^ change;
            net.tellAll(bytes);
          }
          for (const from of ['a', 'evil'] as const) expect(net.lookup(from, key(1))).toEqual([...serving].sort());
        }
      }),
      { numRuns: 30 },
    );
  });
});
