import type { CryptoSuite } from '@ouroboros/ports';
import { CProtection } from '../src/c-protection.js';
import type { Protection, ProtectionOptions } from '../src/index.js';
import { CPeer } from './c-peer.spec.js';
import { Pair, cryptoOf } from './pair.spec.js';

/** Packets from rotation to rotation. */
export const M = 1024;

type Make = (options: ProtectionOptions) => Protection;
export const robust: Make = (options) => new CProtection(options, 'chacha20-poly1305', M);
export const likeC: Make = (options) => new CPeer(options, M);
export const robustToC: Make = (options) => (options.initiator ? robust : likeC)(options);

/** Loss, largest delay in microseconds (a packet is sent every 100), share that the end of ours sends. */
export const CONDITIONS: [number, number, number][] = [0, 0.01, 0.1, 0.3].flatMap((loss) =>
  [0, 5000].flatMap((delay) => [0.1, 0.5, 0.9].map((share): [number, number, number] => [loss, delay, share])),
);

/** Packets that could not be opened at either end, of 8 epochs of packets. */
export function lostKeys(suite: CryptoSuite, make: Make, [loss, delay, share]: [number, number, number], seed: number) {
  const quality = { loss, duplication: 0, delay: [0, delay] as const };
  const pair = new Pair({ suite, crypto: cryptoOf('c', 'chacha20-poly1305'), seed, quality, make });
  for (let i = 0; i < 8 * M; i += 1) {
    (pair.random.fraction() < share ? pair.allocator : pair.acceptor).send();
    pair.run(100);
  }
  pair.run(delay);
  for (const end of pair.ends) expect([end.wrong, end.received]).toEqual([0, end.peer!.passed - end.undecryptable]);
  expect(Math.min(...pair.ends.map(({ protection }) => protection.epoch))).toBeGreaterThanOrEqual(5);
  return pair.allocator.undecryptable + pair.acceptor.undecryptable;
}
