import { createDecipheriv, createHash, createHmac } from 'node:crypto';
import { NEVER, fromMs, fromSeconds, micros, toHex, type Micros } from '@ouroboros/model';
import type { AeadName, CipherName, CryptoSuite, SealKey } from '@ouroboros/ports';
import { loadCrypto } from '@ouroboros/crypto';
import { SeededRandom } from '@ouroboros/simnet';
import { NO_TROUBLE, Pair, SECRET, cryptoOf, quickKeyExchange } from '../spec/pair.spec.js';
import { FlowFrame } from '@ouroboros/wire';
import { KEY_LIMITS, createProtection, type Protection, type ProtectionOptions } from './index.js';

let suite: CryptoSuite;
beforeAll(async () => {
  suite = await loadCrypto();
});

const START = micros(0);
const CIPHER = 'chacha20-poly1305';
const text = Uint8Array.from('\0some text', (character) => character.charCodeAt(0));

interface Sent {
  readonly packets: Uint8Array[];
  ready: number;
}

/** One end; what it sends by itself is kept. */
function endOf(initiator: boolean, more: Partial<ProtectionOptions> = {}): { end: Protection; sent: Sent } {
  const sent: Sent = { packets: [], ready: 0 };
  const end = createProtection({
    crypto: cryptoOf('o7s', CIPHER),
    initiator,
    ...suite,
    random: new SeededRandom(1),
    output: {
      transmit: (packet, offset, length) => sent.packets.push(packet.slice(offset, offset + length)) > 0,
      ready: () => (sent.ready += 1),
    },
    mplMs: 100,
    now: START,
    ...more,
  });
  return { end, sent };
}

function seal(end: Protection, now: Micros = START, bytes = text): Uint8Array {
  const out = new Uint8Array(bytes.length + end.overhead);
  expect(end.seal(bytes, 0, bytes.length, out, 0, now)).toBe('ok');
  return out;
}

/** What comes out, or the verdict when nothing does. */
function open(end: Protection, packet: Uint8Array, now: Micros = START): string {
  const out = new Uint8Array(packet.length + 1);
  const verdict = end.open(packet, 0, packet.length, out, 0, now);
  return verdict === 'data' ? toHex(out.subarray(0, packet.length - end.overhead)) : verdict;
}

describe('a packet of profile o7s', () => {
  /** The key schedule and the layout once more, with nothing of the code under test. */
  function byHand(sealer: 'c' | 's', packet: Uint8Array): string {
    const label = (name: string, context: Uint8Array, length: number): Buffer => {
      const full = Buffer.from(`o7s ${name}`);
      return Buffer.concat([Buffer.of(0, length, full.length), full, Buffer.of(context.length), context]);
    };
    // 32 bytes of HKDF-Expand are one HMAC.
    const expand = (secret: Uint8Array, info: Uint8Array, length: number): Buffer =>
      createHmac('sha256', secret).update(info).update(Uint8Array.of(1)).digest().subarray(0, length);
    const none = createHash('sha256').digest();
    const early = createHmac('sha256', new Uint8Array(0)).update(SECRET).digest();
    const traffic = expand(early, label(`${sealer} traffic`, none, 32), 32);
    const key = expand(traffic, label('key', Buffer.alloc(0), 32), 32);
    const nonce = expand(traffic, label('iv', Buffer.alloc(0), 12), 12);
    for (let i = 0; i < 4; i += 1) nonce[8 + i]! ^= packet[1 + i]!;
    const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
    decipher.setAAD(packet.subarray(0, 5), { plaintextLength: packet.length - 21 });
    decipher.setAuthTag(packet.subarray(-16));
    return Buffer.concat([decipher.update(packet.subarray(5, -16)), decipher.final()]).toString('hex');
  }

  it('can be opened by what the document says', () => {
    const [{ end: allocator }, { end: acceptor }] = [endOf(true), endOf(false)];
    for (const [sealer, end] of [
      ['c', allocator],
      ['s', acceptor],
    ] as const) {
      for (const counter of [0, 1, 2]) {
        const packet = seal(end);
        expect(toHex(packet.subarray(0, 5))).toBe(`000000000${counter}`);
        expect(byHand(sealer, packet)).toBe(toHex(text));
      }
    }
  });

  it.each<AeadName>(['aes-128-gcm', 'aes-192-gcm', 'aes-256-gcm', 'chacha20-poly1305'])(
    'goes both ways with %s, each under a key of its own',
    (cipher) => {
      const crypto = cryptoOf('o7s', cipher);
      const [{ end: allocator }, { end: acceptor }] = [endOf(true, { crypto }), endOf(false, { crypto })];
      const [forth, back] = [seal(allocator), seal(acceptor)];
      expect(toHex(forth)).not.toBe(toHex(back));
      expect([open(acceptor, forth), open(allocator, back)]).toEqual([toHex(text), toHex(text)]);
      expect([allocator.cipher, allocator.profile, allocator.overhead]).toEqual([cipher, 'o7s', 21]);
    },
  );

  it('is dropped when any byte is changed', () => {
    const [{ end: from }, { end: to }] = [endOf(true), endOf(false)];
    const packet = seal(from);
    for (let i = 0; i < packet.length; i += 1) {
      for (const bit of [0x01, 0x80]) {
        expect(
          open(
            to,
            packet.map((byte, at) => (at === i ? byte ^ bit : byte)),
          ),
        ).toBe('dropped');
      }
    }
    const { unknownEpoch, unauthentic, opened } = to.counters;
    expect({ unknownEpoch, unauthentic, opened }).toEqual({
      unknownEpoch: 2,
      unauthentic: 2 * (packet.length - 1),
      opened: 0,
    });
    expect(open(to, packet)).toBe(toHex(text));
  });

  it('is dropped when it is cut anywhere, or longer', () => {
    const [{ end: from }, { end: to }] = [endOf(true), endOf(false)];
    const packet = seal(from);
    for (let length = 0; length < packet.length; length += 1) {
      expect(open(to, packet.subarray(0, length))).toBe('dropped');
    }
    expect(open(to, new Uint8Array([...packet, 0]))).toBe('dropped');
    expect(to.counters.short).toBe(22);
    expect(open(to, packet)).toBe(toHex(text));
  });

  it('is opened once', () => {
    const [{ end: from }, { end: to }] = [endOf(true), endOf(false)];
    const packets = Array.from({ length: 50 }, () => seal(from));
    for (const packet of [...packets].reverse()) expect(open(to, packet)).toBe(toHex(text));
    for (const packet of packets) expect(open(to, packet)).toBe('dropped');
    expect(to.counters).toMatchObject({ opened: 50, replayed: 50, unauthentic: 0 });
  });

  it('is dropped by the end that made it', () => {
    const { end } = endOf(true);
    expect(open(end, seal(end))).toBe('dropped');
    expect(end.counters.unauthentic).toBe(1);
  });

  it('is dropped by a flow of another secret', () => {
    const other = endOf(false, { crypto: { ...cryptoOf('o7s', CIPHER), secret: new Uint8Array(32) } }).end;
    expect(open(other, seal(endOf(true).end))).toBe('dropped');
  });

  it('is sealed in place, at any offset, and opened without being written to', () => {
    const [{ end: from }, { end: to }] = [endOf(true), endOf(false)];
    const buffer = new Uint8Array(100).fill(0xaa);
    buffer.set(text, 7 + from.headLength);
    from.seal(buffer, 7 + from.headLength, text.length, buffer, 7, START);
    expect(buffer.subarray(0, 7).every((byte) => byte === 0xaa)).toBe(true);
    expect(buffer.subarray(7 + text.length + from.overhead).every((byte) => byte === 0xaa)).toBe(true);
    const kept = buffer.slice();
    const out = new Uint8Array(100);
    expect(to.open(buffer, 7, text.length + from.overhead, out, 30, START)).toBe('data');
    expect(toHex(out.subarray(30, 30 + text.length))).toBe(toHex(text));
    expect(toHex(buffer)).toBe(toHex(kept));
  });

  it('is read once: who changes the memory meanwhile gains nothing', () => {
    const given: number[][] = [];
    /** A key, which reads what it opens once [SealKey.open], of memory that can be watched. */
    const ciphers = {
      key: (cipher: CipherName, bytes: Uint8Array): SealKey => {
        const key = suite.ciphers.key(cipher, bytes);
        const open: SealKey['open'] = (nonce, aad, aadLength, sealed, offset, length, out, outOffset) => {
          given.push([offset, length]);
          return key.open(nonce, aad, aadLength, sealed.slice(), offset, length, out, outOffset);
        };
        return { seal: key.seal.bind(key), open, destroy: () => key.destroy() };
      },
    };
    const [{ end: from }, { end: to }] = [endOf(true), endOf(false, { ciphers })];
    const packet = seal(from);
    const reads = new Map<string, number>();
    const watched = new Proxy(packet, {
      get: (target, key) => {
        const name = String(key);
        if (/^\d+$/.test(name)) reads.set(name, (reads.get(name) ?? 0) + 1);
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
    const out = new Uint8Array(packet.length);
    expect(to.open(watched, 0, packet.length, out, 0, START)).toBe('data');
    expect([...reads]).toEqual([0, 1, 2, 3, 4].map((at) => [String(at), 1]));
    expect(given).toEqual([[5, packet.length - 5]]);
  });
});

describe('protection of profile o7s', () => {
  it('refuses ciphers without authentication, and frames that are its own', () => {
    const crypto = cryptoOf('o7s', 'aes-256-ctr');
    expect(() => endOf(true, { crypto })).toThrow('aes-256-ctr');
    expect(() => seal(endOf(true).end, START, Uint8Array.of(FlowFrame.keyChange, 1))).toThrow('not the caller');
  });

  it('wants no timer while nothing happens, and changes no keys of an idle flow', () => {
    const [a, b] = [endOf(true), endOf(false)];
    expect([a.end.deadline, b.end.deadline]).toEqual([NEVER, NEVER]);
    a.end.wake(fromSeconds(10_000));
    expect([a.sent.packets, a.end.deadline]).toEqual([[], NEVER]);
  });

  it('zeroes every key that it leaves, and all at the end', () => {
    const keys: { live: boolean }[] = [];
    const ciphers = {
      key: (cipher: CipherName, bytes: Uint8Array): SealKey => {
        const key = suite.ciphers.key(cipher, bytes);
        const entry = { live: true };
        keys.push(entry);
        const destroy = (): void => {
          entry.live = false;
          key.destroy();
        };
        return { seal: key.seal.bind(key), open: key.open.bind(key), destroy };
      },
    };
    const pair = new Pair({
      suite: { ...suite, ciphers },
      crypto: cryptoOf('o7s', CIPHER),
      seed: 1,
      limits: { packets: 40, time: fromSeconds(1000) },
      mplMs: 100,
    });
    for (let i = 0; i < 200; i += 1) {
      pair.allocator.send();
      pair.run(fromMs(10));
    }
    pair.run(fromSeconds(10));
    expect(pair.allocator.protection.epoch).toBeGreaterThan(5);
    // One epoch has two keys at each end.
    expect(keys.length).toBe(4 * (pair.allocator.protection.epoch + 1));
    expect(keys.filter(({ live }) => live)).toHaveLength(4);
    for (const { protection } of pair.ends) protection.destroy();
    expect(keys.filter(({ live }) => live)).toEqual([]);
  });

  it('zeroes secrets that it has used, and leaves that of the caller', () => {
    const secrets: Uint8Array[] = [];
    const kept = <T extends Uint8Array | undefined>(made: T): T => {
      if (made !== undefined) secrets.push(made);
      return made;
    };
    const { kdf, keyExchange } = suite;
    const watched: CryptoSuite = {
      ...suite,
      kdf: {
        digest: (...args) => kdf.digest(...args),
        extract: (...args) => kept(kdf.extract(...args)),
        expand: (digest, key, info, length) => {
          const made = kdf.expand(digest, key, info, length);
          return length === 32 ? kept(made) : made;
        },
      },
      keyExchange: {
        ...keyExchange,
        generate: (kex) => {
          const keys = keyExchange.generate(kex);
          return { publicKey: keys.publicKey, agree: (peer) => kept(keys.agree(peer)), destroy: () => keys.destroy() };
        },
        encapsulate: (kex, key) => {
          const made = keyExchange.encapsulate(kex, key)!;
          kept(made.secret);
          return made;
        },
      },
    };
    const pair = new Pair({ suite: watched, crypto: cryptoOf('o7s', CIPHER, true), seed: 1 });
    pair.run(fromSeconds(1));
    expect(pair.allocator.send()).toBe(true);
    for (const { protection } of pair.ends) protection.destroy();
    expect(secrets.length).toBeGreaterThan(20);
    expect(secrets.filter((secret) => secret.some((byte) => byte !== 0))).toEqual([]);
    expect(SECRET[0]).toBe(1);
  });

  it('works no more once it is destroyed', () => {
    const [{ end: from }, { end: to }] = [endOf(true), endOf(false)];
    const packet = seal(from);
    for (const end of [from, to, from]) end.destroy();
    expect(from.seal(text, 0, text.length, new Uint8Array(64), 0, START)).toBe('down');
    expect([open(to, packet), to.sendable, to.deadline]).toEqual(['dropped', false, NEVER]);
    to.wake(fromSeconds(1000));
    expect(to.deadline).toBe(NEVER);
  });

  it('allocates next to nothing for a packet', () => {
    const [{ end: from }, { end: to }] = [endOf(true), endOf(false)];
    const bytes = new Uint8Array(200);
    const packet = new Uint8Array(bytes.length + from.overhead);
    const out = new Uint8Array(packet.length);
    const pass = (): void => {
      from.seal(bytes, 0, bytes.length, packet, 0, START);
      to.open(packet, 0, packet.length, out, 0, START);
    };
    const PACKETS = 20_000;
    for (let i = 0; i < PACKETS; i += 1) pass();
    const before = process.memoryUsage();
    for (let i = 0; i < PACKETS; i += 1) pass();
    const after = process.memoryUsage();
    const grown = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
    // Views into arrays, two or three for each call of the library; never the bytes themselves.
    expect(grown / PACKETS).toBeLessThan(1000);
    expect(to.counters.opened).toBe(2 * PACKETS);
  });
});

describe('keys of profile o7s', () => {
  const limits = { packets: 64, time: fromSeconds(120) };
  const quick = (): CryptoSuite => ({ ...suite, keyExchange: quickKeyExchange(new SeededRandom(3)) });
  const flow = (kemInBand = false, suiteOf = quick()): Pair =>
    new Pair({ suite: suiteOf, crypto: cryptoOf('o7s', CIPHER, kemInBand), seed: 1, limits });

  it('are changed with X25519 and ML-KEM-768 before the first data where the handshake had no room', () => {
    const pair = flow(true, suite);
    for (const end of pair.ends) {
      expect([end.send(), end.protection.sendable]).toEqual([false, false]);
    }
    pair.run(fromSeconds(1));
    for (const end of pair.ends) expect([end.readyCalls, end.protection.epoch, end.send()]).toEqual([1, 1, true]);
    pair.run(fromSeconds(1));
    expect(pair.ends.map(({ received, wrong }) => [received, wrong])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('of the handshake alone are not believed for data then', () => {
    const crypto = cryptoOf('o7s', CIPHER, true);
    const [{ end: early }, { end: to }] = [endOf(true), endOf(false, { crypto })];
    expect(open(to, seal(early))).toBe('dropped');
    expect(to.counters).toMatchObject({ early: 1, opened: 0 });
  });

  it.each([
    ['the allocator', 0],
    ['the acceptor', 1],
  ])('are changed by the number of packets when only %s sends', (_who, sender) => {
    const pair = flow();
    for (let i = 0; i < 640; i += 1) {
      expect(pair.ends[sender]!.send()).toBe(true);
      pair.run(fromMs(5));
    }
    pair.run(fromSeconds(1));
    expect(pair.ends[1 - sender]!.received).toBe(640);
    for (const { protection } of pair.ends) expect(protection.epoch).toBeGreaterThanOrEqual(640 / limits.packets);
  });

  it.each([
    ['the allocator', 0],
    ['the acceptor', 1],
  ])('are changed after the time, counted from their first data, when only %s sends', (_who, sender) => {
    const pair = flow();
    pair.run(fromSeconds(1000));
    expect(pair.allocator.protection.epoch).toBe(0);
    pair.ends[sender]!.send();
    pair.run(fromSeconds(89));
    expect(pair.ends.map(({ protection }) => protection.epoch)).toEqual([0, 0]);
    pair.run(fromSeconds(2));
    expect(pair.ends.map(({ protection }) => protection.epoch)).toEqual([1, 1]);
    pair.run(fromSeconds(1000));
    expect(pair.ends.map(({ protection }) => protection.epoch)).toEqual([1, 1]);
  });

  it('bear no more than their packets: then sending waits until there are new ones', () => {
    const pair = flow();
    pair.setQuality({ ...NO_TROUBLE, loss: 1 });
    let sent = 0;
    while (pair.allocator.send()) sent += 1;
    // The parts of the offer count too.
    expect(sent).toBe(limits.packets - 3);
    expect(pair.allocator.protection.counters.sealWaits).toBe(1);
    pair.run(fromSeconds(30));
    expect(pair.allocator.send()).toBe(false);
    pair.setQuality(NO_TROUBLE);
    pair.run(fromSeconds(3));
    expect([pair.allocator.readyCalls, pair.allocator.protection.epoch, pair.allocator.send()]).toEqual([1, 1, true]);
  });

  it('bear no data after their time', () => {
    const pair = flow();
    pair.setQuality({ ...NO_TROUBLE, loss: 1 });
    for (const end of pair.ends) end.send();
    pair.run(fromSeconds(119));
    for (const end of pair.ends) expect(end.send()).toBe(true);
    pair.run(fromSeconds(1));
    for (const end of pair.ends) expect(end.send()).toBe(false);
    pair.setQuality(NO_TROUBLE);
    pair.run(fromSeconds(3));
    for (const end of pair.ends) expect([end.readyCalls, end.send()]).toEqual([1, true]);
  });

  it('are asked for by the acceptor when the allocator has not heard of its packets', () => {
    const pair = flow();
    pair.setQuality({ ...NO_TROUBLE, loss: 1 });
    let sent = 0;
    while (pair.acceptor.send()) sent += 1;
    expect(sent).toBe(limits.packets - 1);
    pair.setQuality(NO_TROUBLE);
    pair.run(fromSeconds(3));
    expect([pair.acceptor.readyCalls, pair.acceptor.protection.epoch, pair.acceptor.send()]).toEqual([1, 1, true]);
  });

  it('are worn out by forgeries too', () => {
    const [a, b] = [endOf(true, { limits }), endOf(false, { limits })];
    const forged = seal(b.end);
    forged[10]! ^= 1;
    for (let i = 0; i < (256 * limits.packets) / 2; i += 1) open(a.end, forged);
    expect([a.end.counters.unauthentic, a.sent.packets.length]).toEqual([(256 * limits.packets) / 2, 3]);
  });

  it('have limits that are those of the document', () => {
    expect(KEY_LIMITS).toEqual({ packets: 1_048_576, time: 120_000_000 });
  });
});
