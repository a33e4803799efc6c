import { loadOpenSsl } from '@ouroboros/node-runtime';
import type { Ciphers } from '@ouroboros/ports';
import sodium from 'libsodium-wrappers';
import { OpenSslCiphers } from './openssl.js';
import { PortableCiphers } from './portable.js';
import { TestedCiphers } from './tested.js';

/** All ciphers: by OpenSSL where it can be called and does what it must, else by node:crypto and libsodium. */
export async function loadCiphers(): Promise<Ciphers> {
  const [openSsl] = await Promise.all([loadOpenSsl(), sodium.ready]);
  const portable = new PortableCiphers();
  return openSsl === null ? portable : new TestedCiphers(new OpenSslCiphers(openSsl), portable);
}
