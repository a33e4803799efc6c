import { createHash, hkdfSync } from 'node:crypto';
import { NEVER } from '@ouroboros/model';
import type { SealKey } from '@ouroboros/ports';
import { newCounters } from '../src/counters.js';
import type { OpenVerdict, Protection, ProtectionOptions, SealVerdict } from '../src/index.js';

const NO_AAD = new Uint8Array(0);

/** A C peer as spec/wire-crypto.md §7.1 describes it, defect included; written from there and from nothing else. */
export class CPeer implements Protection {
  readonly profile = 'c';
  readonly cipher;
  readonly overhead;
  readonly headLength;
  readonly sendable = true;
  readonly deadline = NEVER;
  readonly counters = newCounters();
  epoch = 0;
  private readonly salt: Uint8Array;
  private raw: Uint8Array;
  private cur: SealKey;
  private prv: SealKey | null = null;
  private cntr = 0;
  private age = 0;
  private phase = 0;

  constructor(
    private readonly options: ProtectionOptions,
    private readonly m: number,
  ) {
    this.cipher = options.crypto.cipher;
    this.headLength = this.cipher.endsWith('ctr') ? 16 : 12;
    this.overhead = this.cipher.endsWith('ctr') ? 16 : 28;
    this.raw = new Uint8Array(options.crypto.secret);
    this.salt = new Uint8Array(createHash('sha256').update(this.raw).digest());
    this.cur = options.ciphers.key(this.cipher, this.raw);
  }

  seal(text: Uint8Array, offset: number, length: number, out: Uint8Array, outOffset: number): SealVerdict {
    const iv = this.options.random.bytes(this.headLength);
    iv[0] = (iv[0]! & 0x7f) | ((this.cntr & this.m) !== 0 ? 0x80 : 0);
    out.set(iv, outOffset);
    this.cur.seal(iv, NO_AAD, 0, text, offset, length, out, outOffset + this.headLength);
    this.cntr += 1;
    this.age += 1;
    if ((this.cntr & this.m) !== ((this.cntr - 1) & this.m)) this.rotate();
    if (this.prv !== null && this.age >= this.m / 2) this.prv = null;
    return 'ok';
  }

  open(packet: Uint8Array, offset: number, length: number, out: Uint8Array, outOffset: number): OpenVerdict {
    const bit = packet[offset]! >> 7;
    if (bit !== this.phase && this.age >= this.m - this.m / 4) this.rotate();
    this.cntr += 1;
    this.age += 1;
    const ivLength = this.headLength;
    const iv = packet.slice(offset, offset + ivLength);
    for (const key of [this.cur, this.prv]) {
      if (key?.open(iv, NO_AAD, 0, packet, offset + ivLength, length - ivLength, out, outOffset)) {
        this.counters.opened += 1;
        return 'data';
      }
    }
    this.counters.unauthentic += 1;
    return 'dropped';
  }

  wake(): void {
    throw new Error('C has no timers here');
  }

  destroy(): void {
    this.cur.destroy();
  }

  private rotate(): void {
    this.prv = this.cur;
    this.raw = new Uint8Array(hkdfSync('sha256', this.raw, this.salt, 'o7s-key-rotation', 32));
    this.cur = this.options.ciphers.key(this.cipher, this.raw);
    this.age = 0;
    this.phase = 1 - this.phase;
    this.epoch += 1;
  }
}
