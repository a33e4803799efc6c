import fc from 'fast-check';
import { fromHex, toHex } from '@ouroboros/model';
import { expectGolden, reasonOf } from '../test/golden.js';
import {
  BROADCAST_NEIGHBORS_MAX,
  BROADCAST_PCI_LENGTH,
  BroadcastType,
  broadcastHops,
  broadcastNumber,
  broadcastOriginHigh,
  broadcastOriginLow,
  broadcastType,
  decodeBroadcastNeighbors,
  encodeBroadcastNeighbors,
  writeBroadcastPci,
} from './broadcast-pci.js';

const u32 = fc.nat({ max: 0xffffffff });

describe('the header of broadcast packets', () => {
  it('has the layout of the document', () => {
    const bytes = new Uint8Array(BROADCAST_PCI_LENGTH);
    writeBroadcastPci(bytes, 64, 0x01020304, 0xf5060708, 9);
    expect(toHex(bytes)).toBe('004001020304f506070800000009');
  });

  it('reads what was written, anywhere in a buffer', () => {
    fc.assert(
      fc.property(fc.nat({ max: 255 }), u32, u32, u32, fc.nat({ max: 9 }), (hops, high, low, number, at) => {
        const pci = new Uint8Array(BROADCAST_PCI_LENGTH);
        writeBroadcastPci(pci, hops, high, low, number);
        const buffer = new Uint8Array(at + BROADCAST_PCI_LENGTH);
        buffer.set(pci, at);
        expect(broadcastType(buffer, at)).toBe(BroadcastType.packet);
        expect(broadcastHops(buffer, at)).toBe(hops);
        expect([broadcastOriginHigh(buffer, at), broadcastOriginLow(buffer, at)]).toEqual([high, low]);
        expect(broadcastNumber(buffer, at)).toBe(number);
      }),
    );
  });
});

describe('neighbors messages', () => {
  it('have the layout of the document', () => {
    const value = { self: 'bc.1', neighbors: ['bc.2', 'bc.10'] };
    expectGolden('01 04 62632e31 04 62632e32 05 62632e3130', value, decodeBroadcastNeighbors, encodeBroadcastNeighbors);
    expectGolden('01 01 61', { self: 'a', neighbors: [] }, decodeBroadcastNeighbors, encodeBroadcastNeighbors);
  });

  it.each([
    ['', 'bad-value type'],
    ['00 01 61', 'bad-value type'],
    ['01', 'missing-field self'],
    ['01 02 61', 'too-short name'],
    ['01 01 61 00', 'bad-length name'],
    ['01 01 ff', 'malformed name'],
    [`01 ${'0161'.repeat(512)}`, 'too-long'],
  ])('refuse %p: %s', (hex, reason) => {
    expect(reasonOf(decodeBroadcastNeighbors(fromHex(hex)))).toBe(reason);
  });

  it('leave out what they have no room for, and refuse names that are none', () => {
    const many = Array.from({ length: 40 }, (_, i) => `${i}`.padStart(40, 'x'));
    const bytes = encodeBroadcastNeighbors({ self: 'me', neighbors: many });
    expect(bytes.length).toBeLessThanOrEqual(BROADCAST_NEIGHBORS_MAX);
    expect(decodeBroadcastNeighbors(bytes)).toEqual({ ok: true, value: { self: 'me', neighbors: many.slice(0, 24) } });
    for (const self of ['', 'x'.repeat(256)]) {
      expect(() => encodeBroadcastNeighbors({ self, neighbors: [] })).toThrow(
        expect.objectContaining({ code: 'EINVAL', field: 'name' }),
      );
    }
  });
});
