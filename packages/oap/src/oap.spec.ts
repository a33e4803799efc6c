import { createHash } from 'node:crypto';
import { EMPTY_BYTES, fromHex, fromSeconds, micros, toHex } from '@ouroboros/model';
import type { Hash } from '@ouroboros/ports';
import { OapFeature, decodeOap, encodeOap } from '@ouroboros/wire';
import fc from 'fast-check';
import {
  OapServer,
  ReplayTable,
  acceptOap,
  completeOap,
  correlationIdOf,
  prepareOap,
  readOapRefusal,
  refuseOap,
} from './index.js';

const NODE_NAMES = {
  MD5: 'md5',
  SHA384: 'sha384',
  SHA3_224: 'sha3-224',
  SHA3_256: 'sha3-256',
  SHA3_384: 'sha3-384',
  SHA3_512: 'sha3-512',
};
const hash: Hash = { digest: (name, bytes) => new Uint8Array(createHash(NODE_NAMES[name]).update(bytes).digest()) };

const ID = fromHex('000102030405060708090a0b0c0d0e0f');
const REQUEST_TIME = 0x17979cfe3d85cd15n;
const RESPONSE_TIME = 0x17979cfe3dd21855n;
const ALL = OapFeature.DEALLOC_MESSAGE | OapFeature.REFUSAL_REASON;
const NOW = fromSeconds(1000);

const REQUEST_C = fromHex('000102030405060708090a0b0c0d0e0f 17979cfe3d85cd15 0000000000000000 00000000');
const RESPONSE_C = fromHex(`000102030405060708090a0b0c0d0e0f 17979cfe3dd21855 0000000000000000 00000000
  85770dd08a55740fdac4d7fe6cee20ff86aff78101f70864bee08233 9680c2a5f26b5342ddaf6b31e36d91ba6def c7ba`);

const prepare = (features: number) => prepareOap({ id: ID, timestampNs: REQUEST_TIME, features }, hash);
const offerOf = (server: OapServer, bytes: Uint8Array) => {
  const read = server.read(bytes, NOW);
  if (!read.ok) throw new Error(read.text);
  return read.offer;
};

describe('An OAP exchange between hosts without configuration', () => {
  it('makes the request and the response of the specification', () => {
    const { bytes } = prepare(0);
    expect(toHex(bytes)).toBe(toHex(REQUEST_C));
    const offer = offerOf(new OapServer(hash, 0), bytes);
    expect(toHex(acceptOap(offer, RESPONSE_TIME))).toBe(toHex(RESPONSE_C));
  });

  it('completes with the response of the specification', () => {
    expect(completeOap(prepare(0).exchange, RESPONSE_C)).toEqual({ ok: true, features: 0 });
  });

  it('agrees on the features that both have', () => {
    const { bytes, exchange } = prepare(ALL);
    const offer = offerOf(new OapServer(hash, OapFeature.DEALLOC_MESSAGE), bytes);
    expect(offer).toMatchObject({ ours: true, features: OapFeature.DEALLOC_MESSAGE });
    expect(completeOap(exchange, acceptOap(offer, RESPONSE_TIME))).toEqual({
      ok: true,
      features: OapFeature.DEALLOC_MESSAGE,
    });
  });

  it('takes an empty data field for a C peer at both ends', () => {
    const server = new OapServer(hash, ALL);
    expect(offerOf(server, REQUEST_C)).toMatchObject({ ours: false, features: 0 });
    expect(toHex(acceptOap(offerOf(new OapServer(hash, ALL), REQUEST_C), RESPONSE_TIME))).toBe(toHex(RESPONSE_C));
    const { bytes, exchange } = prepare(ALL);
    const fromC = acceptOap(offerOf(new OapServer(hash, 0), bytes), RESPONSE_TIME);
    expect(completeOap(exchange, fromC)).toEqual({ ok: true, features: 0 });
  });

  it('never takes a feature that was not offered', () => {
    const { bytes, exchange } = prepare(OapFeature.DEALLOC_MESSAGE);
    const offer = { ...offerOf(new OapServer(hash, ALL), bytes), features: 0xffffffff };
    expect(completeOap(exchange, acceptOap(offer, RESPONSE_TIME))).toEqual({
      ok: true,
      features: OapFeature.DEALLOC_MESSAGE,
    });
  });

  it('gives both hosts the same correlation id', () => {
    expect(offerOf(new OapServer(hash, ALL), prepare(ALL).bytes).correlationId).toBe(correlationIdOf(ID));
    expect(correlationIdOf(ID)).toBe('0001020304050607');
  });
});

describe('An OAP server', () => {
  it('refuses the same request again within 20 seconds, and takes it after', () => {
    const server = new OapServer(hash, ALL);
    expect(server.read(REQUEST_C, NOW).ok).toBe(true);
    expect(server.read(REQUEST_C, micros(NOW + 19_999_999))).toMatchObject({ ok: false, code: 'EAUTH' });
    expect(server.read(REQUEST_C, micros(NOW + 20_000_000)).ok).toBe(true);
  });

  it('takes requests whatever the clock of the client says', () => {
    const server = new OapServer(hash, ALL);
    for (const timestampNs of [0n, REQUEST_TIME, 2n ** 64n - 1n]) {
      expect(server.read(prepareOap({ id: ID, timestampNs, features: 0 }, hash).bytes, NOW).ok).toBe(true);
    }
  });

  it.each([
    ['a key exchange', { kex: fromHex('302a300506032b656e032100') }],
    ['a KEM ciphertext for it', { kex: new Uint8Array(9), kexClientEncapsulates: true, kexRaw: true }],
    ['a certificate', { certificate: fromHex('3000'), signature: fromHex('00') }],
    ['a digest that only configured hosts use', { mdNid: 672 }],
  ])('says ECRYPT to %s', (_what, parts) => {
    const plain = decodeOap(REQUEST_C, 0);
    if (!plain.ok) throw new Error(plain.reason);
    expect(new OapServer(hash, ALL).read(encodeOap({ ...plain.value, ...parts }), NOW)).toMatchObject({
      ok: false,
      code: 'ECRYPT',
    });
  });

  it('hashes the request with the digest that it names', () => {
    const plain = decodeOap(REQUEST_C, 0);
    if (!plain.ok) throw new Error(plain.reason);
    const request = encodeOap({ ...plain.value, mdNid: 1096 });
    expect(toHex(offerOf(new OapServer(hash, ALL), request).requestHash)).toBe(toHex(hash.digest('SHA3_256', request)));
  });

  it.each([
    ['an empty request', EMPTY_BYTES],
    ['a truncated one', REQUEST_C.subarray(0, 35)],
    ['bytes behind the message', fromHex(`${toHex(REQUEST_C)}00`)],
    ['an unknown cipher', Uint8Array.from(REQUEST_C, (byte, i) => (i === 25 ? 1 : byte))],
  ])('says EAUTH to %s', (_what, bytes) => {
    expect(new OapServer(hash, ALL).read(bytes, NOW)).toMatchObject({ ok: false, code: 'EAUTH' });
  });

  it('never throws for arbitrary bytes', () => {
    const server = new OapServer(hash, ALL);
    const { exchange } = prepare(ALL);
    const mutated = fc
      .tuple(fc.constantFrom(prepare(ALL).bytes, RESPONSE_C), fc.nat(90), fc.nat(255), fc.nat(90))
      .map(([base, at, value, cut]) => {
        const bytes = base.slice(0, Math.max(0, base.length - (cut > 60 ? cut - 60 : 0)));
        if (bytes.length > 0) bytes[at % bytes.length] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated), (bytes) => {
        expect(typeof server.read(bytes, NOW).ok).toBe('boolean');
        expect(typeof completeOap(exchange, bytes).ok).toBe('boolean');
        readOapRefusal(exchange, bytes);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('An OAP refusal', () => {
  it('carries its reason to a client of ours', () => {
    const { bytes, exchange } = prepare(ALL);
    const refused = refuseOap(
      offerOf(new OapServer(hash, ALL), bytes),
      'ENOSERVER',
      'nobody\x1b[2J serves it',
      RESPONSE_TIME,
    );
    expect(refused.response).toBe(-1100);
    expect(readOapRefusal(exchange, refused.data)).toEqual({ error: -1100, text: 'nobody [2J serves it' });
  });

  it('is a number that C knows and no data towards C', () => {
    const offer = offerOf(new OapServer(hash, ALL), REQUEST_C);
    expect(refuseOap(offer, 'ENOSERVER', 'why', RESPONSE_TIME)).toEqual({ response: -1007, data: EMPTY_BYTES });
    expect(refuseOap(undefined, 'EAUTH', 'why', RESPONSE_TIME)).toEqual({ response: -1009, data: EMPTY_BYTES });
  });

  it('is not believed when it answers another request', () => {
    const { bytes } = prepare(ALL);
    const refused = refuseOap(offerOf(new OapServer(hash, ALL), bytes), 'EPERM', 'why', RESPONSE_TIME);
    const other = prepareOap({ id: new Uint8Array(16), timestampNs: REQUEST_TIME, features: ALL }, hash);
    expect(readOapRefusal(other.exchange, refused.data)).toBeUndefined();
    expect(readOapRefusal(prepare(0).exchange, refused.data)).toBeUndefined();
  });
});

describe('A client that completes OAP', () => {
  it('refuses a response with another id, another hash, or none', () => {
    const { exchange } = prepare(0);
    const otherId = Uint8Array.from(RESPONSE_C, (byte, i) => (i === 0 ? 1 : byte));
    const otherHash = Uint8Array.from(RESPONSE_C, (byte, i) => (i === 83 ? 0 : byte));
    for (const bytes of [otherId, otherHash, RESPONSE_C.subarray(0, 36), EMPTY_BYTES]) {
      expect(completeOap(exchange, bytes)).toMatchObject({ ok: false, code: 'ECRYPT' });
    }
  });

  it('refuses a certificate, which it cannot verify', () => {
    const response = decodeOap(RESPONSE_C, 48);
    if (!response.ok) throw new Error(response.reason);
    const bytes = encodeOap({ ...response.value, certificate: fromHex('3000'), signature: fromHex('01') });
    expect(completeOap(prepare(0).exchange, bytes)).toMatchObject({ ok: false, code: 'EAUTH' });
  });
});

describe('The table of recent requests', () => {
  it('stays within its capacity and forgets the oldest', () => {
    const table = new ReplayTable(3);
    for (let i = 0; i < 10; i++) expect(table.add(BigInt(i), ID, NOW)).toBe(true);
    expect(table.size).toBe(3);
    expect(table.add(9n, ID, NOW)).toBe(false);
    expect(table.add(0n, ID, NOW)).toBe(true);
  });
});
