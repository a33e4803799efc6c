import { EMPTY_BYTES, fromHex, fromSeconds, toHex } from '@ouroboros/model';
import { decodeOap, encodeOap, encodeOapExtension, type OapMessage } from '@ouroboros/wire';
import fc from 'fast-check';
import {
  DEFAULT_ALGORITHMS,
  OapServer,
  forgetOap,
  readOapRefusal,
  refuseOap,
  strongerOffer,
  type OapSecurity,
  type OapTools,
} from './index.js';
import {
  ORDINARY,
  PROTECTED,
  RESPONSE_TIME,
  answerTo,
  completion,
  credentialOf,
  exchanged,
  offerOf,
  realTools,
  requestOf,
  trustIn,
  type CountedKeys,
  type Outcome,
  type Setup,
} from './oap.fixture.js';

const counted: CountedKeys = { open: 0 };
let tools: OapTools;
let signed: Setup;
beforeAll(async () => {
  tools = await realTools(counted);
  signed = {
    tools,
    client: { credential: credentialOf('me'), trust: trustIn('oping') },
    server: { credential: credentialOf('oping'), trust: trustIn('me') },
    clientRoom: 4000,
    serverRoom: 4000,
  };
});

const configured = (parts: Partial<typeof DEFAULT_ALGORITHMS> = {}): Partial<OapSecurity> => ({
  encryption: 'require',
  algorithms: { ...DEFAULT_ALGORITHMS, ...parts },
});
const asC = { clientFeatures: 0, serverFeatures: 0 };

/** Both ends hold the same keys, or one of them knows that it has none. */
function holdTheSame({ answered, completed }: Outcome): boolean {
  if (!answered.ok || !completed?.ok) return true;
  const [mine, theirs] = [completed.crypto, answered.agreed.crypto];
  return mine !== null && theirs !== null && toHex(mine.secret) === toHex(theirs.secret);
}

const flipped = (bytes: Uint8Array, at: number, bit = 0): Uint8Array =>
  bytes.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte));

const withByte = (bytes: Uint8Array, at: number, value: number): Uint8Array =>
  bytes.map((byte, i) => (i === at % bytes.length ? value : byte));

function edited(
  bytes: Uint8Array,
  hashLength: number,
  change: (message: OapMessage) => Partial<OapMessage>,
): Uint8Array {
  const decoded = decodeOap(bytes, hashLength);
  if (!decoded.ok) throw new Error(decoded.reason);
  return encodeOap({ ...decoded.value, ...change(decoded.value) });
}

describe('A request that was changed on its way', () => {
  it('never leads to a flow, whichever byte it is', () => {
    for (const setup of [signed, { tools }, { ...asC, tools, client: configured() }]) {
      const { bytes, exchange } = requestOf(setup);
      for (let at = 0; at < bytes.length; at++) {
        const answered = answerTo(setup, flipped(bytes, at, at % 8));
        // Whatever the server makes of it: the client sees that it does not answer its request.
        const completed = answered.ok ? completion(setup, exchange, answered.bytes) : answered;
        expect([at, completed.ok]).toEqual([at, false]);
        if (answered.ok && !completed.ok) expect(completed.text).toMatch(/^the OAP re(quest was changed|sponse )/);
      }
    }
  });

  it('never leads to a flow when it was cut or made longer', () => {
    for (const setup of [signed, { tools }]) {
      const { length } = requestOf(setup).bytes;
      for (let to = 0; to < length; to += 1 + (to >>> 6)) {
        expect(exchanged(setup, (bytes) => bytes.subarray(0, to)).completed?.ok ?? false).toBe(false);
      }
      expect(exchanged(setup, (bytes) => Uint8Array.of(...bytes, 0)).completed?.ok ?? false).toBe(false);
    }
  });

  it('is refused at once when it says wrong lengths', () => {
    for (const at of [30, 32, 34]) {
      for (const value of [0x3fff, 0x0fff, 1]) {
        const inflated = (bytes: Uint8Array): Uint8Array =>
          bytes.map((byte, i) => (i === at ? value >>> 8 : i === at + 1 ? value & 0xff : byte));
        expect(exchanged({ tools }, inflated).completed?.ok ?? false).toBe(false);
      }
    }
  });

  it('cannot be robbed of the share or of our profile', () => {
    const without = (features: number) => (bytes: Uint8Array) =>
      edited(bytes, 0, () => ({ data: features === 0 ? EMPTY_BYTES : encodeOapExtension({ features }) }));
    for (const features of [0, ORDINARY, PROTECTED]) {
      const { answered, completed } = exchanged({ tools }, without(features));
      expect(answered.ok).toBe(true);
      expect(completed).toMatchObject({ ok: false, code: 'ECRYPT', text: 'the OAP request was changed on its way' });
    }
  });
});

describe('A response that was changed on its way', () => {
  it('is not believed when it was signed', () => {
    const { bytes: request, exchange } = requestOf(signed);
    const answered = answerTo(signed, request);
    const response = answered.ok ? answered.bytes : EMPTY_BYTES;
    expect(response.length).toBeGreaterThan(1000);
    for (let at = 0; at < response.length; at++) {
      const completed = completion(signed, exchange, flipped(response, at, at % 8));
      expect([at, completed.ok]).toEqual([at, false]);
      // Not for want of keys, which the first attempt has destroyed.
      if (!completed.ok)
        expect(completed.text).toMatch(/^(the OAP re|not signed|".* is not trusted|the server shows no)/);
    }
  });

  it('leads to no flow, or to keys that open nothing, when nobody signs', () => {
    const first = exchanged({ tools }).answered;
    const length = first.ok ? first.bytes.length : 0;
    for (let at = 0; at < length; at++) {
      const outcome = exchanged({ tools }, undefined, (bytes) => flipped(bytes, at, at % 8));
      const same = outcome.completed?.ok === true && holdTheSame(outcome);
      expect([at, same]).toEqual([at, false]);
    }
  });

  it('is refused when it was cut', () => {
    const first = exchanged({ tools }).answered;
    const length = first.ok ? first.bytes.length : 0;
    for (let to = 0; to < length; to += 7) {
      const { completed } = exchanged({ tools }, undefined, (bytes) => bytes.subarray(0, to));
      expect(completed).toMatchObject({ ok: false, code: 'ECRYPT' });
    }
  });

  it.each([
    ['no cipher for the key', { cipherNid: 0 }],
    ['a weaker cipher', { cipherNid: 895 }],
    ['a weaker key derivation', { kdfNid: 1057 }],
    ['no key for the cipher', { kex: EMPTY_BYTES }],
    ['another key', { kex: fromHex('302a300506032b656e032100').fill(0) }],
    ['neither key nor cipher', { kex: EMPTY_BYTES, cipherNid: 0 }],
  ])('with %s is refused by a client that insists', (_what, parts) => {
    const setup = { ...asC, tools, client: configured() };
    const { completed } = exchanged(setup, undefined, (bytes) => edited(bytes, 32, () => parts));
    expect(completed).toMatchObject({ ok: false, code: 'ECRYPT' });
  });

  it('may be plain for a client that does not insist, but not half', () => {
    const plain = (parts: Partial<OapMessage>) =>
      exchanged({ ...asC, tools }, undefined, (bytes) => edited(bytes, 32, () => parts)).completed;
    expect(plain({ kex: EMPTY_BYTES, cipherNid: 0, kdfNid: 0 })).toMatchObject({ ok: true, crypto: null });
    expect(plain({ kex: EMPTY_BYTES })).toMatchObject({ ok: false, code: 'ECRYPT' });
    expect(plain({ cipherNid: 0 })).toMatchObject({ ok: false, code: 'ECRYPT' });
  });

  it('is refused when it encrypts unasked', () => {
    const setup = { ...asC, tools, client: { encryption: 'off' } } as const;
    const encrypting = (bytes: Uint8Array) => edited(bytes, 48, () => ({ kex: new Uint8Array(44), cipherNid: 901 }));
    const { completed } = exchanged(setup, undefined, encrypting);
    expect(completed).toMatchObject({ ok: false, code: 'ECRYPT', text: 'the server encrypts, unasked' });
  });

  it('is refused with a share that is none', () => {
    for (const kemShare of [new Uint8Array(1087), new Uint8Array(0)]) {
      const data = encodeOapExtension({ features: PROTECTED, kemShare });
      const { completed } = exchanged({ tools }, undefined, (bytes) => edited(bytes, 32, () => ({ data })));
      expect(completed).toMatchObject({ ok: false, code: 'ECRYPT' });
    }
  });
});

describe('A server', () => {
  const asked = (client: Partial<OapSecurity>, server: Partial<OapSecurity>, more: Partial<Setup> = {}) =>
    exchanged({ tools, client, server, ...more }).answered;
  const editedRequest = (parts: Partial<OapMessage>, server: Partial<OapSecurity> = {}) =>
    exchanged({ ...asC, tools, server, client: configured() }, (bytes) => edited(bytes, 0, () => parts)).answered;

  it('refuses a weaker key exchange than its own and says which would do', () => {
    const server = configured({ kex: 'secp384r1' });
    expect(asked(configured(), server)).toMatchObject({ ok: false, code: 'ECRYPT', wanted: 'secp384r1' });
    expect(asked(configured({ kex: 'secp521r1' }), server).ok).toBe(true);
  });

  it('that encrypts refuses a client that does not', () => {
    const plain = { encryption: 'off' } as const;
    for (const server of [configured(), { encryption: 'require' } as const]) {
      expect(asked(plain, server)).toMatchObject({ ok: false, code: 'ECRYPT' });
      expect(asked(plain, server, asC)).toMatchObject({ ok: false, code: 'ECRYPT' });
    }
  });

  it('that does not encrypt refuses a C client that does', () => {
    expect(asked(configured(), { encryption: 'off' }, asC)).toMatchObject({ ok: false, code: 'ECRYPT' });
  });

  it('that does not encrypt is refused by a client of ours that insists', () => {
    const { answered, completed } = exchanged({ tools, client: configured(), server: { encryption: 'off' } });
    expect(answered.ok).toBe(true);
    expect(completed).toMatchObject({ ok: false, code: 'ECRYPT', features: ORDINARY });
  });

  it.each([
    ['a cipher without key exchange', { kex: EMPTY_BYTES }],
    ['a key of Ed25519', { kex: fromHex(`302a300506032b6570032100${'11'.repeat(32)}`) }],
    ['a raw key of no known length', { kex: new Uint8Array(1000), kexRaw: true }],
    ['a key of zeros', { kex: fromHex(`302a300506032b656e032100${'00'.repeat(32)}`) }],
    ['a ciphertext for a key that nobody has', { kex: new Uint8Array(1088), kexClientEncapsulates: true }],
    ['a raw ciphertext for it', { kex: new Uint8Array(1120), kexClientEncapsulates: true, kexRaw: true }],
  ])('survives %s', (_what, parts) => {
    for (const server of [configured(), { encryption: 'require' } as const]) {
      expect(editedRequest(parts, server)).toMatchObject({ ok: false, code: 'ECRYPT' });
    }
  });

  it('names the cipher where the client names none, or refuses', () => {
    const named = editedRequest({ cipherNid: 0 }, configured());
    expect(named).toMatchObject({ ok: true, agreed: { crypto: { cipher: 'aes-256-gcm' } } });
    expect(editedRequest({ cipherNid: 0 })).toMatchObject({ ok: false, code: 'ECRYPT' });
  });

  it('refuses a share that is none', () => {
    const data = encodeOapExtension({ features: PROTECTED, kemShare: new Uint8Array(1206) });
    const { answered } = exchanged({ tools }, (bytes) => edited(bytes, 0, () => ({ data })));
    expect(answered).toMatchObject({ ok: false, code: 'ECRYPT' });
  });

  it('refuses clients whose certificate does not hold, and anonymous ones where it demands one', () => {
    const demanding = { authentication: 'require', trust: trustIn('me') } as const;
    expect(asked({}, demanding)).toMatchObject({ ok: false, code: 'EAUTH' });
    expect(asked({ credential: credentialOf('other') }, demanding)).toMatchObject({
      ok: false,
      code: 'EAUTH',
      text: '"certificate of other" is not trusted',
    });
    expect(asked({ credential: credentialOf('me') }, { trust: null })).toMatchObject({ ok: false, code: 'EAUTH' });
    expect(asked({ credential: credentialOf('me') }, demanding).ok).toBe(true);
  });

  it('asks for the time only where a recording would open a flow in somebody’s name', () => {
    const client = { credential: credentialOf('me'), encryption: 'off' } as const;
    const at = (ms: bigint, parts: Partial<OapSecurity> = client) => {
      const setup = { tools, client: parts, server: { trust: trustIn('me') } };
      const offer = offerOf(setup, requestOf(setup).bytes);
      if ('ok' in offer) throw new Error(offer.text);
      const request = { ...offer.request, timestampNs: RESPONSE_TIME - ms * 1_000_000n };
      return answerTo(setup, encodeOap(resigned(request)));
    };
    for (const ms of [-100n, 0n, 20_000n]) expect(at(ms).ok).toBe(true);
    for (const ms of [-101n, 20_001n, 10n ** 9n]) expect(at(ms)).toMatchObject({ ok: false, code: 'ECLOCK' });
    expect(at(-3_600_000n)).toMatchObject({
      text: "an outdated request, or the client's clock is 3600 s ahead of the server's",
    });
    expect(at(10n ** 9n, { credential: credentialOf('me') }).ok).toBe(true);
  });

  it('takes no request twice', () => {
    const server = new OapServer(tools, PROTECTED);
    const { bytes } = requestOf({ tools });
    expect(server.read(bytes, fromSeconds(1)).ok).toBe(true);
    expect(server.read(bytes, fromSeconds(21))).toMatchObject({ ok: false, code: 'EAUTH' });
  });

  it('never throws, whatever it is sent', () => {
    const samples = [signed, { tools }, { ...asC, tools, client: configured({ kex: 'X25519MLKEM768' }) }];
    const bytes = samples.map((setup) => requestOf(setup).bytes);
    const mutated = fc
      .tuple(fc.constantFrom(...bytes), fc.nat(1500), fc.nat(255), fc.nat(40))
      .map(([base, at, value, to]) => (to === 0 ? base.subarray(0, at) : withByte(base, at, value)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated), (request) => {
        expect(typeof answerTo({ tools, server: configured() }, request).ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });
});

/** With the signature that belongs to it. */
function resigned(message: OapMessage): OapMessage {
  const credential = credentialOf('me');
  const unsigned = encodeOap({ ...message, signature: EMPTY_BYTES });
  const made = credential.sign(message.mdNid === 0 ? null : 'sha256', unsigned);
  return { ...message, signature: made.ok ? made.signature : EMPTY_BYTES };
}

describe('A client', () => {
  const shown = (client: Partial<OapSecurity>, server: Partial<OapSecurity>) =>
    exchanged({ tools, client, server }).completed;

  it('refuses servers that are somebody else, or that nobody here knows', () => {
    const trust = trustIn('oping', 'other');
    expect(shown({ trust }, { credential: credentialOf('other') })).toMatchObject({
      ok: false,
      code: 'EAUTH',
      text: 'certificate of other is not of oping',
      features: PROTECTED,
    });
    expect(shown({ trust: trustIn('me') }, { credential: credentialOf('oping') })).toMatchObject({ code: 'EAUTH' });
    expect(shown({}, { credential: credentialOf('oping') })).toMatchObject({ ok: false, code: 'EAUTH' });
  });

  it('takes an anonymous server, but not where it demands to know', () => {
    expect(shown({ trust: trustIn('oping') }, {})).toMatchObject({ ok: true, peer: '' });
    expect(shown({ authentication: 'require', trust: trustIn('oping') }, {})).toMatchObject({ code: 'EAUTH' });
  });

  it('cannot ask where it must encrypt and cannot', () => {
    const without = { hash: tools.hash, crypto: null };
    expect(() => requestOf({ tools: without, client: { encryption: 'require' } })).toThrow('this host cannot encrypt');
    expect(requestOf({ tools: without }).exchange.offer).toBeNull();
  });

  it('never throws, whatever it is answered', () => {
    fc.assert(
      fc.property(fc.nat(1500), fc.nat(255), fc.uint8Array({ maxLength: 200 }), (at, value, other) => {
        for (const change of [(bytes: Uint8Array) => withByte(bytes, at, value), () => other]) {
          expect(typeof exchanged({ tools }, undefined, change).completed?.ok).toBe('boolean');
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('A refusal for weakness', () => {
  const refusedBy = (server: Partial<OapSecurity>, client: Partial<OapSecurity> = {}, features = PROTECTED) => {
    const setup = { tools, client, server, serverFeatures: features };
    const { bytes, exchange } = requestOf(setup);
    const offer = offerOf(setup, bytes);
    const answered = answerTo(setup, bytes);
    if ('ok' in offer || answered.ok) throw new Error('not refused');
    const { data } = refuseOap(offer, answered, RESPONSE_TIME);
    forgetOap(exchange);
    return strongerOffer(exchange, readOapRefusal(exchange, data));
  };

  it('is tried again with what a server of ours asks for, once', () => {
    const server = configured({ kex: 'X448MLKEM1024' });
    const again = refusedBy(server)!;
    expect(again.algorithms).toEqual({ ...DEFAULT_ALGORITHMS, kex: 'X448MLKEM1024' });
    expect(exchanged({ tools, client: again, server }).completed?.ok).toBe(true);
    expect(
      refusedBy(configured({ kex: 'X448MLKEM1024' }), { ...again, algorithms: DEFAULT_ALGORITHMS }),
    ).toBeUndefined();
  });

  it('is tried again with the strongest that every C server has', () => {
    const server = configured({ kex: 'secp521r1' });
    const again = refusedBy(server, {}, 0)!;
    expect(again.algorithms?.kex).toBe('secp521r1');
    expect(exchanged({ tools, client: again, server, serverFeatures: 0 }).completed?.ok).toBe(true);
  });

  it('is not tried again with less, or when it was for something else', () => {
    const { bytes, exchange } = requestOf({ tools });
    const offer = offerOf({ tools }, bytes);
    if ('ok' in offer) throw new Error(offer.text);
    for (const wanted of [undefined, 'prime256v1', 'X25519'] as const) {
      const { data } = refuseOap(offer, { code: 'ECRYPT', text: 'no', wanted }, RESPONSE_TIME);
      expect(strongerOffer(exchange, readOapRefusal(exchange, data))).toBeUndefined();
    }
    forgetOap(exchange);
    const plain = requestOf({ tools, client: { encryption: 'off' } }).exchange;
    expect(strongerOffer(plain, undefined)).toBeUndefined();
  });
});

describe('Secrets', () => {
  it('are gone when an exchange is over, however it ended', () => {
    counted.open = 0;
    exchanged({ tools });
    exchanged({ tools }, (bytes) => flipped(bytes, 3));
    exchanged({ tools }, undefined, () => EMPTY_BYTES);
    exchanged({ tools, clientRoom: 100, serverRoom: 100 });
    exchanged({ tools, client: configured(), server: configured({ kex: 'secp521r1' }) });
    const forgotten = requestOf({ tools }).exchange;
    forgetOap(forgotten);
    forgetOap(forgotten);
    expect(counted.open).toBe(0);
  });
});
