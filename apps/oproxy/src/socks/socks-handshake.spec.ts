import fc from 'fast-check';
import { SocksHandshake, SocksReply, socksReply, type SocksOutput } from './socks-handshake.js';

const GREETING = [5, 1, 0];
const domain = (host: string, port = 80): number[] => {
  const bytes = [...new TextEncoder().encode(host)];
  return [5, 1, 0, 3, bytes.length, ...bytes, port >> 8, port & 255];
};
const WELCOME = { kind: 'send', bytes: Uint8Array.of(5, 0) };

const outputsOf = (pieces: readonly (readonly number[] | Uint8Array)[]): SocksOutput[] => {
  const handshake = new SocksHandshake();
  return pieces.flatMap((piece) => handshake.take(Uint8Array.from(piece)));
};

/** What the client gets and wants, wherever its bytes were cut. */
function outcomeOf(pieces: readonly (readonly number[] | Uint8Array)[]): unknown[] {
  const handshake = new SocksHandshake();
  const sent: number[] = [];
  let end: unknown = null;
  const behind: number[] = [];
  for (const piece of pieces) {
    if (end !== null) behind.push(...piece);
    for (const output of handshake.take(Uint8Array.from(piece))) {
      if (output.kind !== 'connect') sent.push(...output.bytes);
      if (output.kind === 'refuse') end = output.why;
      if (output.kind === 'connect') {
        end = [output.host, output.port];
        behind.push(...output.rest);
      }
    }
  }
  return [sent, end, typeof end === 'string' ? [] : behind];
}

describe('a SOCKS handshake', () => {
  it.each([
    ['a name', domain('web.o7s', 8080), 'web.o7s', 8080],
    ['an IPv4 address', [5, 1, 0, 1, 10, 0, 0, 1, 0, 80], '10.0.0.1', 80],
    ['an IPv6 address', [5, 1, 0, 4, ...Array(15).fill(0), 1, 0, 80], '0:0:0:0:0:0:0:1', 80],
  ])('asks for %s', (_what, request, host, port) => {
    expect(outputsOf([GREETING, request])).toEqual([WELCOME, { kind: 'connect', host, port, rest: new Uint8Array() }]);
  });

  it('may come at once, with the first bytes behind it', () => {
    const [, connect] = outputsOf([[...GREETING, ...domain('a.o7s'), 71, 69]]);
    expect(connect).toMatchObject({ kind: 'connect', host: 'a.o7s', rest: Uint8Array.of(71, 69) });
  });

  it.each([
    ['another version', [[4, 1, 0]], socksReply(SocksReply.FAILURE)],
    ['a login', [[5, 2, 1, 2]], Uint8Array.of(5, 0xff)],
    ['BIND', [GREETING, [5, 2, 0, 1]], socksReply(SocksReply.COMMAND_UNKNOWN)],
    ['UDP ASSOCIATE', [GREETING, [5, 3, 0, 1]], socksReply(SocksReply.COMMAND_UNKNOWN)],
    ['an unknown address type', [GREETING, [5, 1, 0, 2]], socksReply(SocksReply.ADDRESS_UNKNOWN)],
    ['a request of another version', [GREETING, [4, 1, 0, 1]], socksReply(SocksReply.FAILURE)],
  ])('refuses %s, and then takes nothing more', (_what, pieces, bytes) => {
    const outputs = outputsOf([...pieces, domain('web.o7s')]);
    expect(outputs.at(-1)).toMatchObject({ kind: 'refuse', bytes });
  });

  it('does not depend on where the bytes are cut', () => {
    const methods = fc.uint8Array({ minLength: 0, maxLength: 255 });
    const host = fc.string({ maxLength: 60 });
    const behind = fc.uint8Array({ maxLength: 40 });
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(methods, host, behind, cuts, (methods, host, behind, cuts) => {
        const all = [5, methods.length, ...methods, ...domain(host), ...behind];
        expect(outcomeOf(cutUp(all, cuts))).toEqual(outcomeOf([all]));
      }),
    );
  });

  it('survives any bytes, keeps no more than one request, and ends with one answer', () => {
    const bytes = fc.uint8Array({ maxLength: 700 });
    const likely = fc.tuple(fc.constantFrom(...[GREETING, [5, 0], []]), bytes);
    fc.assert(
      fc.property(likely, fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1 }), ([head, tail], cuts) => {
        const outputs = outputsOf(cutUp([...head, ...tail], cuts));
        expect(outputs.filter(({ kind }) => kind !== 'send').length).toBeLessThanOrEqual(1);
        expect(outputs.slice(0, -1).every(({ kind }) => kind === 'send')).toBe(true);
        // A greeting has at most 257 bytes, a request 262: by then it is over.
        if (head.length + tail.length >= 257 + 262) expect(outputs.at(-1)!.kind).not.toBe('send');
      }),
    );
  });
});

function cutUp(bytes: readonly number[], cuts: readonly number[]): number[][] {
  const pieces: number[][] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const length = cuts[i % cuts.length]!;
    pieces.push(bytes.slice(at, at + length));
    at += length;
  }
  return pieces;
}
