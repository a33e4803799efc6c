import { EMPTY_BYTES, fromHex, toHex } from '@ouroboros/model';
import type { Kdf } from '@ouroboros/ports';
import { loadCrypto } from '@ouroboros/crypto';
import { expandLabel } from './expand-label.js';

let kdf: Kdf;
beforeAll(async () => {
  kdf = (await loadCrypto()).kdf;
});

const HELLOS = '860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8';
const HANDSHAKE = '1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac';
const CLIENT_HANDSHAKE = 'b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21';
const SERVER_HANDSHAKE = 'b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38';
const INITIAL = '7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44';
const CLIENT_INITIAL = 'c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea';

describe('HKDF-Expand-Label', () => {
  it.each([
    ['RFC 8448 §3, client', HANDSHAKE, 'tls13 c hs traffic', HELLOS, CLIENT_HANDSHAKE],
    ['RFC 8448 §3, server', HANDSHAKE, 'tls13 s hs traffic', HELLOS, SERVER_HANDSHAKE],
    ['RFC 8448 §3, key', SERVER_HANDSHAKE, 'tls13 key', '', '3fce516009c21727d0f2e4e86ee403bc'],
    ['RFC 8448 §3, iv', SERVER_HANDSHAKE, 'tls13 iv', '', '5d313eb2671276ee13000b30'],
    ['RFC 9001 A.1, client', INITIAL, 'tls13 client in', '', CLIENT_INITIAL],
    ['RFC 9001 A.1, key', CLIENT_INITIAL, 'tls13 quic key', '', '1f369613dd76d5467730efcbe3b1a22d'],
    ['RFC 9001 A.1, iv', CLIENT_INITIAL, 'tls13 quic iv', '', 'fa044b2f42a3fd3b46fb255c'],
  ])('gives the value of %s', (_source, secret, label, context, expected) => {
    const made = expandLabel(kdf, fromHex(secret), label, fromHex(context), expected.length / 2);
    expect(toHex(made)).toBe(expected);
  });

  it('follows the chain of RFC 8448 §3 from the (EC)DHE secret', () => {
    const early = kdf.extract('sha256', EMPTY_BYTES, new Uint8Array(32));
    const derived = expandLabel(kdf, early, 'tls13 derived', kdf.digest('sha256', EMPTY_BYTES), 32);
    const shared = fromHex('8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d');
    expect(toHex(kdf.extract('sha256', derived, shared))).toBe(HANDSHAKE);
  });
});
