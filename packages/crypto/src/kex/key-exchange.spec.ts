import { createPublicKey, createHash, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { ml_kem1024, ml_kem512, ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { fromHex, toHex } from '@ouroboros/model';
import { isKem, type KexName, type KeyExchange } from '@ouroboros/ports';
import fc from 'fast-check';
import { DER, writeDer } from './der.js';
import { generateDhPair, type NodeDhName } from './dh.js';
import { ffdhePrime } from './ffdhe.js';
import { loadKeyExchange } from './load.js';
import { readSpki, writeSpki } from './spki.js';
import { X25519, X448 } from './x-curves.js';

let kex: KeyExchange;
beforeAll(async () => {
  kex = await loadKeyExchange();
});

/** Lengths of what the client and the server send. [spec/wire-crypto.md §2; 3072 and 4096 are given as 808 and 1064 ± 1] */
const SIZES: Readonly<Record<KexName, readonly [client: number, server: number]>> = {
  ffdhe2048: [552, 552],
  prime256v1: [91, 91],
  X25519: [44, 44],
  ffdhe3072: [809, 809],
  secp384r1: [120, 120],
  ffdhe4096: [1065, 1065],
  X448: [68, 68],
  secp521r1: [158, 158],
  'ML-KEM-512': [822, 768],
  'ML-KEM-768': [1206, 1088],
  'ML-KEM-1024': [1590, 1568],
  X25519MLKEM768: [1216, 1120],
  X448MLKEM1024: [1624, 1624],
};
const ALL = Object.keys(SIZES) as KexName[];
const KEMS = ALL.filter(isKem);
const DHS = ALL.filter((name) => !isKem(name));
const isRaw = (name: KexName): boolean => name === 'X25519MLKEM768' || name === 'X448MLKEM1024';

/** Both sides of one exchange. */
function exchanged(name: KexName): { mine: Uint8Array; theirs: Uint8Array; answer: Uint8Array; share: Uint8Array } {
  const client = kex.generate(name);
  if (isKem(name)) {
    const { ciphertext, secret } = kex.encapsulate(name, client.publicKey)!;
    return { mine: client.agree(ciphertext)!, theirs: secret, answer: ciphertext, share: client.publicKey };
  }
  const server = kex.generate(name);
  const [mine, theirs] = [client.agree(server.publicKey)!, server.agree(client.publicKey)!];
  return { mine, theirs, answer: server.publicKey, share: client.publicKey };
}

describe('A key exchange', () => {
  it.each(ALL)('with %s gives both sides one secret', (name) => {
    const { mine, theirs, answer, share } = exchanged(name);
    expect(toHex(mine)).toBe(toHex(theirs));
    const [client, server] = SIZES[name];
    for (const [bytes, length] of [
      [share, client],
      [answer, server],
    ] as const) {
      // A finite-field key with leading zero bits is shorter.
      expect(Math.abs(bytes.length - length)).toBeLessThanOrEqual(name.startsWith('ffdhe') ? 3 : 0);
    }
    expect(kex.recognise(share, isRaw(name))).toBe(name);
    expect(kex.recognise(share, !isRaw(name))).toBeUndefined();
    expect(toHex(exchanged(name).mine)).not.toBe(toHex(mine));
  });

  it.each(DHS)('with %s is that of OpenSSL', (name) => {
    const ours = kex.generate(name);
    const theirs =
      name === 'X25519'
        ? generateKeyPairSync('x25519')
        : name === 'X448'
          ? generateKeyPairSync('x448')
          : generateDhPair(name as NodeDhName);
    const publicKey = createPublicKey({ key: Buffer.from(ours.publicKey), format: 'der', type: 'spki' });
    const secret = diffieHellman({ privateKey: theirs.privateKey, publicKey });
    const stripped = name.startsWith('ffdhe') ? secret.subarray(secret.findIndex((byte) => byte !== 0)) : secret;
    const peer = new Uint8Array(theirs.publicKey.export({ type: 'spki', format: 'der' }));
    expect(toHex(ours.agree(peer)!)).toBe(toHex(stripped));
  });

  it('with X25519 gives the secret of the specification’s example', () => {
    const [client, server] = [X25519.from(new Uint8Array(32).fill(1)), X25519.from(new Uint8Array(32).fill(2))];
    expect(toHex(client.publicKey)).toBe('a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a209');
    expect(toHex(client.agree(server.publicKey)!)).toBe(
      '2ed76ab549b1e73c031eb49c9448f0798aea81b698279a0c3dc3e49fbfc4b953',
    );
  });

  it('with X448 gives the secret of RFC 7748 §6.2', () => {
    const alice = X448.from(
      fromHex(
        '9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b',
      ),
    );
    expect(toHex(alice.publicKey)).toBe(
      '9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0',
    );
    const bob = fromHex(
      '3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609',
    );
    expect(toHex(alice.agree(bob)!)).toBe(
      '07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d',
    );
  });

  it.each([
    ['ML-KEM-512', ml_kem512],
    ['ML-KEM-768', ml_kem768],
    ['ML-KEM-1024', ml_kem1024],
  ] as const)('with %s is understood by another implementation', (name, other) => {
    const keys = kex.generate(name);
    const made = other.encapsulate(readSpki(keys.publicKey)!.key);
    expect(toHex(keys.agree(made.cipherText)!)).toBe(toHex(made.sharedSecret));
    const pair = other.keygen();
    const { ciphertext, secret } = kex.encapsulate(name, writeSpki(name, pair.publicKey))!;
    expect(toHex(other.decapsulate(ciphertext, pair.secretKey))).toBe(toHex(secret));
  });
});

describe('Keys that were destroyed', () => {
  it.each(ALL)('of %s agree on nothing, however often', (name) => {
    const keys = kex.generate(name);
    const peer = isKem(name) ? kex.encapsulate(name, keys.publicKey)!.ciphertext : kex.generate(name).publicKey;
    expect(keys.agree(peer)).toBeDefined();
    keys.destroy();
    keys.destroy();
    expect(keys.agree(peer)).toBeUndefined();
  });
});

describe('The groups of RFC 7919', () => {
  it.each([
    ['ffdhe2048', 'ffffffffffffffffadf85458a2bb4a9a', '886b423861285c97ffffffffffffffff'],
    ['ffdhe3072', 'ffffffffffffffffadf85458a2bb4a9a', '25e41d2b66c62e37ffffffffffffffff'],
    ['ffdhe4096', 'ffffffffffffffffadf85458a2bb4a9a', '5e655f6affffffffffffffff'],
  ] as const)('%s begins and ends as printed', (name, first, last) => {
    const prime = toHex(ffdhePrime(name));
    expect(prime.slice(0, first.length)).toBe(first);
    expect(prime.slice(-last.length)).toBe(last);
    expect(prime).toHaveLength(Number(name.slice(5)) / 4);
  });
});

describe('What a peer sends', () => {
  it.each(ALL)('as a key of %s may be anything', (name) => {
    const keys = kex.generate(name);
    const { answer, share } = exchanged(name);
    for (const other of ALL.filter((one) => one !== name)) {
      expect(keys.agree(kex.generate(other).publicKey)).toBeUndefined();
      expect(kex.encapsulate(name, kex.generate(other).publicKey)).toBeUndefined();
    }
    for (const bytes of [answer, share]) {
      for (let length = 0; length < bytes.length; length += 1 + (length >>> 5)) {
        expect(keys.agree(bytes.subarray(0, length))).toBeUndefined();
        expect(kex.encapsulate(name, bytes.subarray(0, length))).toBeUndefined();
        expect(kex.recognise(bytes.subarray(0, length), false)).toBeUndefined();
      }
    }
  });

  it('is no key of the table when it is Ed25519, P-224 or RSA', () => {
    const foreign = [
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('ec', { namedCurve: 'secp224r1' }),
      generateKeyPairSync('rsa', { modulusLength: 1024 }),
    ];
    for (const { publicKey } of foreign) {
      const der = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
      expect(kex.recognise(der, false)).toBeUndefined();
      for (const name of DHS) expect(kex.generate(name).agree(der)).toBeUndefined();
    }
  });

  it.each([
    ['X25519', 32],
    ['X448', 56],
  ] as const)('cannot make %s agree on zero', (name, length) => {
    for (const first of [0, 1]) {
      const point = new Uint8Array(length);
      point[0] = first;
      expect(kex.generate(name).agree(writeSpki(name, point))).toBeUndefined();
    }
  });

  it.each(['ffdhe2048', 'ffdhe3072', 'ffdhe4096'] as const)('cannot make %s agree on one', (name) => {
    const bits = (value: Uint8Array): Uint8Array => writeSpki(name, writeDer(DER.integer, value));
    const prime = ffdhePrime(name);
    const minusOne = Uint8Array.of(0, ...prime.subarray(0, -1), prime.at(-1)! - 1);
    for (const value of [Uint8Array.of(0), Uint8Array.of(1), minusOne, Uint8Array.of(0, ...prime)])
      expect(kex.generate(name).agree(bits(value))).toBeUndefined();
  });

  it('is refused as a KEM key whose coefficients are out of range', () => {
    for (const [name, length] of [
      ['ML-KEM-512', 800],
      ['ML-KEM-768', 1184],
      ['ML-KEM-1024', 1568],
    ] as const)
      expect(kex.encapsulate(name, writeSpki(name, new Uint8Array(length).fill(0xff)))).toBeUndefined();
  });

  it('gives an unknown secret for a forged ciphertext', () => {
    for (const name of KEMS) {
      const keys = kex.generate(name);
      const { ciphertext, secret } = kex.encapsulate(name, keys.publicKey)!;
      ciphertext[0]! ^= 1;
      const forged = keys.agree(ciphertext);
      expect(forged && toHex(forged)).not.toBe(toHex(secret));
    }
  });

  it('never makes a decoder throw', () => {
    const samples = ALL.map((name) => kex.generate(name).publicKey);
    const mutated = fc
      .tuple(fc.constantFrom(...samples), fc.nat(2000), fc.nat(255))
      .map(([bytes, at, value]) => bytes.map((byte, i) => (i === at % bytes.length ? value : byte)));
    const keys = kex.generate('prime256v1');
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), fc.boolean(), (bytes, raw) => {
        const name = kex.recognise(bytes, raw);
        expect(name === undefined || ALL.includes(name)).toBe(true);
        keys.agree(bytes);
        kex.load(bytes, raw);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('A static private key', () => {
  const pkcs8 = (name: 'ML-KEM-512' | 'ML-KEM-768' | 'ML-KEM-1024', choice: Uint8Array): Uint8Array => {
    const last = { 'ML-KEM-512': 1, 'ML-KEM-768': 2, 'ML-KEM-1024': 3 }[name];
    const algorithm = fromHex(`300b06096086480165030404 0${last}`);
    return writeDer(DER.sequence, fromHex('020100'), algorithm, writeDer(DER.octetString, choice));
  };

  it.each([
    ['ML-KEM-512', ml_kem512],
    ['ML-KEM-768', ml_kem768],
    ['ML-KEM-1024', ml_kem1024],
  ] as const)('of %s is read in its three forms', (name, other) => {
    const seed = Uint8Array.from({ length: 64 }, (_, i) => i);
    const { publicKey, secretKey } = other.keygen(seed);
    const forms = [
      writeDer(DER.context0, seed),
      writeDer(DER.octetString, secretKey),
      writeDer(DER.sequence, writeDer(DER.octetString, seed), writeDer(DER.octetString, secretKey)),
    ];
    for (const form of forms) {
      const loaded = kex.load(pkcs8(name, form), false)!;
      expect(loaded.kex).toBe(name);
      expect(toHex(loaded.keys.publicKey)).toBe(toHex(writeSpki(name, publicKey)));
      const { ciphertext, secret } = kex.encapsulate(name, loaded.keys.publicKey)!;
      expect(toHex(loaded.keys.agree(ciphertext)!)).toBe(toHex(secret));
    }
    expect(kex.load(pkcs8(name, writeDer(DER.octetString, secretKey.subarray(1))), false)).toBeUndefined();
  });

  it.each([
    ['X25519MLKEM768', ml_kem768, X25519, 2432],
    ['X448MLKEM1024', ml_kem1024, X448, 3224],
  ] as const)('of %s is the two keys one behind the other', (name, kem, curve, length) => {
    const second = new Uint8Array(createHash('sha512').update('private').digest()).subarray(0, curve.length);
    const bytes = Uint8Array.of(...kem.keygen().secretKey, ...second);
    expect(bytes).toHaveLength(length);
    const loaded = kex.load(bytes, true)!;
    expect(loaded.kex).toBe(name);
    const { ciphertext, secret } = kex.encapsulate(name, loaded.keys.publicKey)!;
    expect(toHex(loaded.keys.agree(ciphertext)!)).toBe(toHex(secret));
    expect(kex.load(bytes.subarray(1), true)).toBeUndefined();
  });
});
