import fc from 'fast-check';
import { NodeKdf } from '@ouroboros/crypto';
import { OuroborosError } from '@ouroboros/model';
import { parseShim, type ShimPlace } from './shim-place.js';
import { formatToken, parseToken, publicText, type Destination, type Token } from './token.js';

const kdf = new NodeKdf();
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0'));
const port = fc.integer({ min: 1, max: 65_535 });
const ipv4 = fc.ipV4().filter((host) => /^(1|2[01])\d{0,2}\./.test(host));
const hosts = fc.constantFrom('gate.example.org', '192.0.2.1', '::1');
const shim: fc.Arbitrary<ShimPlace> = fc.oneof(
  fc.record({ type: fc.constant('udp4' as const), host: ipv4, port, layer: name }),
  fc.record({ type: fc.constant('udp6' as const), host: fc.constant('2001:db8::1'), port, layer: name }),
  fc.record({ type: fc.constant('tcp' as const), host: hosts, port, layer: name, pin: fc.option(bytes(16)) }),
  fc.record({
    type: fc.constant('eth-dix' as const),
    ethertype: fc.integer({ min: 0x600, max: 0xfffe }),
    layer: name,
  }),
  fc.record({ type: fc.constant('eth-llc' as const), layer: name }),
);
const destination: fc.Arbitrary<Destination> = fc.record({
  shim,
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

const PIN = new Uint8Array(16).fill(0xab);
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

  it.each<[string, ShimPlace]>([
    ['tcp:gate.example.org:3435:wire', { type: 'tcp', host: 'gate.example.org', port: 3435, layer: 'wire', pin: null }],
    ['tls:[::1]:1:wire:' + 'ab'.repeat(16), { type: 'tcp', host: '::1', port: 1, layer: 'wire', pin: PIN }],
    ['eth-dix:a000:my%20lan', { type: 'eth-dix', ethertype: 0xa000, layer: 'my lan' }],
    ['eth-llc:lan', { type: 'eth-llc', layer: 'lan' }],
  ])('leads over %s', (text, below) => {
    const { destination: told, secret } = EXAMPLE;
    const written = formatToken({ destination: { ...told, shim: below }, secret }, kdf);
    expect(written.slice('o7s1:'.length, written.indexOf('#'))).toBe(text);
    expect(parseToken(written, kdf).destination.shim).toEqual(below);
  });

  it.each([
    'udp4:gate.example.org:3435:udp',
    'udp4:192.0.2.1:0:udp',
    'udp4:192.0.2.1:3435:udp:' + 'ab'.repeat(16),
    'tls:192.0.2.1:3435:wire',
    'tcp:192.0.2.1:3435:wire:' + 'ab'.repeat(16),
    'eth-dix:05ff:lan',
    'eth-dix:ffff:lan',
    'eth-dix:lan',
    'eth-llc:a000:lan',
    'local:here',
  ])('leads nowhere over %s', (below) => expect(parseShim(below)).toBeUndefined());

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
