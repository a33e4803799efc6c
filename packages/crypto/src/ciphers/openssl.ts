/**
 * All ciphers by OpenSSL's EVP interface, in the memory of the caller: no call allocates or copies more than `open` must.
 * The key is set once, each packet sets a nonce.
 */
import type { OpenSsl } from '@ouroboros/node-runtime';
import {
  AEAD_NONCE_LENGTH,
  AEAD_TAG_LENGTH,
  CTR_IV_LENGTH,
  type CipherName,
  type Ciphers,
  type SealKey,
} from '@ouroboros/ports';
import { isCtr } from './portable.js';

const NULL = 0;
const DECRYPT = 0;
const ENCRYPT = 1;

export class OpenSslCiphers implements Ciphers {
  constructor(private readonly openSsl: OpenSsl) {}

  key(cipher: CipherName, key: Uint8Array): SealKey {
    return isCtr(cipher) ? new CtrKey(this.openSsl, cipher, key) : new AeadKey(this.openSsl, cipher, key);
  }
}

/** Address of bytes in the array that was given last: the packets of one key pass through the same few arrays. */
class Place {
  private bytes: Uint8Array | null = null;
  private base = 0;

  constructor(private readonly openSsl: OpenSsl) {}

  at(bytes: Uint8Array, offset: number, length: number): number {
    if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) throw new RangeError('no such bytes');
    if (bytes !== this.bytes) {
      this.base = this.openSsl.addressOf(bytes);
      this.bytes = bytes;
    }
    return this.base + offset;
  }

  forget(): void {
    this.bytes = null;
  }
}

/** A key in a context of OpenSSL, which frees and overwrites it when it is destroyed. */
class ContextKey {
  protected readonly nonceAt: Place;
  protected readonly aadAt: Place;
  protected readonly textAt: Place;
  protected readonly outAt: Place;
  private context: number;

  constructor(
    protected readonly openSsl: OpenSsl,
    cipher: CipherName,
    key: Uint8Array,
  ) {
    this.nonceAt = new Place(openSsl);
    this.aadAt = new Place(openSsl);
    this.textAt = new Place(openSsl);
    this.outAt = new Place(openSsl);
    this.context = openSsl.calls.EVP_CIPHER_CTX_new();
    if (this.setKey(cipher, key)) return;
    this.destroy();
    throw this.failure(cipher);
  }

  destroy(): void {
    this.openSsl.calls.EVP_CIPHER_CTX_free(this.context);
    this.context = NULL;
    for (const place of [this.nonceAt, this.aadAt, this.textAt, this.outAt]) place.forget();
  }

  private setKey(cipher: CipherName, key: Uint8Array): boolean {
    const { calls, key: room, keyAddress } = this.openSsl;
    const found = calls.EVP_get_cipherbyname(cipher);
    if (found === NULL || this.context === NULL || key.length < room.length) return false;
    room.set(key.subarray(0, room.length));
    const set = calls.EVP_CipherInit_ex2(this.context, found, keyAddress, NULL, ENCRYPT, NULL);
    room.fill(0);
    return set === 1;
  }

  /** The context; using it when the key was destroyed is an error of ours. */
  protected get live(): number {
    if (this.context === NULL) throw new Error('this key was destroyed');
    return this.context;
  }

  /** Something failed that depends on no peer. */
  protected failure(doing: string): Error {
    this.openSsl.calls.ERR_clear_error();
    return new Error(`OpenSSL failed: ${doing}`);
  }
}

class AeadKey extends ContextKey implements SealKey {
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
    const { live: context, openSsl } = this;
    const { calls, outLength, tag, tagParameters } = openSsl;
    const to = this.outAt.at(out, outOffset, length + AEAD_TAG_LENGTH);
    const from = text === out && offset === outOffset ? to : this.textAt.at(text, offset, length);
    const done =
      this.begin(context, nonce, aad, aadLength, ENCRYPT, NULL) &
      calls.EVP_CipherUpdate(context, to, outLength, from, length) &
      calls.EVP_CipherFinal_ex(context, to, outLength) &
      calls.EVP_CIPHER_CTX_get_params(context, tagParameters);
    if (done !== 1) throw this.failure('seal');
    const end = outOffset + length;
    for (let i = 0; i < AEAD_TAG_LENGTH; i += 1) out[end + i] = tag[i]!;
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
    const { live: context, openSsl } = this;
    const { calls, outLength, tag, tagParameters } = openSsl;
    const textLength = length - AEAD_TAG_LENGTH;
    if (textLength < 0) return false;
    const at = this.outAt.at(out, outOffset, textLength);
    const from = this.textAt.at(sealed, offset, length);
    const end = offset + textLength;
    for (let i = 0; i < AEAD_TAG_LENGTH; i += 1) tag[i] = sealed[end + i]!;
    // A copy first: OpenSSL reads once to authenticate and once more to decrypt, and another process may write between.
    if (from !== at) calls.memcpy(at, from, textLength);
    const done =
      this.begin(context, nonce, aad, aadLength, DECRYPT, tagParameters) &
      calls.EVP_CipherUpdate(context, at, outLength, at, textLength);
    if (done !== 1) throw this.failure('open');
    if (calls.EVP_CipherFinal_ex(context, at, outLength) === 1) return true;
    out.fill(0, outOffset, outOffset + textLength);
    // Whoever uses OpenSSL next in this process must not take it for a failure of its own.
    calls.ERR_clear_error();
    return false;
  }

  private begin(
    context: number,
    nonce: Uint8Array,
    aad: Uint8Array,
    aadLength: number,
    direction: number,
    parameters: number,
  ): number {
    const { calls, outLength } = this.openSsl;
    const iv = this.nonceAt.at(nonce, 0, AEAD_NONCE_LENGTH);
    const set = calls.EVP_CipherInit_ex2(context, NULL, NULL, iv, direction, parameters);
    if (aadLength === 0) return set;
    return set & calls.EVP_CipherUpdate(context, NULL, outLength, this.aadAt.at(aad, 0, aadLength), aadLength);
  }
}

class CtrKey extends ContextKey implements SealKey {
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
    const { live: context, openSsl } = this;
    const { calls, outLength } = openSsl;
    const from = this.textAt.at(text, offset, length);
    const to = this.outAt.at(out, outOffset, length);
    const iv = this.nonceAt.at(nonce, 0, CTR_IV_LENGTH);
    const done =
      calls.EVP_CipherInit_ex2(context, NULL, NULL, iv, ENCRYPT, NULL) &
      calls.EVP_CipherUpdate(context, to, outLength, from, length);
    if (done !== 1) throw this.failure('counter mode');
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
}
