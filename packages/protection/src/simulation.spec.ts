import { fromSeconds, micros } from '@ouroboros/model';
import { SeededRandom } from '@ouroboros/simnet';
import type { CryptoSuite } from '@ouroboros/ports';
import { loadCrypto } from '@ouroboros/crypto';
import { Pair, cryptoOf, quickKeyExchange } from '../spec/pair.spec.js';

let suite: CryptoSuite;
beforeAll(async () => {
  suite = await loadCrypto();
});

const SEEDS = 200;
/** A send that had to wait is tried again after this. */
const PAUSE = 20_000;

/** A flow of our profile over a bad path, with keys that last for a few packets only. */
function badPath(seed: number): { pair: Pair; traffic: readonly [number, number]; describe: string } {
  const random = new SeededRandom(seed);
  const quality = {
    loss: 0.3 * random.fraction(),
    duplication: 0.2 * random.fraction(),
    delay: [0, Math.floor(500_000 * random.fraction())] as const,
  };
  const limits = {
    packets: 16 + (random.uint32() % 200),
    time: micros(fromSeconds(2 + 20 * random.fraction())),
  };
  const traffic = [random.fraction(), seed % 3 === 0 ? 0 : random.fraction()] as const;
  const crypto = cryptoOf('o7s', 'chacha20-poly1305', seed % 2 === 0);
  const describe = JSON.stringify({ seed, quality, limits, traffic });
  const pair = new Pair({
    suite: { ...suite, keyExchange: quickKeyExchange(random.fork()) },
    crypto,
    seed,
    quality,
    limits,
  });
  return { pair, traffic: seed % 5 === 0 ? [traffic[1], traffic[0]] : traffic, describe };
}

/** Sends about 1000 texts at random times, in each direction at its share. */
function exchange(pair: Pair, traffic: readonly [number, number]): void {
  for (let turn = 0; turn < 1000; turn += 1) {
    pair.ends.forEach((end, i) => {
      if (pair.random.fraction() < traffic[i]!) end.send();
    });
    pair.run(pair.random.fraction() * 2 * PAUSE);
  }
}

describe('our profile over a bad path', () => {
  it.each(Array.from({ length: SEEDS }, (_, i) => i + 1))('opens all that arrives, seed %i', (seed) => {
    const { pair, traffic, describe } = badPath(seed);
    exchange(pair, traffic);
    pair.setQuality({ loss: 0, duplication: 0, delay: [1000, 1000] });
    // Both ends can send again, soon: nothing has wedged.
    pair.run(fromSeconds(5));
    const sentAtEnd = pair.ends.map((end) => end.send());
    pair.run(fromSeconds(5));
    const facts = pair.ends.map(({ wrong, undecryptable }) => ({ wrong, undecryptable }));
    expect({ describe, facts, sentAtEnd }).toEqual({
      describe,
      facts: pair.ends.map(() => ({ wrong: 0, undecryptable: 0 })),
      sentAtEnd: [true, true],
    });
    for (const [from, to, path] of [
      [pair.allocator, pair.acceptor, pair.forth],
      [pair.acceptor, pair.allocator, pair.back],
    ] as const) {
      expect(to.received).toBe(from.passed);
      expect(to.protection.counters.replayed).toBe(path.duplicated);
    }
    expect(pair.allocator.protection.epoch).toBe(pair.acceptor.protection.epoch);
    expect(pair.allocator.protection.epoch).toBeGreaterThan(0);
  });
});
