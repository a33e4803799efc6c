import fc from 'fast-check';
import { concatBytes, fromHex, toHex } from '@ouroboros/model';
import { decodeControl, encodeControl, type ControlMessage } from './control.js';
import { FRAME_HEADER, FrameReader, MAX_PAYLOAD, writeFrameHeader } from './frames.js';

const H = 32;
const hash = new Uint8Array(H).fill(0xab);

const MESSAGES: readonly (readonly [ControlMessage, string])[] = [
  [{ kind: 'credit', from: 65, to: 64, bytes: 262_144 }, '04 00000041 00000040 00040000'],
  [{ kind: 'query', number: 7, hash }, `05 00000007 ${'ab'.repeat(H)}`],
  [{ kind: 'answer', number: 7, found: true }, '06 00000007 01'],
  [
    { kind: 'hello', hash: 1, member: '11'.repeat(16), run: '22'.repeat(8), layer: 'net' },
    `10 4f375443 01 01 ${'11'.repeat(16)} ${'22'.repeat(8)} 6e6574`,
  ],
  [{ kind: 'bye', reason: 'refused', words: 'no' }, '11 02 6e6f'],
  [{ kind: 'ping' }, '12'],
  [{ kind: 'pong' }, '13'],
  [{ kind: 'dealloc', from: 64, to: 65 }, '03 00000040 00000041'],
];

describe('control messages', () => {
  it.each(MESSAGES)('have their bytes: %j', (message, hex) => {
    const bytes = encodeControl(message);
    expect(toHex(bytes)).toBe(hex.replaceAll(' ', ''));
    expect(decodeControl(bytes, H)).toEqual({ ok: true, value: message });
  });

  it.each([
    ['', 'nothing'],
    ['04 00000041 00000040 0004', 'a short grant'],
    [`05 00000007 ${'ab'.repeat(31)}`, 'a hash of another length'],
    ['06 00000007', 'an answer without result'],
    [`10 4f375444 01 01 ${'11'.repeat(24)}`, 'another magic'],
    [`10 4f375443 02 01 ${'11'.repeat(24)}`, 'another version'],
    [`10 4f375443 01 01 ${'11'.repeat(24)} ff`, 'a layer that is no text'],
    [`10 4f375443 01 01 ${'11'.repeat(24)} ${'61'.repeat(256)}`, 'a layer that is too long'],
    ['11 03', 'an unknown reason'],
    ['63', 'an unknown code'],
  ])('%s are refused: %s', (hex) => expect(decodeControl(fromHex(hex), H).ok).toBe(false));

  it('never throw, whatever arrives', () => {
    fc.assert(
      fc.property(fc.nat({ max: 20 }), fc.uint8Array({ maxLength: 90 }), (code, rest) => {
        const decoded = decodeControl(Uint8Array.of(code, ...rest), H);
        if (decoded.ok) encodeControl(decoded.value);
      }),
    );
  });
});

function frame(eid: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER + payload.length);
  writeFrameHeader(bytes, 0, eid, payload.length);
  bytes.set(payload, FRAME_HEADER);
  return bytes;
}

describe('frames', () => {
  it('have their bytes', () => {
    expect(toHex(frame(0xfffffffe, Uint8Array.of(1, 2)))).toBe('0006fffffffe0102');
  });

  it('come whole, however the stream is cut', () => {
    const frames = fc.array(fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 300 })), { maxLength: 20 });
    const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(frames, cuts, (sent, sizes) => {
        const stream = concatBytes(...sent.map(([eid, payload]) => frame(eid, payload)));
        const got: string[] = [];
        const reader = new FrameReader((eid, buffer, offset, length) => {
          got.push(`${eid} ${toHex(buffer.subarray(offset, offset + length))}`);
          return true;
        });
        for (let at = 0, i = 0; at < stream.length; i += 1) {
          const end = at + sizes[i % sizes.length]!;
          expect(reader.push(stream.slice(at, end))).toBe(true);
          at = end;
        }
        expect(got).toEqual(sent.map(([eid, payload]) => `${eid} ${toHex(payload)}`));
      }),
    );
  });

  it('of the largest payload pass; longer and shorter ones end the stream, as does a taker', () => {
    const largest = frame(64, new Uint8Array(MAX_PAYLOAD));
    const yes = (): FrameReader => new FrameReader(() => true);
    expect(yes().push(largest)).toBe(true);
    expect(yes().push(frame(64, new Uint8Array(MAX_PAYLOAD + 1)))).toBe(false);
    expect(yes().push(Uint8Array.of(0, 3, 0, 0, 0))).toBe(false);
    const cut = yes();
    expect([cut.push(Uint8Array.of(0)), cut.push(Uint8Array.of(3))]).toEqual([true, false]);
    expect(new FrameReader(() => false).push(largest)).toBe(false);
  });
});
