import fc from 'fast-check';
import { fromHex, toHex } from '@ouroboros/model';
import { putRequest, readReply, turnIntoReply } from './payload.js';

describe('the payload of a ping', () => {
  const vector = `00000000 00000102 0500000000000000 15cd5b0700000000 ${'00'.repeat(40)}`.replaceAll(' ', '');

  it('has type and id big-endian, seconds and nanoseconds little-endian, zeros behind', () => {
    const packet = new Uint8Array(64);
    putRequest(packet, 0x102, 5_123_456_789n);
    expect(toHex(packet)).toBe(vector);
  });

  it('becomes a reply by its type alone', () => {
    const packet = fromHex(vector);
    expect(turnIntoReply(packet)).toBe(true);
    expect(toHex(packet)).toBe(`00000001${vector.slice(8)}`);
    expect(readReply(packet)).toEqual({ id: 0x102, sentAt: 5_123_456_789n });
  });

  it('is echoed at any length that holds a type, whatever follows', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (rest) => {
        const packet = Uint8Array.from([0, 0, 0, 0, ...rest]);
        expect(turnIntoReply(packet)).toBe(true);
        expect([...packet]).toEqual([0, 0, 0, 1, ...rest]);
      }),
    );
  });

  it('is no request and no reply when the type says so or bytes are missing', () => {
    expect(turnIntoReply(fromHex('000000'))).toBe(false);
    expect(turnIntoReply(fromHex('00000001'))).toBe(false);
    expect(readReply(fromHex(vector))).toBeUndefined();
    expect(readReply(fromHex(`00000001${'00'.repeat(19)}`))).toBeUndefined();
  });
});
