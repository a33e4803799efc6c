import type { CryptoSuite } from '@ouroboros/ports';
import { NodeHash } from './hash.js';
import { NodeKdf } from './kdf.js';
import { loadKeyExchange } from './kex/load.js';

let loading: Promise<CryptoSuite> | undefined;

/**
 * All cryptography of this process, loaded with the first call and the same for all: a program that never calls it
 * carries no libsodium.
 */
export function loadCrypto(): Promise<CryptoSuite> {
  loading ??= load();
  return loading;
}

async function load(): Promise<CryptoSuite> {
  const keyExchange = await loadKeyExchange();
  const { loadCiphers } = await import('./ciphers/load.js');
  return { hash: new NodeHash(), ciphers: await loadCiphers(), kdf: new NodeKdf(), keyExchange };
}
