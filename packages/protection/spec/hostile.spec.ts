import { NEVER, micros } from '@ouroboros/model';
import type { CipherName, CryptoSuite } from '@ouroboros/ports';
import { SeededRandom } from '@ouroboros/simnet';
import { createProtection, type Protection, type ProtectionCounters } from '../src/index.js';
import { KeySchedule } from '../src/key-schedule.js';
import { OWN_OVERHEAD, SealingKey } from '../src/own-packet.js';
import { SECRET, cryptoOf, quickKeyExchange } from './pair.spec.js';

const ROOM = 600;
const DROPS = ['short', 'unauthentic', 'replayed', 'unknownEpoch', 'early', 'malformed'] as const;

const dropped = (counters: Readonly<ProtectionCounters>): number =>
  DROPS.reduce((sum, reason) => sum + counters[reason], 0);

/** Random bytes, kept short mostly, so that all fields are met. */
function randomText(random: SeededRandom, text: Uint8Array): number {
  const length = 1 + (random.uint32() % (random.uint32() % 4 === 0 ? 500 : 12));
  for (let i = 0; i < length; i += 1) text[i] = random.uint32() % (i < 7 ? 6 : 256);
  if (random.uint32() % 2 === 0) text[0] = 4;
  // Whole parts are what makes a machine move.
  const whole = [455, 327, 231, 7][random.uint32() % 8];
  if (whole === undefined) return length;
  text.set([4, 1 + (random.uint32() % 5), 0, 0, 0, random.uint32() % 3, random.uint32() % 3]);
  return whole;
}

/**
 * Gives `inputs` hostile packets to an end: random ones, changed ones, and texts of every kind under the right keys.
 * Throws when the machine does not count what it drops, answers with more than it is given, or does not rest.
 */
export function attack(
  suite: CryptoSuite,
  profile: 'c' | 'o7s',
  cipher: CipherName,
  seed: number,
  inputs: number,
): void {
  const random = new SeededRandom(seed);
  let transmitted = 0;
  let now = micros(0);
  const end: Protection = createProtection({
    crypto: cryptoOf(profile, cipher, seed % 2 === 0),
    initiator: seed % 4 < 2,
    ...suite,
    keyExchange: quickKeyExchange(random.fork()),
    random: random.fork(),
    output: { transmit: () => (transmitted += 1) > 0, ready: () => undefined },
    mplMs: 100,
    now,
  });
  const keys = profile === 'o7s' ? new KeySchedule(suite.kdf, suite.ciphers, 'chacha20-poly1305').next(SECRET) : null;
  const peer = keys && new SealingKey(0, seed % 4 < 2 ? keys.acceptor : keys.allocator);
  const [text, packet, out] = [0, 1, 2].map(() => new Uint8Array(ROOM)) as [Uint8Array, Uint8Array, Uint8Array];
  for (let i = 0; i < inputs; i += 1) {
    let length = randomText(random, text);
    if (peer === null || random.uint32() % 4 === 0) {
      packet.set(text);
      if (random.uint32() % 2 === 0) packet[0] = 0;
    } else {
      peer.seal(text, 0, length, packet, 0);
      length += OWN_OVERHEAD;
      if (random.uint32() % 8 === 0) packet[random.uint32() % length]! ^= 1 << (random.uint32() % 8);
    }
    const before = { drops: dropped(end.counters), opened: end.counters.opened, transmitted };
    const verdict = end.open(packet, 0, length, out, 0, now);
    const drops = dropped(end.counters) - before.drops;
    const opened = end.counters.opened - before.opened;
    const counted = verdict === 'dropped' ? drops === 1 : drops === 0 && opened === (verdict === 'data' ? 1 : 0);
    if (!counted) throw new Error(`seed ${seed}, input ${i}: ${verdict} is counted wrongly`);
    if (transmitted - before.transmitted > 4) throw new Error(`seed ${seed}, input ${i}: too many answers`);
    if (random.uint32() % 16 === 0 && end.deadline !== NEVER) {
      now = micros(Math.max(now, end.deadline));
      end.wake(now);
      if (end.deadline <= now) throw new Error(`seed ${seed}, input ${i}: a wake that is due still`);
    }
  }
  end.destroy();
}
