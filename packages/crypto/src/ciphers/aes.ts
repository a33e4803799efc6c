/**
 * AES by node:crypto, which makes objects and arrays for each packet; the text goes through them and is copied to where
 * the caller wants it.
 */
import { createCipheriv, createDecipheriv, type CipherGCMTypes } from 'node:crypto';
import { AEAD_TAG_LENGTH, type AeadName, type CtrName, type SealKey } from '@ouroboros/ports';

export type AesGcmName = Exclude<AeadName, 'chacha20-poly1305'>;

const TAG = { authTagLength: AEAD_TAG_LENGTH };

/** Bytes of the key that a cipher uses. */
const KEY_LENGTH: Readonly<Record<AesGcmName | CtrName, number>> = {
  'aes-128-gcm': 16,
  'aes-192-gcm': 24,
  'aes-256-gcm': 32,
  'aes-128-ctr': 16,
  'aes-192-ctr': 24,
  'aes-256-ctr': 32,
};

/** A copy of the key that is zeroed when it is destroyed; using it afterwards is an error of ours. */
class HeldKey {
  private held: Uint8Array | null;

  constructor(cipher: AesGcmName | CtrName, key: Uint8Array) {
    this.held = key.slice(0, KEY_LENGTH[cipher]);
  }

  get bytes(): Uint8Array {
    if (this.held === null) throw new Error('this key was destroyed');
    return this.held;
  }

  destroy(): void {
    this.held?.fill(0);
    this.held = null;
  }
}

export class AesGcmKey implements SealKey {
  private readonly key: HeldKey;

  constructor(
    private readonly cipher: AesGcmName & CipherGCMTypes,
    key: Uint8Array,
  ) {
    this.key = new HeldKey(cipher, key);
  }

  seal(
    nonce: Uint8Array,
    aad: Uint8Array,
    aadLength: number,
    text: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): void {
    const cipher = createCipheriv(this.cipher, this.key.bytes, nonce, TAG);
    if (aadLength > 0) cipher.setAAD(aad.length === aadLength ? aad : aad.subarray(0, aadLength));
    out.set(cipher.update(text.subarray(offset, offset + length)), outOffset);
    cipher.final();
    out.set(cipher.getAuthTag(), outOffset + length);
  }

  open(
    nonce: Uint8Array,
    aad: Uint8Array,
    aadLength: number,
    sealed: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): boolean {
    const textLength = length - AEAD_TAG_LENGTH;
    if (textLength < 0) return false;
    const decipher = createDecipheriv(this.cipher, this.key.bytes, nonce, TAG);
    if (aadLength > 0) decipher.setAAD(aad.length === aadLength ? aad : aad.subarray(0, aadLength));
    // A copy, as node:crypto reads twice: to authenticate and to decrypt.
    const copy = sealed.slice(offset, offset + length);
    decipher.setAuthTag(copy.subarray(textLength));
    const text = decipher.update(copy.subarray(0, textLength));
    if (!isAuthentic(decipher)) return false;
    out.set(text, outOffset);
    return true;
  }

  destroy(): void {
    this.key.destroy();
  }
}

/** `final` of a decipher throws when the tag is another one. */
function isAuthentic(decipher: { final(): unknown }): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

export class AesCtrKey implements SealKey {
  private readonly key: HeldKey;

  constructor(
    private readonly cipher: CtrName,
    key: Uint8Array,
  ) {
    this.key = new HeldKey(cipher, key);
  }

  seal(
    nonce: Uint8Array,
    _aad: Uint8Array,
    _aadLength: number,
    text: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): void {
    const cipher = createCipheriv(this.cipher, this.key.bytes, nonce);
    out.set(cipher.update(text.subarray(offset, offset + length)), outOffset);
  }

  open(
    nonce: Uint8Array,
    aad: Uint8Array,
    aadLength: number,
    sealed: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): boolean {
    this.seal(nonce, aad, aadLength, sealed, offset, length, out, outOffset);
    return true;
  }

  destroy(): void {
    this.key.destroy();
  }
}
