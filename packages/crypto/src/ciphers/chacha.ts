/**
 * ChaCha20-Poly1305 [RFC 8439] by libsodium, on the memory of the compiled library itself: the wrappers allocate six
 * arrays for each packet. Usable once libsodium is ready.
 */
import wrappers from 'libsodium-wrappers';
import { AEAD_NONCE_LENGTH, AEAD_TAG_LENGTH, type SealKey } from '@ouroboros/ports';

/** What the wrappers wrap. Lengths of 64 bits are two arguments, low half first. */
interface Library {
  /** All memory; another array after each growth, so never kept. */
  readonly HEAPU8: Uint8Array;
  _malloc(length: number): number;
  _free(pointer: number): void;
  _crypto_aead_chacha20poly1305_ietf_encrypt(
    out: number,
    outLength: number,
    text: number,
    textLow: number,
    textHigh: number,
    aad: number,
    aadLow: number,
    aadHigh: number,
    secretNonce: number,
    nonce: number,
    key: number,
  ): number;
  _crypto_aead_chacha20poly1305_ietf_decrypt(
    out: number,
    outLength: number,
    secretNonce: number,
    sealed: number,
    sealedLow: number,
    sealedHigh: number,
    aad: number,
    aadLow: number,
    aadHigh: number,
    nonce: number,
    key: number,
  ): number;
}

const KEY_LENGTH = 32;
/** Of associated data; more than any protocol here authenticates. */
const AAD_MAX = 64;
const NONE = 0;

const libraryOf = (): Library => (wrappers as unknown as { readonly libsodium: Library }).libsodium;

/** Memory of the library that all keys share: each call uses it alone and from start to end. */
class Workspace {
  readonly library = libraryOf();
  readonly nonce = this.library._malloc(AEAD_NONCE_LENGTH);
  readonly aad = this.library._malloc(AAD_MAX);
  private text = 0;
  private capacity = 0;

  /** Room for a packet of `length` bytes with its tag. */
  room(length: number): number {
    if (length <= this.capacity) return this.text;
    if (this.capacity > 0) this.library._free(this.text);
    this.capacity = Math.max(2 * this.capacity, length, 4096);
    this.text = this.library._malloc(this.capacity);
    return this.text;
  }

  setNonceAndAad(nonce: Uint8Array, aad: Uint8Array, aadLength: number): void {
    if (aadLength > AAD_MAX) throw new Error(`${aadLength} bytes of associated data are too many`);
    const { HEAPU8 } = this.library;
    for (let i = 0; i < AEAD_NONCE_LENGTH; i += 1) HEAPU8[this.nonce + i] = nonce[i]!;
    for (let i = 0; i < aadLength; i += 1) HEAPU8[this.aad + i] = aad[i]!;
  }
}

let shared: Workspace | undefined;

export class ChaChaKey implements SealKey {
  private readonly work = (shared ??= new Workspace());
  /** Where the library has the key; 0 when it is destroyed. */
  private key: number;

  constructor(key: Uint8Array) {
    const { library } = this.work;
    this.key = library._malloc(KEY_LENGTH);
    library.HEAPU8.set(key.subarray(0, KEY_LENGTH), this.key);
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
    const { work, key } = this;
    if (key === 0) throw new Error('this key was destroyed');
    const { library } = work;
    const at = work.room(length + AEAD_TAG_LENGTH);
    work.setNonceAndAad(nonce, aad, aadLength);
    library.HEAPU8.set(text.subarray(offset, offset + length), at);
    library._crypto_aead_chacha20poly1305_ietf_encrypt(
      at,
      NONE,
      at,
      length,
      0,
      work.aad,
      aadLength,
      0,
      NONE,
      work.nonce,
      key,
    );
    out.set(library.HEAPU8.subarray(at, at + length + AEAD_TAG_LENGTH), outOffset);
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
    const { work, key } = this;
    if (key === 0) throw new Error('this key was destroyed');
    const { library } = work;
    const at = work.room(length);
    work.setNonceAndAad(nonce, aad, aadLength);
    library.HEAPU8.set(sealed.subarray(offset, offset + length), at);
    const failed = library._crypto_aead_chacha20poly1305_ietf_decrypt(
      at,
      NONE,
      NONE,
      at,
      length,
      0,
      work.aad,
      aadLength,
      0,
      work.nonce,
      key,
    );
    if (failed !== 0) return false;
    out.set(library.HEAPU8.subarray(at, at + length - AEAD_TAG_LENGTH), outOffset);
    return true;
  }

  destroy(): void {
    if (this.key === 0) return;
    const { library } = this.work;
    library.HEAPU8.fill(0, this.key, this.key + KEY_LENGTH);
    library._free(this.key);
    this.key = 0;
  }
}
