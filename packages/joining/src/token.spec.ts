import fc from 'fast-check';
import { NodeKdf } from '@ouroboros/crypto';
import { OuroborosError } from '@ouroboros/model';
import { formatToken, parseToken, publicText, type Destination, type Token } from './token.js';

const kdf = new NodeKdf();
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0'));
const shim = fc.oneof(
  fc.record({ type: fc.constant('udp4' as const), host: fc.ipV4().filter((host) => /^(1|2[01])\d{0,2}\./.test(host)) }),
  fc.record({ type: fc.constant('udp6' as const), host: fc.constant('2001:db8::1') }),
  fc.record({ type: fc.constant('tcp' as const), host: fc.constantFrom('gate.example.org', '192.0.2.1', '::1') }),
);
const destination: fc.Arbitrary<Destination> = fc.record({
  shim: fc
    .tuple(shim, fc.integer({ min: 1, max: 65_535 }), name)
    .map(([place, port, layer]) => ({ ...place, port, layer })),
  type: fc.constantFrom('unicast' as const, 'broadcast' as const),
  layer: name,
  member: name,
  fingerprint: fc.option(bytes(16)),
});
const token: fc.Arbitrary<Token> = fc.record({ destination, secret: bytes(16) });

const codeOf = (text: string): string => {
  try {
    parseToken(text, kdf);
    return 'read';
  } catch (thrown) {
    return thrown instanceof OuroborosError ? thrown.code : String(thrown);
  }
};

const EXAMPLE: Token = {
  destination: {
    shim: { type: 'udp4', host: '203.0.113.7', port: 3435, layer: 'udp' },
    type: 'unicast',
    layer: 'net',
    member: 'net.n1',
    fingerprint: Uint8Array.from({ length: 16 }, (_, i) => i),
  },
  secret: Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i),
};

describe('a token', () => {
  it('looks like this', () => {
    expect(formatToken(EXAMPLE, kdf)).toMatch(
      /^o7s1:udp4:203\.0\.113\.7:3435:udp#unicast:net:net\.n1#000102030405060708090a0b0c0d0e0f#f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff[0-9a-f]{8}$/,
    );
  });

  it('is read as it was written, whatever the names', () => {
    fc.assert(fc.property(token, (one) => expect(parseToken(` ${formatToken(one, kdf)}\n`, kdf)).toEqual(one)));
  });

  it('holds nothing that a shell or a line of text would break, but #', () => {
    fc.assert(fc.property(token, (one) => expect(formatToken(one, kdf)).toMatch(/^[A-Za-z0-9:#._~!'()*%[\]-]+$/)));
  });

  it('is refused when any character of it is another, or the end is missing', () => {
    const text = formatToken(EXAMPLE, kdf);
    for (let at = 'o7s1:'.length; at < text.length; at += 1) {
      const other = text[at] === '1' ? '2' : '1';
      expect(codeOf(text.slice(0, at) + other + text.slice(at + 1))).toBe('EAUTH');
      expect(codeOf(text.slice(0, at))).toBe('EAUTH');
    }
  });

  it('is told from what is none, and from one of a later version', () => {
    expect([codeOf('net'), codeOf(''), codeOf('o7s2:udp4:whatever')]).toEqual(['EINVAL', 'EINVAL', 'EINVAL']);
  });

  it('never throws anything else', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(['EINVAL', 'EAUTH']).toContain(codeOf(`o7s1:${text}`))));
  });

  it('says all but its secret to everybody', () => {
    const text = formatToken(EXAMPLE, kdf);
    expect(publicText(EXAMPLE.destination)).toBe(text.slice(0, text.lastIndexOf('#')));
  });
});
