import { X509Certificate, verify } from 'node:crypto';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { concatBytes, fromHex, toHex } from '@ouroboros/model';
import {
  isKem,
  type CipherName,
  type DigestName,
  type KexName,
  type StaticKemKeys,
  type Trust,
} from '@ouroboros/ports';
import { OAP_CIPHERS, OAP_DIGESTS, OAP_KEY_EXCHANGES } from '@ouroboros/wire';
import {
  ORDINARY,
  PROTECTED,
  credentialOf,
  exchanged,
  realTools,
  requestOf,
  completion,
  answerTo,
  trustIn,
  withX25519,
  type CountedKeys,
  type Setup,
} from './oap.fixture.js';
import { DEFAULT_ALGORITHMS, type OapTools } from './index.js';

const counted: CountedKeys = { open: 0 };
let tools: OapTools;
beforeAll(async () => {
  tools = await realTools(counted);
});
afterEach(() => {
  expect(counted.open).toBe(0);
});

const KEX = OAP_KEY_EXCHANGES.map(({ name }) => name) as KexName[];
const CIPHERS = OAP_CIPHERS.map(({ name }) => name) as CipherName[];
const DIGESTS = OAP_DIGESTS.map(({ name }) => name) as DigestName[];

/** Both ends agreed; what they agreed on. */
function agreed(setup: Setup) {
  const { answered, completed } = exchanged(setup);
  if (!answered.ok) throw new Error(answered.text);
  if (!completed?.ok) throw new Error(completed?.text);
  const [server, client] = [answered.agreed, completed];
  expect(client.features).toBe(server.features);
  expect(client.crypto && { ...client.crypto, peer: '' }).toEqual(server.crypto && { ...server.crypto, peer: '' });
  return { crypto: client.crypto, features: client.features, client, server };
}

const required = (parts: Partial<typeof DEFAULT_ALGORITHMS> = {}) =>
  ({ encryption: 'require', algorithms: { ...DEFAULT_ALGORITHMS, ...parts } }) as const;

/** (c) and (d) of the specification's examples. */
const REQUEST = `000102030405060708090a0b0c0d0e0f 17979cfe3d85cd15 0385 02a0 02a0 0000 002c 0000
  302a300506032b656e032100 a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a209`;
const RESPONSE = `000102030405060708090a0b0c0d0e0f 17979cfe3dd21855 0385 02a0 02a0 0000 002c 0000
  302a300506032b656e032100 ce8d3ad1ccb633ec7b70c178 14a5c76ecd029685050d344745ba05870e587d59
  1c050e1c909b331138c8d8c5c3d4320dc12baadd0a06dc3c0239e2f5da1285a1`;
const FIRST_KEY = 'a5b146cdfc0291997f227ff042c3273b6221aeef61febc12efd15e80bf4736f5';

/** (g): the response with the certificate and the signature of `oping`. */
const SIGNED = `
  000102030405060708090a0b0c0d0e0f17979cfe3dd21855038502a002a00110002c00003082010c3081b3a00302010202010130
  0a06082a8648ce3d0403023010310e300c06035504030c056f70696e67301e170d3233303130313030303030305a170d34333031
  30313030303030305a3010310e300c06035504030c056f70696e673059301306072a8648ce3d020106082a8648ce3d0301070342
  0004591ab771ebbcfd6d9cb9094d106528add1a69d44c2c1f627f089ec58b9c61adf9f4e6abf0d045c0c693a3c68ad7c97ca72be
  64def4a26fecd263dd98a92780f0300a06082a8648ce3d0403020348003045022100853beff6e7820b0154bcb7c9c44fd790fa77
  b1042a5021f478827a3fe7fd987a02204caf1f13ee81ee1662f36e660868b64befce1662a4b037481a6138f0bc08805b302a3005
  06032b656e032100ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d591c050e1c909b331138c8d8c5
  c3d4320dc12baadd0a06dc3c0239e2f5da1285a13045022100cb5aac1a0a2f39af27003690c6a29aea533c332b7644bfde7bf818
  84de1b931202202ae4ff77219d2bfcebd7266d2f4538403491b6c3ed8897142c7ba83dc9682862`;

describe('The worked example of the specification', () => {
  const asC = { clientFeatures: 0, serverFeatures: 0 };
  const client = (): Setup => ({ ...asC, tools: withX25519(tools, new Uint8Array(32).fill(1)), client: required() });
  const server = (): Setup => ({ ...asC, tools: withX25519(tools, new Uint8Array(32).fill(2)), server: required() });

  it('is the request that we make', () => {
    expect(toHex(requestOf(client()).bytes)).toBe(toHex(fromHex(REQUEST)));
  });

  it('is the response that we make, and the key', () => {
    const answered = answerTo(server(), fromHex(REQUEST));
    expect(answered.ok && toHex(answered.bytes)).toBe(toHex(fromHex(RESPONSE)));
    expect(answered.ok && toHex(answered.agreed.crypto!.secret)).toBe(FIRST_KEY);
  });

  it('is the response that we complete with, and the key', () => {
    const completed = completion(client(), requestOf(client()).exchange, fromHex(RESPONSE));
    expect(completed).toMatchObject({
      ok: true,
      features: 0,
      peer: '',
      crypto: { profile: 'c', cipher: 'aes-256-gcm' },
    });
    expect(completed.ok && toHex(completed.crypto!.secret)).toBe(FIRST_KEY);
  });

  it('with a certificate is the response that we believe', () => {
    const signed = fromHex(SIGNED);
    const checked: Trust = {
      authorities: 1,
      verify: ({ certificate, region, signature, digest, name, role }) => {
        const { publicKey, subject } = new X509Certificate(certificate);
        expect([digest, name, role, subject]).toEqual(['sha256', 'oping', 'server', 'CN=oping']);
        expect(verify('sha256', region, publicKey, signature)).toBe(true);
        return { ok: true, name: 'oping', text: 'oping' };
      },
    };
    const setup = { ...client(), client: { ...required(), authentication: 'require', trust: checked } } as const;
    const completed = completion(setup, requestOf(setup).exchange, signed);
    expect(completed).toMatchObject({ ok: true, peer: 'oping', crypto: { peer: 'oping' } });
    expect(completed.ok && toHex(completed.crypto!.secret)).toBe(FIRST_KEY);
  });
});

describe('An exchange with a C host at the other end', () => {
  it.each(KEX)('agrees on a key by %s', (kex) => {
    const setup = { tools, client: required({ kex }), clientFeatures: 0 };
    expect(agreed(setup).crypto).toMatchObject({ profile: 'c', kex, kemInBand: false, cipher: 'aes-256-gcm' });
    expect(agreed({ ...setup, server: required({ kex }) }).crypto).toMatchObject({ profile: 'c', kex });
  });

  it.each(CIPHERS)('agrees on %s', (cipher) => {
    expect(agreed({ tools, client: required({ cipher }), serverFeatures: 0 }).crypto?.cipher).toBe(cipher);
  });

  it.each(DIGESTS)('derives and hashes with %s', (digest) => {
    const algorithms = required({ kdf: digest, digest });
    const setup = { tools, client: algorithms, server: required({ kdf: 'blake2s256' }), clientFeatures: 0 };
    const { crypto } = agreed(setup);
    expect(crypto?.secret).toHaveLength(32);
    expect(crypto?.secret.some((byte) => byte !== 0)).toBe(true);
  });

  it('that offers nothing makes a plain flow', () => {
    const { crypto, features } = agreed({ tools, client: { encryption: 'off' }, clientFeatures: 0 });
    expect([crypto, features]).toEqual([null, 0]);
  });
});

describe('An exchange between hosts of ours', () => {
  it('that nobody has configured is protected by both exchanges, within the room', () => {
    const { request, answered } = exchanged({ tools });
    expect(request.length).toBeLessThanOrEqual(1388);
    expect(answered.ok && answered.bytes.length).toBeLessThanOrEqual(1388);
    const { crypto, features } = agreed({ tools });
    expect(features).toBe(PROTECTED);
    expect(crypto).toMatchObject({
      ...{ profile: 'o7s', cipher: 'aes-256-gcm', kex: 'X25519+ML-KEM-768', kemInBand: false, peer: '' },
    });
  });

  it.each(KEX)('with %s is protected by our profile', (kex) => {
    const rooms = { clientRoom: 4000, serverRoom: 4000 };
    const { crypto } = agreed({ tools, client: required({ kex }), server: required({ kex }), ...rooms });
    const name = isKem(kex) ? kex : `${kex}+ML-KEM-768`;
    expect(crypto).toMatchObject({ profile: 'o7s', kex: name, kemInBand: false });
  });

  it.each(CIPHERS)('with %s has a cipher that authenticates, or C’s profile', (cipher) => {
    const { crypto, features } = agreed({ tools, client: required({ cipher }) });
    const own = !cipher.endsWith('ctr');
    expect(crypto).toMatchObject({ cipher, profile: own ? 'o7s' : 'c' });
    expect(features).toBe(own ? PROTECTED : ORDINARY);
  });

  it.each(DIGESTS)('derives with %s', (kdf) => {
    const { crypto } = agreed({
      tools,
      client: required({ kdf, digest: kdf }),
      server: required({ kdf: 'blake2s256' }),
    });
    expect(crypto?.profile).toBe('o7s');
  });

  it('without frames at one of them has C’s profile', () => {
    const { crypto, features } = agreed({ tools, serverFeatures: PROTECTED & ~8 });
    expect(crypto?.profile).toBe('c');
    expect(features).toBe(ORDINARY & ~8);
  });

  it.each([
    ['request', { clientRoom: 1000 }],
    ['response', { serverRoom: 1000 }],
  ])('leaves the share for later where the %s has no room', (_what, rooms) => {
    const { crypto } = agreed({ tools, ...rooms });
    expect(crypto).toMatchObject({ profile: 'o7s', kex: 'X25519+ML-KEM-768', kemInBand: true });
    const { request, answered } = exchanged({ tools, clientRoom: 1000 });
    expect(request.length).toBeLessThan(1000);
    expect(answered.ok && answered.bytes.length).toBeLessThan(1000);
  });

  it('with certificates at both ends tells each the name of the other', () => {
    const client = { credential: credentialOf('me'), trust: trustIn('oping'), authentication: 'require' } as const;
    const server = { credential: credentialOf('oping'), trust: trustIn('me'), authentication: 'require' } as const;
    const both = agreed({ tools, client, server });
    expect([both.client.peer, both.server.peer]).toEqual(['oping', 'me']);
    expect([both.client.crypto?.peer, both.server.crypto?.peer]).toEqual(['oping', 'me']);
    const plain = { encryption: 'off' } as const;
    const now = agreed({ tools, client: { ...client, ...plain }, server: { ...server, ...plain } });
    expect([now.client.peer, now.server.peer, now.crypto]).toEqual(['oping', 'me', null]);
  });

  it('says digest 0 for keys that sign without one', () => {
    const client = { ...required(), credential: credentialOf('me', false), trust: trustIn('oping') };
    const server = { ...required(), credential: credentialOf('oping', false), trust: trustIn('me') };
    expect(agreed({ tools, client, server }).server.peer).toBe('me');
  });

  it('takes the stronger cipher and key derivation of the two', () => {
    const [weak, strong] = [
      required({ cipher: 'aes-128-gcm', kdf: 'sha256' }),
      required({ cipher: 'chacha20-poly1305', kdf: 'sha512' }),
    ];
    expect(agreed({ tools, client: weak, server: strong }).crypto?.cipher).toBe('chacha20-poly1305');
    expect(agreed({ tools, client: strong, server: weak }).crypto?.cipher).toBe('chacha20-poly1305');
  });

  it('is plain where one of them does not want encryption and the other does not insist', () => {
    expect(agreed({ tools, client: { encryption: 'off' } }).crypto).toBeNull();
    const { crypto, features } = agreed({ tools, server: { encryption: 'off' } });
    expect([crypto, features]).toEqual([null, ORDINARY]);
  });
});

describe('A key exchange that C does not see', () => {
  const client = { unseenByC: true };
  const fieldsOfC = (bytes: Uint8Array): Uint8Array => bytes.slice(24, 34);

  it('protects a flow between peers of ours, whose request has nothing in the fields of C', () => {
    const { request } = exchanged({ tools, client });
    expect(fieldsOfC(request)).toEqual(new Uint8Array(10));
    const { crypto, features } = agreed({ tools, client });
    expect(crypto).toMatchObject({ profile: 'o7s', cipher: 'aes-256-gcm', kex: 'X25519MLKEM768', kemInBand: false });
    expect(features).toBe(PROTECTED);
  });

  it('takes the stronger cipher of a server that is configured, and is refused where it is too weak', () => {
    const server = required({ kex: 'X25519', cipher: 'chacha20-poly1305' });
    expect(agreed({ tools, client, server }).crypto?.cipher).toBe('chacha20-poly1305');
    const strong = required({ kex: 'X448MLKEM1024' });
    expect(exchanged({ tools, client, server: strong }).answered).toMatchObject({ ok: false, code: 'ECRYPT' });
  });

  it('gives a plain flow with C, with a server that encrypts nothing, and where a share does not fit', () => {
    const plain: Partial<Setup>[] = [
      { serverFeatures: 0 },
      { server: { encryption: 'off' } },
      { clientRoom: 500 },
      { serverRoom: 500 },
    ];
    for (const setup of plain) expect(agreed({ tools, client, ...setup }).crypto).toBeNull();
    const demanding = { tools, client, server: required(), serverRoom: 500 };
    expect(exchanged(demanding).answered).toMatchObject({ ok: false, code: 'ECRYPT' });
  });

  it('is seen where encryption is demanded, or algorithms are configured', () => {
    for (const demanded of [{ encryption: 'require' } as const, required()]) {
      const { request } = exchanged({ tools, client: { ...client, ...demanded } });
      expect(fieldsOfC(request)).not.toEqual(new Uint8Array(10));
    }
    const one = exchanged({ tools, client: { ...client, encryption: 'require' }, serverFeatures: 0 });
    expect(one.completed).toMatchObject({ ok: true, crypto: { profile: 'c' } });
  });

  it('fails where a byte of the share was changed on its way, or gives both ends other keys', () => {
    const whole = exchanged({ tools, client });
    for (const at of [60, 700, whole.request.length - 1]) {
      const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
      const { answered, completed } = exchanged({ tools, client }, flip);
      expect([answered.ok, completed?.ok ?? false]).not.toEqual([true, true]);
    }
    const { answered, completed } = exchanged({ tools, client }, undefined, (bytes) => {
      const changed = bytes.slice();
      changed[700]! ^= 1;
      return changed;
    });
    if (!answered.ok || !completed?.ok) throw new Error('the changed ciphertext was noticed before its time');
    expect(toHex(completed.crypto!.secret)).not.toBe(toHex(answered.agreed.crypto!.secret));
  });
});

describe('A KEM with the key of the server', () => {
  /** What the server has in its file, and the client of it in its own. */
  function staticKey(kex: 'ML-KEM-768' | 'X25519MLKEM768') {
    const raw = kex === 'X25519MLKEM768';
    const seed = Uint8Array.from({ length: 64 }, (_, i) => i);
    const pkcs8 = concatBytes(fromHex('3054 020100 300b 0609 608648016503040402 0442 8040'), seed);
    const bytes = raw ? concatBytes(ml_kem768.keygen(seed).secretKey, seed.slice(0, 32)) : pkcs8;
    const { keys } = tools.crypto!.keyExchange.load(bytes, raw)!;
    keys.destroy();
    const held = (key: Uint8Array): StaticKemKeys => ({ der: raw ? null : key, raw: raw ? key : null });
    return { server: held(bytes), client: held(keys.publicKey) };
  }

  it.each(['ML-KEM-768', 'X25519MLKEM768'] as const)('gives both the secret of %s', (kex) => {
    const { server, client } = staticKey(kex);
    const algorithms = { kex, clientEncapsulates: true };
    const setup = { tools, client: { ...required(algorithms), kemKeys: client }, server: { kemKeys: server } };
    // Our profile makes up for the forward secrecy that this mode lacks.
    expect(agreed(setup).crypto).toMatchObject({ profile: 'o7s', kex, kemInBand: true });
    expect(agreed({ ...setup, clientFeatures: 0 }).crypto).toMatchObject({ profile: 'c', kex, kemInBand: false });
    const configured = { ...required(algorithms), kemKeys: server };
    expect(agreed({ ...setup, server: configured }).crypto?.profile).toBe('o7s');
  });

  it('is not begun without a key that fits', () => {
    const ask = (kemKeys: StaticKemKeys | null) => {
      const client = { ...required({ kex: 'ML-KEM-768', clientEncapsulates: true }), kemKeys };
      return () => requestOf({ tools, client });
    };
    expect(ask(null)).toThrow("the server's public key for ML-KEM-768 is not on this host");
    expect(ask(staticKey('X25519MLKEM768').client)).toThrow('is not on this host');
    expect(ask({ der: new Uint8Array(3), raw: null })).toThrow('unknown, not ML-KEM-768');
    const other = tools.crypto!.keyExchange.generate('X25519');
    other.destroy();
    expect(ask({ der: other.publicKey, raw: null })).toThrow('X25519, not ML-KEM-768');
  });

  it('is refused by a server that has none, another one, or wants a stronger derivation', () => {
    const { server, client } = staticKey('ML-KEM-768');
    const hybrid = staticKey('X25519MLKEM768').server;
    const algorithms = { kex: 'ML-KEM-768', clientEncapsulates: true } as const;
    const asked = { ...required(algorithms), kemKeys: client };
    for (const kemKeys of [null, hybrid, { der: new Uint8Array(9), raw: null }]) {
      const { answered } = exchanged({ tools, client: asked, server: { kemKeys } });
      expect(answered).toMatchObject({ ok: false, code: 'ECRYPT' });
    }
    const strict = { ...required({ ...algorithms, kdf: 'sha512' }), kemKeys: server };
    expect(exchanged({ tools, client: asked, server: strict }).answered).toMatchObject({ ok: false, code: 'ECRYPT' });
  });
});
