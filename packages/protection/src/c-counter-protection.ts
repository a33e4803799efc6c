import { EMPTY_BYTES, NEVER } from '@ouroboros/model';
import { CTR_IV_LENGTH, type CtrName, type SealKey } from '@ouroboros/ports';
import { C_ROTATION } from './c-protection.js';
import { newCounters } from './counters.js';
import { KeyChain } from './key-chain.js';
import type { OpenVerdict, Protection, ProtectionOptions, SealVerdict } from './protection.js';
import { RandomIvs } from './random-ivs.js';

/**
 * Protection towards a C peer with AES in counter mode, which shows neither tampering nor a wrong key.
 *
 *   0 random IV (16), most significant bit of its first byte = key phase │ 16 ciphertext …
 *
 * As no key can be tried out, this is C's own rotation, defect included: when packets are lost while both ends send,
 * the ends lose each other's key after 2^20 packets. [spec/wire-crypto.md §7.1, §7.2]
 */
export class CCounterProtection implements Protection {
  readonly profile = 'c';
  readonly overhead = CTR_IV_LENGTH;
  readonly headLength = CTR_IV_LENGTH;
  readonly deadline = NEVER;
  readonly counters = newCounters();

  private readonly chain: KeyChain;
  private readonly ivs: RandomIvs;
  private readonly iv = new Uint8Array(CTR_IV_LENGTH);
  private key: SealKey;
  /** Packets sent and received; unsigned, 32 bit, of which only the bit of the rotation counts. */
  private count = 0;
  /** Packets since the last rotation. */
  private age = 0;
  private index = 0;
  private destroyed = false;

  constructor(
    options: ProtectionOptions,
    readonly cipher: CtrName,
    private readonly rotation = C_ROTATION,
  ) {
    this.chain = new KeyChain(options.kdf, options.ciphers, cipher, options.crypto.secret);
    this.ivs = new RandomIvs(options.random, CTR_IV_LENGTH);
    this.key = this.chain.key();
  }

  get epoch(): number {
    return this.index;
  }

  get sendable(): boolean {
    return !this.destroyed;
  }

  seal(text: Uint8Array, offset: number, length: number, out: Uint8Array, outOffset: number): SealVerdict {
    if (this.destroyed) return 'down';
    const half = this.halfOf(this.count);
    this.ivs.write(half, this.iv);
    for (let i = 0; i < CTR_IV_LENGTH; i += 1) out[outOffset + i] = this.iv[i]!;
    this.key.seal(this.iv, EMPTY_BYTES, 0, text, offset, length, out, outOffset + CTR_IV_LENGTH);
    this.countPacket();
    if (this.halfOf(this.count) !== half) this.rotate();
    this.counters.sealed += 1;
    return 'ok';
  }

  open(packet: Uint8Array, offset: number, length: number, out: Uint8Array, outOffset: number): OpenVerdict {
    if (length <= CTR_IV_LENGTH) return this.drop('short');
    if (this.destroyed) return this.drop('unknownEpoch');
    const { iv } = this;
    for (let i = 0; i < CTR_IV_LENGTH; i += 1) iv[i] = packet[offset + i]!;
    const otherPhase = iv[0]! >>> 7 !== (this.index & 1);
    if (otherPhase && this.age >= this.rotation - this.rotation / 4) this.rotate();
    this.countPacket();
    const sealed = offset + CTR_IV_LENGTH;
    this.key.open(iv, EMPTY_BYTES, 0, packet, sealed, length - CTR_IV_LENGTH, out, outOffset);
    this.counters.opened += 1;
    return 'data';
  }

  wake(): void {
    // Nothing here depends on time.
  }

  destroy(): void {
    this.destroyed = true;
    this.chain.destroy();
    this.key.destroy();
  }

  private halfOf(count: number): number {
    return Math.floor(count / this.rotation) & 1;
  }

  private countPacket(): void {
    this.count = (this.count + 1) % (2 * this.rotation);
    this.age += 1;
  }

  private rotate(): void {
    this.key.destroy();
    this.chain.advance();
    this.key = this.chain.key();
    this.index += 1;
    this.age = 0;
    this.counters.keyChanges += 1;
  }

  private drop(reason: 'short' | 'unknownEpoch'): OpenVerdict {
    this.counters[reason] += 1;
    return 'dropped';
  }
}
