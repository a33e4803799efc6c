import { fromSeconds, micros } from '@ouroboros/model';
import type { CryptoSuite } from '@ouroboros/ports';
import { SeededRandom } from '@ouroboros/simnet';
import { NO_TROUBLE, Pair, cryptoOf, quickKeyExchange } from './pair.spec.js';

/** Up to twice this lies between two sends. */
const PAUSE = 20_000;

/** A flow of our profile over a bad path, with keys that last for a few packets only. */
function badPath(
  suite: CryptoSuite,
  seed: number,
): { pair: Pair; traffic: readonly [number, number]; describe: string } {
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
  const rate = (): number => 0.1 + 0.9 * random.fraction();
  const traffic = [rate(), seed % 3 === 0 ? 0 : rate()] as const;
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

/**
 * Runs a flow over a bad path: 0 to 30 % loss, up to 20 % duplicates, delays up to 500 ms each its own, new keys every
 * few packets. Each packet that arrives must be opened, once, and in the end both ends must be able to send.
 */
export function checkBadPath(suite: CryptoSuite, seed: number): void {
  const { pair, traffic, describe } = badPath(suite, seed);
  exchange(pair, traffic);
  pair.setQuality(NO_TROUBLE);
  pair.run(fromSeconds(5));
  const sentAtEnd = pair.ends.map((end) => end.send());
  pair.run(fromSeconds(5));
  const facts = pair.ends.map(({ wrong, undecryptable }) => ({ wrong, undecryptable }));
  const none = { wrong: 0, undecryptable: 0 };
  expect({ describe, facts, sentAtEnd }).toEqual({ describe, facts: [none, none], sentAtEnd: [true, true] });
  for (const [from, to, path] of [
    [pair.allocator, pair.acceptor, pair.forth],
    [pair.acceptor, pair.allocator, pair.back],
  ] as const) {
    expect({ describe, received: to.received }).toEqual({ describe, received: from.passed });
    expect(to.protection.counters.replayed).toBe(path.duplicated);
  }
  expect(pair.allocator.protection.epoch).toBe(pair.acceptor.protection.epoch);
  expect(pair.allocator.protection.epoch).toBeGreaterThan(0);
}

/**
 * Sends `packets` packets in both directions together over a path that loses 1 % and reorders, with new keys every 2^14
 * packets. A change that loses messages more than once can take longer than the next 2^14 packets; then sending waits.
 * Answers how many key changes there were.
 */
export function changeKeysOften(suite: CryptoSuite, packets: number): number {
  // A change begins at half of the limit.
  const limits = { packets: 2 ** 15, time: fromSeconds(120) };
  const quality = { loss: 0.01, duplication: 0, delay: [5_000, 25_000] as const };
  const pair = new Pair({ suite, crypto: cryptoOf('o7s', 'chacha20-poly1305', true), seed: 42, quality, limits });
  pair.run(fromSeconds(1));
  for (let i = 0; i < packets; i += 1) {
    while (!pair.ends[i & 1]!.send()) pair.run(1000);
    pair.run(10);
  }
  pair.run(fromSeconds(1));
  for (const { wrong, undecryptable, received, peer, protection } of pair.ends) {
    expect({ wrong, undecryptable, received }).toEqual({ wrong: 0, undecryptable: 0, received: peer!.passed });
    expect(protection.counters.replayed).toBe(0);
  }
  return pair.allocator.protection.epoch;
}
