import fc from 'fast-check';
import {
  PLAIN,
  build,
  bytesOf,
  cut,
  handedOver,
  kindOf,
  splitAll,
  texts,
  type PacketPlan,
} from './ip-packets.fixture.js';
import { PacketSplitter } from './packet-splitter.js';

const plans = fc.record({
  version: fc.constantFrom(4, 6),
  protocol: fc.constantFrom('tcp', 'udp'),
  id: fc.nat(0xffff),
  sequence: fc.nat(0xffff_ffff),
  flags: fc.nat(0xff),
  trafficClass: fc.nat(255),
  options: fc.nat(10).map((words) => [...bytesOf(words * 4)]),
  content: fc.tuple(fc.integer({ min: 1, max: 4000 }), fc.nat(255)).map(([length, seed]) => bytesOf(length, seed)),
});
const planOf = (change: object): PacketPlan => ({ ...PLAIN, ...change });

describe('what the host hands over', () => {
  it('is one packet where it needs nothing', () => {
    const packet = build(planOf({ content: bytesOf(100) }));
    expect(splitAll(Uint8Array.from([...new Uint8Array(10), ...packet]))).toEqual([packet]);
  });

  it('is given the checksum that it wants', () => {
    fc.assert(
      fc.property(plans, (change) => {
        const plan = planOf(change);
        expect(texts(splitAll(handedOver(plan, 0, 0)))).toEqual(texts([build(plan)]));
      }),
    );
  });

  it('is cut into the packets that it stands for', () => {
    const splitter = new PacketSplitter();
    fc.assert(
      fc.property(plans, fc.integer({ min: 8, max: 1500 }), (change, size) => {
        const plan = planOf(change);
        const expected = cut(plan, size).map((part) => build(part));
        expect(texts(splitAll(handedOver(plan, kindOf(plan), size), splitter))).toEqual(texts(expected));
      }),
    );
  });

  it('is cut when it is as long as can be, and over the end of ids and sequence numbers', () => {
    for (const version of [4, 6] as const) {
      const plan = planOf({ version, id: 0xfffe, content: bytesOf(65_400) });
      const packets = splitAll(handedOver(plan, kindOf(plan), 1360));
      expect(texts(packets)).toEqual(texts(cut(plan, 1360).map((part) => build(part))));
      expect(packets).toHaveLength(49);
    }
  });

  it('leaves the packet at hand as it is until the next one is wanted', () => {
    const plan = planOf({ content: bytesOf(300) });
    const splitter = new PacketSplitter();
    const read = handedOver(plan, 1, 100);
    splitter.bytes.set(read);
    splitter.take(read.length);
    for (const part of cut(plan, 100)) {
      expect(splitter.next()).toBe(true);
      const { bytes, offset, length } = splitter;
      expect(bytes.subarray(offset, offset + length)).toEqual(build(part));
    }
    expect([splitter.next(), splitter.next()]).toEqual([false, false]);
  });

  it('never leads out of what was read, whatever that is', () => {
    const splitter = new PacketSplitter();
    const kinds = fc.constantFrom(0, 1, 3, 4, 5, 0x81);
    const header = fc
      .tuple(fc.nat(3), kinds, fc.nat(255), fc.nat(2000), fc.nat(80), fc.nat(40))
      .map(([flags, kind, low, size, from, place]) => [
        ...[flags, kind, low, 0, size & 255, size >> 8, from, 0, place, 0],
      ]);
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 300 }), (head, packet) => {
        const read = Uint8Array.from([...head, ...packet]);
        let bytes = 0;
        for (const { length } of splitAll(read, splitter)) {
          expect(length).toBeGreaterThan(0);
          expect(length).toBeLessThanOrEqual(packet.length);
          bytes += length;
        }
        expect(bytes).toBeLessThanOrEqual(packet.length * (packet.length + 1));
      }),
      { numRuns: 1000 },
    );
  });
});
