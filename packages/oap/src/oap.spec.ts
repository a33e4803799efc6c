import { NodeHash } from '@ouroboros/crypto';
import { EMPTY_BYTES, fromHex, fromSeconds, micros, toHex } from '@ouroboros/model';
import { OapFeature, decodeOap, encodeOap, type OapMessage } from '@ouroboros/wire';
import fc from 'fast-check';
import {
  NO_SECURITY,
  OapServer,
  ReplayTable,
  answerOap,
  completeOap,
  correlationIdOf,
  prepareOap,
  readOapRefusal,
  refuseOap,
  type OapExchange,
  type OapOffer,
  type OapTools,
} from './index.js';
import { ID, REQUEST_TIME, RESPONSE_TIME, ROOM } from './oap.fixture.js';

const hash = new NodeHash();
const tools: OapTools = { hash, crypto: null };
const ALL = OapFeature.DEALLOC_MESSAGE | OapFeature.REFUSAL_REASON;
const NOW = fromSeconds(1000);

const REQUEST_C = fromHex('000102030405060708090a0b0c0d0e0f 17979cfe3d85cd15 0000000000000000 00000000');
const RESPONSE_C = fromHex(`000102030405060708090a0b0c0d0e0f 17979cfe3dd21855 0000000000000000 00000000
  85770dd08a55740fdac4d7fe6cee20ff86aff78101f70864bee08233 9680c2a5f26b5342ddaf6b31e36d91ba6def c7ba`);

function messageOf(bytes: Uint8Array): OapMessage {
  const decoded = decodeOap(bytes, 0);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}
const request = { id: ID, timestampNs: REQUEST_TIME, name: 'server', security: NO_SECURITY, room: ROOM };
function prepare(features: number, id = ID): { bytes: Uint8Array; exchange: OapExchange } {
  const prepared = prepareOap({ ...request, id, features }, tools);
  if (!prepared.ok) throw new Error(prepared.text);
  return prepared;
}
function accept(offer: OapOffer): Uint8Array {
  const answered = answerOap(offer, { security: NO_SECURITY, timestampNs: RESPONSE_TIME, room: ROOM }, tools);
  if (!answered.ok) throw new Error(answered.text);
  return answered.bytes;
}
function bytesAt(timestampNs: bigint): Uint8Array {
  const prepared = prepareOap({ ...request, timestampNs, features: 0 }, tools);
  return prepared.ok ? prepared.bytes : EMPTY_BYTES;
}
const complete = (exchange: OapExchange, bytes: Uint8Array) => completeOap(exchange, bytes, RESPONSE_TIME, tools);
const plain = (features: number) => ({ ok: true, features, crypto: null, peer: '' });
const offerOf = (server: OapServer, bytes: Uint8Array) => {
  const read = server.read(bytes, NOW);
  if (!read.ok) throw new Error(read.text);
  return read.offer;
};

describe('An OAP exchange between hosts without configuration', () => {
  it('makes the request and the response of the specification', () => {
    const { bytes } = prepare(0);
    expect(toHex(bytes)).toBe(toHex(REQUEST_C));
    const offer = offerOf(new OapServer(tools, 0), bytes);
    expect(toHex(accept(offer))).toBe(toHex(RESPONSE_C));
  });

  it('completes with the response of the specification', () => {
    expect(complete(prepare(0).exchange, RESPONSE_C)).toEqual(plain(0));
  });

  it('agrees on the features that both have', () => {
    const { bytes, exchange } = prepare(ALL);
    const offer = offerOf(new OapServer(tools, OapFeature.DEALLOC_MESSAGE), bytes);
    expect(offer).toMatchObject({ ours: true, features: OapFeature.DEALLOC_MESSAGE });
    expect(complete(exchange, accept(offer))).toEqual(plain(OapFeature.DEALLOC_MESSAGE));
  });

  it('takes an empty data field for a C peer at both ends', () => {
    const server = new OapServer(tools, ALL);
    expect(offerOf(server, REQUEST_C)).toMatchObject({ ours: false, features: 0 });
    expect(toHex(accept(offerOf(new OapServer(tools, ALL), REQUEST_C)))).toBe(toHex(RESPONSE_C));
    const { bytes, exchange } = prepare(ALL);
    const fromC = accept(offerOf(new OapServer(tools, 0), bytes));
    expect(complete(exchange, fromC)).toEqual(plain(0));
  });

  it('never takes a feature that was not offered', () => {
    const { bytes, exchange } = prepare(OapFeature.DEALLOC_MESSAGE);
    const offer = { ...offerOf(new OapServer(tools, ALL), bytes), features: 0xffffffff };
    expect(complete(exchange, accept(offer))).toEqual(plain(OapFeature.DEALLOC_MESSAGE));
  });

  it('gives both hosts the same correlation id', () => {
    expect(offerOf(new OapServer(tools, ALL), prepare(ALL).bytes).correlationId).toBe(correlationIdOf(ID));
    expect(correlationIdOf(ID)).toBe('0001020304050607');
  });
});

describe('An OAP server', () => {
  it('refuses the same request again within 21 seconds, and takes it after', () => {
    const server = new OapServer(tools, ALL);
    expect(server.read(REQUEST_C, NOW).ok).toBe(true);
    expect(server.read(REQUEST_C, micros(NOW + 20_999_999))).toMatchObject({ ok: false, code: 'EAUTH' });
    expect(server.read(REQUEST_C, micros(NOW + 21_000_000)).ok).toBe(true);
  });

  it('takes requests whatever the clock of the client says', () => {
    const server = new OapServer(tools, ALL);
    for (const timestampNs of [0n, REQUEST_TIME, 2n ** 64n - 1n]) {
      expect(server.read(bytesAt(timestampNs), NOW).ok).toBe(true);
    }
  });

  it.each([
    ['a key exchange', 'ECRYPT', { kex: fromHex('302a300506032b656e032100') }],
    ['a KEM ciphertext for it', 'ECRYPT', { kex: new Uint8Array(9), kexClientEncapsulates: true, kexRaw: true }],
    ['a certificate', 'EAUTH', { certificate: fromHex('3000'), signature: fromHex('00') }],
  ] as const)('without cryptography says no to %s', (_what, code, parts) => {
    const offer = offerOf(new OapServer(tools, ALL), encodeOap({ ...messageOf(REQUEST_C), ...parts }));
    const reply = { security: NO_SECURITY, timestampNs: RESPONSE_TIME, room: ROOM };
    expect(answerOap(offer, reply, tools)).toMatchObject({ ok: false, code });
  });

  it('without cryptography cannot read a request with a digest that only configured hosts use', () => {
    const request = encodeOap({ ...messageOf(REQUEST_C), mdNid: 672 });
    expect(new OapServer(tools, ALL).read(request, NOW)).toMatchObject({ ok: false, code: 'ECRYPT' });
  });

  it('hashes the request with the digest that it names', () => {
    const request = encodeOap({ ...messageOf(REQUEST_C), mdNid: 1096 });
    expect(toHex(offerOf(new OapServer(tools, ALL), request).requestHash)).toBe(
      toHex(hash.digest('SHA3_256', request)),
    );
  });

  it.each([
    ['an empty request', EMPTY_BYTES],
    ['a truncated one', REQUEST_C.subarray(0, 35)],
    ['bytes behind the message', fromHex(`${toHex(REQUEST_C)}00`)],
    ['an unknown cipher', Uint8Array.from(REQUEST_C, (byte, i) => (i === 25 ? 1 : byte))],
  ])('says EAUTH to %s', (_what, bytes) => {
    expect(new OapServer(tools, ALL).read(bytes, NOW)).toMatchObject({ ok: false, code: 'EAUTH' });
  });

  it('never throws for arbitrary bytes', () => {
    const server = new OapServer(tools, ALL);
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
        expect(typeof complete(exchange, bytes).ok).toBe('boolean');
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
      offerOf(new OapServer(tools, ALL), bytes),
      { code: 'ENOSERVER', text: 'nobody\x1b[2J serves it' },
      RESPONSE_TIME,
    );
    expect(refused.response).toBe(-1100);
    expect(readOapRefusal(exchange, refused.data)).toEqual({ error: -1100, text: 'nobody [2J serves it' });
  });

  it('is a number that C knows and no data towards C', () => {
    const offer = offerOf(new OapServer(tools, ALL), REQUEST_C);
    expect(refuseOap(offer, { code: 'ENOSERVER', text: 'why' }, RESPONSE_TIME)).toEqual({
      response: -1007,
      data: EMPTY_BYTES,
    });
    expect(refuseOap(undefined, { code: 'EAUTH', text: 'why' }, RESPONSE_TIME)).toEqual({
      response: -1009,
      data: EMPTY_BYTES,
    });
  });

  it('is not believed when it answers another request', () => {
    const { bytes } = prepare(ALL);
    const refused = refuseOap(offerOf(new OapServer(tools, ALL), bytes), { code: 'EPERM', text: 'why' }, RESPONSE_TIME);
    const other = prepare(ALL, new Uint8Array(16));
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
      expect(complete(exchange, bytes)).toMatchObject({ ok: false, code: 'ECRYPT' });
    }
  });

  it('refuses a certificate, which it cannot verify', () => {
    const response = decodeOap(RESPONSE_C, 48);
    if (!response.ok) throw new Error(response.reason);
    const bytes = encodeOap({ ...response.value, certificate: fromHex('3000'), signature: fromHex('01') });
    expect(complete(prepare(0).exchange, bytes)).toMatchObject({ ok: false, code: 'EAUTH' });
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
