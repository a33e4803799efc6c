import type { CipherName, Ciphers, SealKey } from '@ouroboros/ports';
import { knownAnswer, type KnownAnswer } from './known-answers.js';
import { isCtr } from './portable.js';

/** Free bytes around what is sealed and opened. */
const RIM = 24;

/**
 * Whether this implementation of a cipher does to a published example what it must: between two buffers and in place, at an
 * offset, more than once with one key, writing nowhere else; and, where the cipher authenticates, refuses what was changed.
 */
export function knowsItsAnswers(ciphers: Ciphers, cipher: CipherName): boolean {
  try {
    const answer = knownAnswer(cipher);
    const key = ciphers.key(cipher, answer.key);
    const good = sealsAndOpens(key, answer) && (isCtr(cipher) || refuses(key, answer)) && sealsAndOpens(key, answer);
    key.destroy();
    return good;
  } catch {
    return false;
  }
}

function sealsAndOpens(key: SealKey, { nonce, aad, text, sealed }: KnownAnswer): boolean {
  const from = framed(text, sealed.length);
  const to = framed(new Uint8Array(sealed.length), sealed.length);
  key.seal(nonce, aad, aad.length, from, RIM, text.length, to, RIM);
  key.seal(nonce, aad, aad.length, from, RIM, text.length, from, RIM);
  const sealedWell = holds(to, sealed) && holds(from, sealed);
  const opened = framed(new Uint8Array(text.length), text.length);
  const opens =
    key.open(nonce, aad, aad.length, to, RIM, sealed.length, opened, RIM) &&
    key.open(nonce, aad, aad.length, from, RIM, sealed.length, from, RIM);
  return sealedWell && opens && holds(opened, text) && begins(from, text);
}

function refuses(key: SealKey, { nonce, aad, sealed }: KnownAnswer): boolean {
  const opens = (changed: Uint8Array, associated: Uint8Array): boolean =>
    key.open(nonce, associated, associated.length, changed, 0, sealed.length, new Uint8Array(sealed.length), 0);
  return !opens(flip(sealed, 0), aad) && !opens(flip(sealed, sealed.length - 1), aad) && !opens(sealed, flip(aad, 0));
}

/** `bytes`, and zeros up to `length`, between two rims of another value. */
function framed(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(RIM + length + RIM).fill(0x5a);
  whole.fill(0, RIM, RIM + length);
  whole.set(bytes, RIM);
  return whole;
}

const begins = (whole: Uint8Array, bytes: Uint8Array): boolean => bytes.every((byte, i) => whole[RIM + i] === byte);

const holds = (whole: Uint8Array, bytes: Uint8Array): boolean =>
  begins(whole, bytes) &&
  whole.every((byte, i) => (i >= RIM && i < whole.length - RIM) || byte === 0x5a) &&
  whole.length === bytes.length + 2 * RIM;

const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
