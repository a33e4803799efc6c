import { concatBytes, fromHex, toHex } from '@ouroboros/model';
import type { CipherName } from '@ouroboros/ports';

/** A published example of a cipher. */
export interface KnownAnswer {
  /** 32 bytes, of which the cipher uses the first. */
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly text: Uint8Array;
  /** Ciphertext and tag. */
  readonly sealed: Uint8Array;
}

/** Follows each key; what a cipher does not use must not matter. */
const UNUSED = new Uint8Array(32).fill(0xee);

const answer = (key: string, nonce: string, aad: string, text: string, sealed: string): KnownAnswer => ({
  key: concatBytes(fromHex(key), UNUSED).slice(0, 32),
  nonce: fromHex(nonce),
  aad: fromHex(aad),
  text: fromHex(text),
  sealed: fromHex(sealed),
});

const GCM_KEY = 'feffe9928665731c6d6a8f9467308308';
const gcm = (key: string, sealed: string): KnownAnswer =>
  answer(
    key,
    'cafebabefacedbaddecaf888',
    'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    `d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
     1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39`,
    sealed,
  );
const ctr = (key: string, sealed: string): KnownAnswer =>
  answer(
    key,
    'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
    '',
    `6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51
     30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710`,
    sealed,
  );
const latin = (text: string): string => toHex(Uint8Array.from(text, (character) => character.charCodeAt(0)));

/** Test cases 4, 10 and 16 of the GCM specification; RFC 8439 §2.8.2; NIST SP 800-38A F.5. */
const ANSWERS: Readonly<Record<CipherName, () => KnownAnswer>> = {
  'aes-128-gcm': () =>
    gcm(
      GCM_KEY,
      `42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05
       1ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47`,
    ),
  'aes-192-gcm': () =>
    gcm(
      GCM_KEY + GCM_KEY.slice(0, 16),
      `3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f47
       18e2448b2fe324d9ccda27102519498e80f1478f37ba55bd6d27618c`,
    ),
  'aes-256-gcm': () =>
    gcm(
      GCM_KEY + GCM_KEY,
      `522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838
       c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b`,
    ),
  'chacha20-poly1305': () =>
    answer(
      '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f',
      '070000004041424344454647',
      '50515253c0c1c2c3c4c5c6c7',
      latin(
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
      ),
      `d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b
       1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc
       3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691`,
    ),
  'aes-128-ctr': () =>
    ctr(
      '2b7e151628aed2a6abf7158809cf4f3c',
      `874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff
       5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee`,
    ),
  'aes-192-ctr': () =>
    ctr(
      '8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b',
      `1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e94
       1e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050`,
    ),
  'aes-256-ctr': () =>
    ctr(
      '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
      `601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5
       2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6`,
    ),
};

/** Names of all ciphers. */
export const ALL_CIPHERS = Object.keys(ANSWERS) as readonly CipherName[];

export const knownAnswer = (cipher: CipherName): KnownAnswer => ANSWERS[cipher]();
