/**
 * A packet of profile `o7s`:
 *
 *   0 epoch, low 8 bits (1) │ 1 counter (4) │ 5 ciphertext … │ tag (16)
 *
 * The five bytes in front are authenticated along. The nonce is the key's iv XOR the counter, right-aligned
 * [RFC 8446 §5.3]; the counter begins at 0 with each key and is never used twice.
 */
import { AEAD_NONCE_LENGTH, AEAD_TAG_LENGTH, type SealKey } from '@ouroboros/ports';
import type { DirectionKey } from './key-schedule.js';
import { ReplayWindow } from './replay-window.js';

export const OWN_HEAD = 5;
export const OWN_OVERHEAD = OWN_HEAD + AEAD_TAG_LENGTH;

/** So many failed attempts count as one packet; the known bounds are 2^36 attempts and more. [RFC 9001 §6.6] */
const FORGERIES_PER_PACKET = 256;

/** The last four bytes of the nonce are the only ones that change. */
const COUNTER_AT = AEAD_NONCE_LENGTH - 4;

/** A key with its nonces. */
class CountedKey {
  protected readonly nonce: Uint8Array;
  protected readonly key: SealKey;
  protected readonly head = new Uint8Array(OWN_HEAD);
  private readonly ivTail: number;

  constructor(
    readonly epoch: number,
    direction: DirectionKey,
  ) {
    this.key = direction.key;
    this.nonce = direction.iv;
    this.ivTail = readU32(direction.iv, COUNTER_AT);
  }

  destroy(): void {
    this.key.destroy();
    this.nonce.fill(0);
  }

  protected setNonce(counter: number): void {
    writeU32(this.nonce, COUNTER_AT, this.ivTail ^ counter);
  }
}

/** The key that this end seals with. */
export class SealingKey extends CountedKey {
  /** Packets sealed. */
  count = 0;

  /** Writes the packet for `text[offset … offset+length)`, in place as Protection.seal says. */
  seal(text: Uint8Array, offset: number, length: number, out: Uint8Array, outOffset: number): void {
    const counter = this.count;
    if (counter > 0xffffffff) throw new Error('a key has no nonces left');
    this.count = counter + 1;
    this.head[0] = this.epoch;
    writeU32(this.head, 1, counter);
    for (let i = 0; i < OWN_HEAD; i += 1) out[outOffset + i] = this.head[i]!;
    this.setNonce(counter);
    this.key.seal(this.nonce, this.head, OWN_HEAD, text, offset, length, out, outOffset + OWN_HEAD);
  }
}

/** A key of the peer, with what was received under it. */
export class OpeningKey extends CountedKey {
  /** When it is left, once its successor is in use. */
  expires = Infinity;
  private readonly window = new ReplayWindow();
  private forged = 0;

  /**
   * How much the key has borne, in packets: those that the peer has sealed, as far as is known, and forgeries, which
   * wear a key out too [RFC 9001 §6.6], far more slowly.
   */
  get load(): number {
    return this.window.highest + 1 + Math.floor(this.forged / FORGERIES_PER_PACKET);
  }

  /** Opens `packet[offset … offset+length)`, whose first byte named this key; reads each byte once. */
  open(
    packet: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): 'opened' | 'replayed' | 'unauthentic' {
    const { head } = this;
    head[0] = this.epoch;
    for (let i = 1; i < OWN_HEAD; i += 1) head[i] = packet[offset + i]!;
    const counter = readU32(head, 1);
    if (!this.window.accepts(counter)) return 'replayed';
    this.setNonce(counter);
    if (this.key.open(this.nonce, head, OWN_HEAD, packet, offset + OWN_HEAD, length - OWN_HEAD, out, outOffset)) {
      this.window.note(counter);
      return 'opened';
    }
    this.forged += 1;
    return 'unauthentic';
  }
}

const readU32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
