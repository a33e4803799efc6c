/** Cryptography on OpenSSL, node:crypto, libsodium and @noble/post-quantum. */
export * from './hash.js';
export * from './kdf.js';
export * from './kex/load.js';
export * from './load.js';
