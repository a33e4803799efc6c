import type * as Koffi from 'koffi';
import { loadNative } from './libc.js';

/**
 * The functions of OpenSSL 3 that ciphers are made of, and memcpy to go with them, as in C. Addresses are numbers, 0 is
 * NULL: on the packet path koffi takes them in two thirds of the time that a bigint or an array costs.
 */
export interface OpenSslCalls {
  EVP_get_cipherbyname(name: string): number;
  EVP_CIPHER_CTX_new(): number;
  EVP_CIPHER_CTX_free(context: number): void;
  EVP_CipherInit_ex2(
    context: number,
    cipher: number,
    key: number,
    iv: number,
    encrypt: number,
    parameters: number,
  ): number;
  EVP_CipherUpdate(context: number, out: number, outLength: number, text: number, length: number): number;
  EVP_CipherFinal_ex(context: number, out: number, outLength: number): number;
  EVP_CIPHER_CTX_get_params(context: number, parameters: number): number;
  ERR_clear_error(): void;
  memcpy(to: number, from: number, length: number): void;
}

const PROTOTYPES: Readonly<Record<keyof OpenSslCalls, string>> = {
  EVP_get_cipherbyname: 'uint64_t EVP_get_cipherbyname(const char *)',
  EVP_CIPHER_CTX_new: 'uint64_t EVP_CIPHER_CTX_new()',
  EVP_CIPHER_CTX_free: 'void EVP_CIPHER_CTX_free(uint64_t)',
  EVP_CipherInit_ex2: 'int EVP_CipherInit_ex2(uint64_t, uint64_t, uint64_t, uint64_t, int, uint64_t)',
  EVP_CipherUpdate: 'int EVP_CipherUpdate(uint64_t, uint64_t, uint64_t, uint64_t, int)',
  EVP_CipherFinal_ex: 'int EVP_CipherFinal_ex(uint64_t, uint64_t, uint64_t)',
  EVP_CIPHER_CTX_get_params: 'int EVP_CIPHER_CTX_get_params(uint64_t, uint64_t)',
  ERR_clear_error: 'void ERR_clear_error()',
  memcpy: 'void memcpy(uint64_t, uint64_t, size_t)',
};

/** OpenSSL, with memory of this process that it reads and writes. None of its calls yields, so all keys share the memory. */
export interface OpenSsl {
  readonly calls: OpenSslCalls;
  /** Where `bytes` begins. It stays there as long as the array has its length, which a detached one has not. */
  addressOf(bytes: Uint8Array): number;
  /** Room for a key on its way to OpenSSL, and its address; whoever puts one there wipes it. */
  readonly key: Uint8Array;
  readonly keyAddress: number;
  /** The authentication tag that `tagParameters` are about. */
  readonly tag: Uint8Array;
  /** Address of an OSSL_PARAM array: the tag that is expected, or where it is put. */
  readonly tagParameters: number;
  /** Address of an int for lengths that nobody needs. */
  readonly outLength: number;
}

/*
 *    0 struct OSSL_PARAM: key (8)  8 data_type (4+4)  16 data (8)  24 data_size (8)  32 return_size (8)
 *   40 the one that ends the array: key NULL
 *   80 "tag"  88 int of lengths  96 the tag (16)  112 a key (32)
 */
const PARAMETER_KEY = 80;
const OUT_LENGTH = 88;
const TAG = 96;
const TAG_LENGTH = 16;
const KEY = 112;
const KEY_LENGTH = 32;
const OSSL_PARAM_OCTET_STRING = 5;

let loading: Promise<OpenSsl | null> | undefined;

/**
 * Binds OpenSSL 3 once per process: the one inside node's own program, else the system's `libcrypto.so.3`. Resolves to
 * null where there is none, or no access to C libraries. Never rejects.
 */
export function loadOpenSsl(): Promise<OpenSsl | null> {
  return (loading ??= load());
}

async function load(): Promise<OpenSsl | null> {
  if ((await loadNative()) === null) return null;
  const koffi = await import('koffi');
  for (const library of [null, 'libcrypto.so.3']) {
    const calls = tryBind(koffi, library);
    if (calls !== null) return withMemory(calls, (bytes) => Number(koffi.address(bytes)));
  }
  return null;
}

function tryBind(koffi: typeof Koffi, library: string | null): OpenSslCalls | null {
  try {
    const loaded = koffi.load(library);
    const names = Object.keys(PROTOTYPES) as (keyof OpenSslCalls)[];
    return Object.fromEntries(names.map((name) => [name, loaded.func(PROTOTYPES[name])])) as unknown as OpenSslCalls;
  } catch {
    return null;
  }
}

function withMemory(calls: OpenSslCalls, addressOf: (bytes: Uint8Array) => number): OpenSsl {
  const memory = new Uint8Array(KEY + KEY_LENGTH);
  const base = addressOf(memory);
  const view = new DataView(memory.buffer);
  memory.set(new TextEncoder().encode('tag'), PARAMETER_KEY);
  view.setBigUint64(0, BigInt(base + PARAMETER_KEY), true);
  view.setUint32(8, OSSL_PARAM_OCTET_STRING, true);
  view.setBigUint64(16, BigInt(base + TAG), true);
  view.setBigUint64(24, BigInt(TAG_LENGTH), true);
  return {
    calls,
    addressOf,
    key: memory.subarray(KEY),
    keyAddress: base + KEY,
    tag: memory.subarray(TAG, TAG + TAG_LENGTH),
    tagParameters: base,
    outLength: base + OUT_LENGTH,
  };
}
