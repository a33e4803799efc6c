/** Cryptography on node:crypto. */
export * from './hash.js';
