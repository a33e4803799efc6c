import fc from 'fast-check';
import { fromHex, toHex } from '@ouroboros/model';
import { CRC32_LENGTH, crc32, endsWithCrc32, writeCrc32 } from './crc32.js';

/** Bit by bit, as the polynomial says. */
function slowCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function withCrc(bytes: Uint8Array): Uint8Array {
  const packet = new Uint8Array(bytes.length + CRC32_LENGTH);
  packet.set(bytes);
  writeCrc32(packet, bytes.length, crc32(bytes, 0, bytes.length));
  return packet;
}

describe('CRC-32', () => {
  it('has the check value of the standard', () => {
    expect(crc32(new TextEncoder().encode('123456789'), 0, 9)).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0), 0, 0)).toBe(0);
  });

  it('matches the worked example', () => {
    const packet = fromHex('03000000fffffff00000000070696e67');
    expect(toHex(withCrc(packet))).toBe('03000000fffffff00000000070696e679a71eb07');
  });

  it('equals the definition for any bytes at any offset, whole or in parts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), fc.nat(20), (bytes, cut, offset) => {
        const buffer = new Uint8Array(offset + bytes.length + 3).fill(0x5a);
        buffer.set(bytes, offset);
        const first = Math.min(cut, bytes.length);
        const head = crc32(buffer, offset, first);
        expect(crc32(buffer, offset, bytes.length)).toBe(slowCrc32(bytes));
        expect(crc32(buffer, offset + first, bytes.length - first, head)).toBe(slowCrc32(bytes));
      }),
    );
  });

  it('finds every single damaged bit, and what is too short', () => {
    const packet = withCrc(fromHex('00112233445566778899aabbccddeeff01'));
    expect(endsWithCrc32(packet, 0, packet.length)).toBe(true);
    for (let bit = 0; bit < packet.length * 8; bit++) {
      const damaged = packet.slice();
      damaged[bit >> 3] = damaged[bit >> 3]! ^ (1 << (bit & 7));
      expect(endsWithCrc32(damaged, 0, damaged.length)).toBe(false);
    }
    expect(endsWithCrc32(packet, 0, 3)).toBe(false);
  });
});
