import { loadOpenSsl, type OpenSslCalls } from '@ouroboros/node-runtime';
import { toHex } from '@ouroboros/model';
import { AEAD_TAG_LENGTH, type AeadName, type CipherName, type Ciphers, type SealKey } from '@ouroboros/ports';
import fc from 'fast-check';
import sodium from 'libsodium-wrappers';
import { ALL_CIPHERS, knownAnswer } from './known-answers.js';
import { loadCiphers } from './load.js';
import { OpenSslCiphers } from './openssl.js';
import { PortableCiphers, isCtr } from './portable.js';
import { knowsItsAnswers } from './self-test.js';
import { TestedCiphers } from './tested.js';

const AEADS = ALL_CIPHERS.filter((cipher): cipher is AeadName => !isCtr(cipher));
const nonceLength = (cipher: CipherName): number => (isCtr(cipher) ? 16 : 12);
const tagLength = (cipher: CipherName): number => (isCtr(cipher) ? 0 : AEAD_TAG_LENGTH);

const IMPLEMENTATIONS = new Map<string, Ciphers>();
const names = ['OpenSSL', 'portable'];
beforeAll(async () => {
  await sodium.ready;
  IMPLEMENTATIONS.set('OpenSSL', new OpenSslCiphers((await loadOpenSsl())!));
  IMPLEMENTATIONS.set('portable', new PortableCiphers());
});
const cases = <Cipher extends CipherName>(ciphers: readonly Cipher[]) =>
  names.flatMap((name) => ciphers.map((cipher) => ({ name, cipher })));
const keyOf = (name: string, cipher: CipherName, bytes: Uint8Array): SealKey =>
  IMPLEMENTATIONS.get(name)!.key(cipher, bytes);

describe.each(cases(ALL_CIPHERS))('$cipher by $name', ({ name, cipher }) => {
  const { key: keyBytes, nonce, aad, text, sealed } = knownAnswer(cipher);

  it('passes its self-test', () => {
    expect(knowsItsAnswers(IMPLEMENTATIONS.get(name)!, cipher)).toBe(true);
  });

  it('seals and opens the published example', () => {
    const key = keyOf(name, cipher, keyBytes);
    const out = new Uint8Array(sealed.length);
    key.seal(nonce, aad, aad.length, text, 0, text.length, out, 0);
    expect(toHex(out)).toBe(toHex(sealed));
    const opened = new Uint8Array(text.length);
    expect(key.open(nonce, aad, aad.length, sealed, 0, sealed.length, opened, 0)).toBe(true);
    expect(toHex(opened)).toBe(toHex(text));
  });

  it('works at any offset, in place too, and writes nowhere else', () => {
    const lengths = fc.record({
      length: fc.oneof(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 20_000 })),
      offset: fc.integer({ min: 0, max: 40 }),
      aadLength: fc.integer({ min: 0, max: 20 }),
      key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      inPlace: fc.boolean(),
    });
    fc.assert(
      fc.property(lengths, ({ length, offset, aadLength, key: bytes, inPlace }) => {
        const key = keyOf(name, cipher, bytes);
        const nonce = bytes.slice(0, nonceLength(cipher));
        const total = length + tagLength(cipher);
        const text = Uint8Array.from({ length: offset + total + 9 }, (_, i) => i * 7);
        const sealed = inPlace ? text.slice() : new Uint8Array(text.length).fill(0xaa);
        const rim = sealed.slice();
        key.seal(nonce, bytes, aadLength, inPlace ? sealed : text, offset, length, sealed, offset);
        const opened = inPlace ? sealed : new Uint8Array(text.length);
        const kept = sealed.slice();
        expect(key.open(nonce, bytes, aadLength, sealed, offset, total, opened, offset)).toBe(true);
        key.destroy();
        expect(toHex(opened.subarray(offset, offset + length))).toBe(toHex(text.subarray(offset, offset + length)));
        expect(toHex(kept.subarray(0, offset))).toBe(toHex(rim.subarray(0, offset)));
        expect(toHex(kept.subarray(offset + total))).toBe(toHex(rim.subarray(offset + total)));
      }),
      { numRuns: 60 },
    );
  });

  it('copies the key and refuses to work once it is destroyed', () => {
    const raw = keyBytes.slice();
    const key = keyOf(name, cipher, raw);
    raw.fill(0);
    const out = new Uint8Array(sealed.length);
    key.seal(nonce, aad, aad.length, text, 0, text.length, out, 0);
    expect(toHex(out)).toBe(toHex(sealed));
    key.destroy();
    key.destroy();
    expect(() => key.seal(nonce, aad, aad.length, text, 0, text.length, out, 0)).toThrow('destroyed');
    expect(() => key.open(nonce, aad, aad.length, sealed, 0, sealed.length, out, 0)).toThrow('destroyed');
  });
});

describe.each(cases(AEADS))('$cipher by $name as an authenticating cipher', ({ name, cipher }) => {
  const { key: keyBytes, nonce, aad, sealed } = knownAnswer(cipher);
  const opens = (n: Uint8Array, a: Uint8Array, s: Uint8Array, length = s.length): boolean => {
    const out = new Uint8Array(Math.max(s.length, 1));
    const key = keyOf(name, cipher, keyBytes);
    const open = key.open(n, a, a.length, s, 0, length, out, 0);
    key.destroy();
    if (!open) expect(out.every((byte) => byte === 0)).toBe(true);
    return open;
  };
  const flipped = (source: Uint8Array, at: number): Uint8Array => source.map((byte, i) => (i === at ? byte ^ 1 : byte));

  it('refuses a change of any byte', () => {
    for (let i = 0; i < sealed.length; i += 1) expect(opens(nonce, aad, flipped(sealed, i))).toBe(false);
    for (let i = 0; i < nonce.length; i += 1) expect(opens(flipped(nonce, i), aad, sealed)).toBe(false);
    for (let i = 0; i < aad.length; i += 1) expect(opens(nonce, flipped(aad, i), sealed)).toBe(false);
    expect(opens(nonce, aad, sealed)).toBe(true);
  });

  it('refuses every shorter text, down to nothing', () => {
    for (let length = 0; length < sealed.length; length += 1) expect(opens(nonce, aad, sealed, length)).toBe(false);
    expect(opens(nonce, aad.subarray(0, -1), sealed)).toBe(false);
  });
});

describe.each(ALL_CIPHERS)('%s', (cipher) => {
  it('is the same in both implementations', () => {
    const message = fc.record({
      key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      text: fc.uint8Array({ maxLength: 3000 }),
      aad: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(message, ({ key: bytes, text, aad }) => {
        const [left, right] = names.map((name) => {
          const key = keyOf(name, cipher, bytes);
          const out = new Uint8Array(text.length + tagLength(cipher));
          key.seal(bytes.subarray(0, nonceLength(cipher)), aad, aad.length, text, 0, text.length, out, 0);
          key.destroy();
          return toHex(out);
        });
        expect(left).toBe(right);
      }),
    );
  });
});

describe('the choice of ciphers', () => {
  /** Ciphers whose keys go through `change` first. */
  const changed = (change: (key: SealKey) => SealKey): Ciphers => ({
    key: (cipher, bytes) => change(keyOf('portable', cipher, bytes)),
  });
  const faults: Readonly<Record<string, Ciphers>> = {
    'opens everything': changed((key) => ({
      seal: (...all) => key.seal(...all),
      open: (...all) => key.open(...all) || true,
      destroy: () => key.destroy(),
    })),
    'writes too much': changed((key) => ({
      seal: (...all) => {
        key.seal(...all);
        all[6].fill(0, all[7] + all[5] + AEAD_TAG_LENGTH);
      },
      open: (...all) => key.open(...all),
      destroy: () => key.destroy(),
    })),
    'seals nothing': changed((key) => ({
      seal: () => undefined,
      open: (...all) => key.open(...all),
      destroy: () => key.destroy(),
    })),
    throws: {
      key: () => {
        throw new Error('no such cipher');
      },
    },
  };

  it.each(Object.keys(faults))('falls back where one %s', (fault) => {
    const used: string[] = [];
    const portable: Ciphers = {
      key: (cipher, bytes) => {
        used.push(cipher);
        return keyOf('portable', cipher, bytes);
      },
    };
    const tested = new TestedCiphers(faults[fault]!, portable);
    tested.key('aes-256-gcm', new Uint8Array(32)).destroy();
    tested.key('aes-256-gcm', new Uint8Array(32)).destroy();
    expect(used).toEqual(['aes-256-gcm', 'aes-256-gcm']);
  });

  it('decides for each cipher on its own', () => {
    const fast: Ciphers = {
      key: (cipher, bytes) => {
        if (cipher === 'aes-128-ctr') throw new Error('no such cipher');
        return keyOf('OpenSSL', cipher, bytes);
      },
    };
    const used: string[] = [];
    const portable: Ciphers = {
      key: (cipher, bytes) => {
        used.push(cipher);
        return keyOf('portable', cipher, bytes);
      },
    };
    const tested = new TestedCiphers(fast, portable);
    for (const cipher of ALL_CIPHERS) tested.key(cipher, new Uint8Array(32)).destroy();
    expect(used).toEqual(['aes-128-ctr']);
  });

  it('is OpenSSL where it can be called', async () => {
    const key = (await loadCiphers()).key('aes-256-gcm', new Uint8Array(32));
    expect(key.constructor).toBe(keyOf('OpenSSL', 'aes-256-gcm', new Uint8Array(32)).constructor);
    key.destroy();
  });
});

describe.each(ALL_CIPHERS)('a key of OpenSSL for %s', (cipher) => {
  const { key: keyBytes, nonce, aad, text, sealed } = knownAnswer(cipher);

  it('touches no memory but what it was given', () => {
    const key = keyOf('OpenSSL', cipher, keyBytes);
    const gone = new Uint8Array(sealed.length);
    structuredClone(gone, { transfer: [gone.buffer] });
    for (const room of [new Uint8Array(sealed.length - 1), gone]) {
      expect(() => key.seal(nonce, aad, aad.length, text, 0, text.length, room, 0)).toThrow('no such bytes');
      expect(() => key.open(nonce, aad, aad.length, room, 0, sealed.length, sealed, 0)).toThrow('no such bytes');
    }
    const room = new Uint8Array(sealed.length);
    expect(() => key.seal(nonce, aad, aad.length, text, 1, text.length, room, 0)).toThrow('no such bytes');
    expect(() => key.seal(nonce, aad, aad.length, text, -1, 1, room, 0)).toThrow('no such bytes');
    expect(() => key.seal(nonce, aad, aad.length, text, 0, NaN, room, 0)).toThrow('no such bytes');
    expect(() => key.seal(nonce.subarray(1), aad, aad.length, text, 0, 1, room, 0)).toThrow('no such bytes');
    expect(() => key.open(nonce, aad, aad.length, sealed, 0, sealed.length, room, sealed.length)).toThrow(
      'no such bytes',
    );
    key.destroy();
  });

  it('is freed when it is destroyed', () => {
    const many = (count: number): void => {
      for (let i = 0; i < count; i += 1) keyOf('OpenSSL', cipher, keyBytes).destroy();
    };
    many(2000);
    const before = process.memoryUsage().rss;
    many(20_000);
    // A context takes 600 bytes or more: lost ones would be 12 MB.
    expect(process.memoryUsage().rss - before).toBeLessThan(6 << 20);
  });
});

describe('OpenSSL', () => {
  it('says so when it has no such cipher, and takes no short key', () => {
    expect(() => keyOf('OpenSSL', 'rot13' as CipherName, new Uint8Array(32))).toThrow('OpenSSL failed: rot13');
    expect(() => keyOf('OpenSSL', 'aes-128-gcm', new Uint8Array(16))).toThrow('OpenSSL failed: aes-128-gcm');
  });
});

describe.each(AEADS)('memory that another process writes, opened with %s by OpenSSL', (cipher) => {
  const { key: keyBytes, nonce, aad, text, sealed } = knownAnswer(cipher);

  /** Opens the example, of which a byte changes after `step` calls of OpenSSL; what came out, or null. */
  async function opened(
    step: number,
    at: number,
  ): Promise<{ readonly text: string | null; readonly calls: number; readonly readers: readonly string[] }> {
    const openSsl = (await loadOpenSsl())!;
    const memory = sealed.slice();
    const address = openSsl.addressOf(memory);
    let calls = -1;
    const readers: string[] = [];
    const watched = Object.fromEntries(
      Object.entries(openSsl.calls).map(([name, call]: [string, (...all: unknown[]) => unknown]) => [
        name,
        (...all: unknown[]): unknown => {
          if (calls === step) memory[at]! ^= 1;
          if (calls >= 0) calls += 1;
          if (all.some((one) => Number(one) >= address && Number(one) < address + memory.length)) readers.push(name);
          return call(...all);
        },
      ]),
    ) as unknown as OpenSslCalls;
    const key = new OpenSslCiphers({ ...openSsl, calls: watched }).key(cipher, keyBytes);
    const out = new Uint8Array(text.length);
    calls = 0;
    const good = key.open(nonce, aad, aad.length, memory, 0, memory.length, out, 0);
    const result = { text: good ? toHex(out) : null, calls, readers };
    key.destroy();
    return result;
  }

  it('opens as what it was, or not at all', async () => {
    const { calls, readers } = await opened(Infinity, 0);
    expect(calls).toBeGreaterThan(3);
    // The one that copies it: what authenticates and decrypts may read more than once.
    expect(readers).toEqual(['memcpy']);
    for (const at of [0, text.length - 1, text.length, sealed.length - 1]) {
      const results = new Set<string | null>();
      for (let step = 0; step < calls; step += 1) results.add((await opened(step, at)).text);
      results.delete(null);
      expect([...results]).toEqual([toHex(text)]);
    }
  });
});

describe.each(AEADS)('a forgery under %s', (cipher) => {
  it('leaves no error behind for others that use OpenSSL', async () => {
    const { key: keyBytes, nonce, aad, sealed } = knownAnswer(cipher);
    const key = keyOf('OpenSSL', cipher, keyBytes);
    expect(key.open(nonce, aad, 0, sealed, 0, sealed.length, new Uint8Array(sealed.length), 0)).toBe(false);
    key.destroy();
    const koffi = await import('koffi');
    expect(koffi.load(null).func('uint64_t ERR_peek_error()')()).toBe(0);
  });
});
