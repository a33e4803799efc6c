import { EMPTY_BYTES, NEVER } from '@ouroboros/model';
import { AEAD_NONCE_LENGTH, AEAD_TAG_LENGTH, type AeadName, type SealKey } from '@ouroboros/ports';
import { newCounters } from './counters.js';
import { KeyChain } from './key-chain.js';
import type { OpenVerdict, Protection, ProtectionOptions, SealVerdict } from './protection.js';
import { RandomIvs } from './random-ivs.js';

const OVERHEAD = AEAD_NONCE_LENGTH + AEAD_TAG_LENGTH;

/** Packets, sent and received together, after which C rotates its key. [spec/wire-crypto.md §7.1] */
export const C_ROTATION = 2 ** 20;

/**
 * This end rotates later than C by so much, against the letter of §7.2. When both rotate at M, C often does it twice in a
 * row: upon our phase bit, and then by its own counter. Packets sent before that and overtaken on the way find no key
 * there. So C goes first, if it sends; if it only receives, it rotates upon our phase bit from 3/4 M on. Simulated with 0,
 * 1, 10 and 30 % loss, 10/90, 50/50 and 90/10 traffic, and up to M/20 packets reordered, 30 runs each: with M itself
 * packets are lost in 15 of these 36 conditions, with 9/8 M in none.
 */
const PATIENCE = 9 / 8;

/**
 * Protection towards a C peer, with a cipher that authenticates (profile `c`). [spec/wire-crypto.md §7]
 *
 *   0 random IV (12), most significant bit of its first byte = key phase │ 12 ciphertext … │ tag (16)
 *
 * Both directions share one chain of keys K(0), K(1) … C counts sent and received packets together and loses the key
 * when packets get lost; here is the robust variant of §7.2: stand at K(i), accept K(i−1), K(i), K(i+1), and go on
 * when the peer has. The phase says only which of them is tried first. So a forged packet costs three attempts; a
 * replayed one opens, as there is nothing in C's layout that shows it.
 */
export class CProtection implements Protection {
  readonly profile = 'c';
  readonly overhead = OVERHEAD;
  readonly headLength = AEAD_NONCE_LENGTH;
  readonly deadline = NEVER;
  readonly counters = newCounters();

  private readonly chain: KeyChain;
  private readonly ivs: RandomIvs;
  private readonly nonce = new Uint8Array(AEAD_NONCE_LENGTH);
  private readonly rotateAfter: number;
  private index = 0;
  /** Packets since the last rotation. */
  private count = 0;
  private left: SealKey | null = null;
  private current: SealKey;
  private next: SealKey;
  private destroyed = false;

  constructor(
    options: ProtectionOptions,
    readonly cipher: AeadName,
    rotation = C_ROTATION,
  ) {
    this.rotateAfter = rotation * PATIENCE;
    this.chain = new KeyChain(options.kdf, options.ciphers, cipher, options.crypto.secret);
    this.ivs = new RandomIvs(options.random, AEAD_NONCE_LENGTH);
    this.current = this.chain.key();
    this.chain.advance();
    this.next = this.chain.key();
  }

  get epoch(): number {
    return this.index;
  }

  get sendable(): boolean {
    return !this.destroyed;
  }

  seal(text: Uint8Array, offset: number, length: number, out: Uint8Array, outOffset: number): SealVerdict {
    if (this.destroyed) return 'down';
    if (this.count >= this.rotateAfter) this.rotate();
    const { nonce } = this;
    this.ivs.write(this.index & 1, nonce);
    for (let i = 0; i < AEAD_NONCE_LENGTH; i += 1) out[outOffset + i] = nonce[i]!;
    this.current.seal(nonce, EMPTY_BYTES, 0, text, offset, length, out, outOffset + AEAD_NONCE_LENGTH);
    this.count += 1;
    this.counters.sealed += 1;
    return 'ok';
  }

  open(packet: Uint8Array, offset: number, length: number, out: Uint8Array, outOffset: number): OpenVerdict {
    if (length <= OVERHEAD) return this.drop('short');
    if (this.destroyed) return this.drop('unknownEpoch');
    for (let i = 0; i < AEAD_NONCE_LENGTH; i += 1) this.nonce[i] = packet[offset + i]!;
    if (!this.tryKeys(packet, offset + AEAD_NONCE_LENGTH, length - AEAD_NONCE_LENGTH, out, outOffset)) {
      return this.drop('unauthentic');
    }
    this.count += 1;
    this.counters.opened += 1;
    return 'data';
  }

  wake(): void {
    // Nothing here depends on time.
  }

  destroy(): void {
    this.destroyed = true;
    this.chain.destroy();
    this.left?.destroy();
    this.current.destroy();
    this.next.destroy();
  }

  private tryKeys(packet: Uint8Array, at: number, length: number, out: Uint8Array, outOffset: number): boolean {
    const samePhase = this.nonce[0]! >>> 7 === (this.index & 1);
    if (samePhase && this.tryKey(this.current, packet, at, length, out, outOffset)) return true;
    if (this.left !== null && this.tryKey(this.left, packet, at, length, out, outOffset)) return true;
    if (this.tryKey(this.next, packet, at, length, out, outOffset)) {
      this.rotate();
      return true;
    }
    return !samePhase && this.tryKey(this.current, packet, at, length, out, outOffset);
  }

  private tryKey(
    key: SealKey,
    packet: Uint8Array,
    at: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): boolean {
    return key.open(this.nonce, EMPTY_BYTES, 0, packet, at, length, out, outOffset);
  }

  private rotate(): void {
    this.left?.destroy();
    this.left = this.current;
    this.current = this.next;
    this.chain.advance();
    this.next = this.chain.key();
    this.index += 1;
    this.count = 0;
    this.counters.keyChanges += 1;
  }

  private drop(reason: 'short' | 'unauthentic' | 'unknownEpoch'): OpenVerdict {
    this.counters[reason] += 1;
    return 'dropped';
  }
}
