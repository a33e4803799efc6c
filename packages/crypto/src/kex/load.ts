import type { KeyExchange } from '@ouroboros/ports';

/** Loads what the key exchanges are made of; a program that never calls it carries no libsodium. */
export async function loadKeyExchange(): Promise<KeyExchange> {
  const [{ default: sodium }, { NodeKeyExchange }] = await Promise.all([
    import('libsodium-wrappers'),
    import('./key-exchange.js'),
  ]);
  await sodium.ready;
  return new NodeKeyExchange();
}
