import { EMPTY_BYTES, fromHex, micros, toHex } from '@ouroboros/model';
import type { CipherName, CryptoSuite, Random } from '@ouroboros/ports';
import { loadCrypto } from '@ouroboros/crypto';
import { SeededRandom } from '@ouroboros/simnet';
import { CPeer } from '../spec/c-peer.spec.js';
import { cryptoOf } from '../spec/pair.spec.js';
import { CONDITIONS, M, likeC, lostKeys, robust, robustToC } from '../spec/rotation.spec.js';
import { CCounterProtection } from './c-counter-protection.js';
import { CProtection } from './c-protection.js';
import { createProtection, type Protection, type ProtectionOptions } from './index.js';

let suite: CryptoSuite;
beforeAll(async () => {
  suite = await loadCrypto();
});

const K0 = 'a5b146cdfc0291997f227ff042c3273b6221aeef61febc12efd15e80bf4736f5';
const K1 = 'a98a66d40479b945a34646507d61358194ca044c94c664b4b80e8df2bb562421';
const NOW = micros(0);
const hello = Uint8Array.from('hello', (character) => character.charCodeAt(0));
const ping = fromHex('03000000000001000000000070696e67');

/** The IV of the examples. [spec/wire-crypto.md §10 f] */
const counting: Random = {
  bytes: (length) => Uint8Array.from({ length }, (_, i) => (i % 16 === 0 ? 0x10 : i % 16)),
  uint32: () => 0,
};
const optionsOf = (cipher: CipherName, key: string, random: Random = counting): ProtectionOptions => ({
  crypto: { ...cryptoOf('c', cipher), secret: fromHex(key) },
  initiator: true,
  ...suite,
  random,
  output: { transmit: () => true, ready: () => undefined },
  mplMs: 100,
  now: NOW,
});

function sealed(protection: Protection, text: Uint8Array): Uint8Array {
  const out = new Uint8Array(text.length + protection.overhead);
  expect(protection.seal(text, 0, text.length, out, 0, NOW)).toBe('ok');
  return out;
}

/** What comes out, or why nothing does. */
function opened(protection: Protection, packet: Uint8Array): string {
  const out = new Uint8Array(packet.length);
  const verdict = protection.open(packet, 0, packet.length, out, 0, NOW);
  return verdict === 'data' ? toHex(out.subarray(0, packet.length - protection.overhead)) : verdict;
}

describe('the examples of spec/wire-crypto.md §10', () => {
  it.each<[CipherName, Uint8Array, string]>([
    ['aes-256-gcm', hello, '100102030405060708090a0b b8dbcf041b 532b6c3f7dade19ffc15e23adb0d154e'],
    ['aes-256-gcm', ping, '100102030405060708090a0b d3bea36874cb695868eaed912bb748e1 1d4cec0263f3c35578748a1b685a1c86'],
    ['chacha20-poly1305', hello, '100102030405060708090a0b b785a4bb82 7ebacf3f7455cd30f4532610772d7ffd'],
    ['aes-128-ctr', hello, '100102030405060708090a0b0c0d0e0f faeb673c2f'],
  ])('are sealed and opened with %s', (cipher, text, packet) => {
    const options = optionsOf(cipher, K0);
    expect(toHex(sealed(createProtection(options), text))).toBe(packet.replace(/ /g, ''));
    expect(opened(createProtection(options), fromHex(packet))).toBe(toHex(text));
  });

  it('open under K1 in phase 1, upon which the next packet is sealed so', () => {
    const protection = createProtection(optionsOf('aes-256-gcm', K0));
    const packet = '900102030405060708090a0b e2693c2efc 16d1b3fcfa8f74cfe8d410fd2dc3364a';
    expect(opened(protection, fromHex(packet))).toBe(toHex(hello));
    expect(protection.epoch).toBe(1);
    expect(toHex(sealed(protection, hello))).toBe(packet.replace(/ /g, ''));
    expect(toHex(sealed(new CProtection(optionsOf('aes-256-gcm', K1), 'aes-256-gcm'), hello))).toBe(
      '1' + packet.replace(/ /g, '').slice(1, 24) + toHex(sealedUnder(K1)),
    );
  });

  /** Ciphertext and tag of "hello" under a key with the IV of phase 0. */
  function sealedUnder(key: string): Uint8Array {
    const out = new Uint8Array(hello.length + 16);
    const nonce = fromHex('100102030405060708090a0b');
    suite.ciphers.key('aes-256-gcm', fromHex(key)).seal(nonce, EMPTY_BYTES, 0, hello, 0, hello.length, out, 0);
    return out;
  }
});

describe('protection towards C', () => {
  it.each<[CipherName, number]>([
    ['aes-256-gcm', 28],
    ['aes-256-ctr', 16],
  ])('with %s drops what holds nothing', (cipher, overhead) => {
    const protection = createProtection(optionsOf(cipher, K0));
    for (let length = 0; length <= overhead; length += 1)
      expect(opened(protection, new Uint8Array(length))).toBe('dropped');
    expect(protection.counters.short).toBe(overhead + 1);
  });

  it('drops a packet with any byte changed or missing, and goes on', () => {
    const [from, to] = [0, 1].map(() => createProtection(optionsOf('chacha20-poly1305', K0))) as [
      Protection,
      Protection,
    ];
    const packet = sealed(from, ping);
    for (let i = 0; i < packet.length; i += 1) {
      expect(
        opened(
          to,
          packet.map((byte, at) => (at === i ? byte ^ 0x80 : byte)),
        ),
      ).toBe('dropped');
      expect(opened(to, packet.subarray(0, i))).toBe('dropped');
    }
    expect(opened(to, packet)).toBe(toHex(ping));
    expect([to.epoch, to.counters.opened]).toEqual([0, 1]);
  });

  it('draws a new IV for each packet', () => {
    const protection = createProtection(optionsOf('aes-128-gcm', K0, new SeededRandom(1)));
    const ivs = new Set(Array.from({ length: 1000 }, () => toHex(sealed(protection, hello).subarray(0, 12))));
    expect(ivs.size).toBe(1000);
    expect([...ivs].every((iv) => parseInt(iv.slice(0, 2), 16) < 0x80)).toBe(true);
  });

  it.each<CipherName>(['aes-256-gcm', 'aes-256-ctr'])('works no more once it is destroyed, with %s', (cipher) => {
    const protection = createProtection(optionsOf(cipher, K0));
    const packet = sealed(protection, hello);
    protection.destroy();
    protection.destroy();
    expect(protection.seal(hello, 0, 5, new Uint8Array(64), 0, NOW)).toBe('down');
    expect(opened(protection, packet)).toBe('dropped');
    expect(protection.sendable).toBe(false);
  });

  it('opens in the memory of the caller, and only reads the packet', () => {
    const packet = sealed(createProtection(optionsOf('aes-256-gcm', K0)), hello);
    const kept = packet.slice();
    opened(createProtection(optionsOf('aes-256-gcm', K0)), packet);
    expect(toHex(packet)).toBe(toHex(kept));
  });
});

describe('key rotation of profile c', () => {
  it.each(CONDITIONS)('keeps the keys together with C, loss %d, delay %d µs, share %d', (...condition) => {
    expect(lostKeys(suite, robustToC, condition, 1)).toBe(0);
  });

  it.each(CONDITIONS)('keeps two of our ends together, loss %d, delay %d µs, share %d', (...condition) => {
    expect(lostKeys(suite, robust, condition, 2)).toBe(0);
  });

  it('is needed: two ends as C has them lose each other, but only when packets are lost', () => {
    expect(lostKeys(suite, likeC, [0, 0, 0.5], 1)).toBe(0);
    expect(lostKeys(suite, likeC, [0.01, 0, 0.5], 1)).toBeGreaterThan(M);
  });

  it('in counter mode gives the bytes of C, whatever comes and goes', () => {
    const cipher = 'aes-192-ctr';
    const ours = new CCounterProtection(optionsOf(cipher, K0, new SeededRandom(7)), cipher, M);
    const model = new CPeer(optionsOf(cipher, K0, new SeededRandom(7)), M);
    const random = new SeededRandom(8);
    let phase = 0;
    for (let i = 0; i < 12 * M; i += 1) {
      if (random.fraction() < 0.5) {
        expect(toHex(sealed(ours, hello))).toBe(toHex(sealed(model, hello)));
        continue;
      }
      if (random.fraction() < 1 / M) phase ^= 0x80;
      const packet = random.bytes(21);
      packet[0] = (packet[0]! & 0x7f) | phase;
      expect(opened(ours, packet)).toBe(opened(model, packet));
    }
    expect(ours.epoch).toBe(model.epoch);
    expect(ours.epoch).toBeGreaterThan(6);
  });
});
