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
import { PacketMerger } from './packet-merger.js';

/** What is written to the host when these packets come, each with its virtio header. */
function written(packets: readonly Uint8Array[], mergeable = { tcp: true, udp: true }): Uint8Array[] {
  const merger = new PacketMerger(mergeable);
  const writes: Uint8Array[] = [];
  const write = (): void => {
    if (merger.packets === 0) return;
    merger.finish();
    writes.push(merger.bytes.slice(0, merger.length));
    merger.clear();
  };
  for (const packet of packets) {
    const buffer = Uint8Array.of(0xee, ...packet, 0xee);
    if (merger.add(buffer, 1, packet.length)) continue;
    write();
    expect(merger.add(buffer, 1, packet.length)).toBe(true);
  }
  write();
  return writes;
}

const planOf = (change: Partial<PacketPlan>): PacketPlan => ({ ...PLAIN, ...change });
const corrupted = (packet: Uint8Array, at: number): Uint8Array => packet.map((byte, i) => (i === at ? byte ^ 1 : byte));
/** The second packet after a first one of 100 bytes. */
const second = (change: Partial<PacketPlan> = {}): Uint8Array =>
  build(planOf({ id: 8, sequence: (PLAIN.sequence + 100) >>> 0, content: bytesOf(100), ...change }));
const first = (change: Partial<PacketPlan> = {}): Uint8Array => build(planOf({ content: bytesOf(100), ...change }));

describe('packets for the host', () => {
  it.each([
    ['TCP over IPv4', planOf({ version: 4 })],
    ['TCP over IPv6', planOf({ version: 6 })],
    ['TCP that ends a message', planOf({ version: 4, flags: 0x18 })],
    ['UDP over IPv4', planOf({ version: 4, protocol: 'udp' })],
    ['UDP over IPv6', planOf({ version: 6, protocol: 'udp' })],
  ])('are merged into the one that the host would cut into them: %s', (_title, plan) => {
    const whole = { ...plan, content: bytesOf(4100) };
    const packets = cut(whole, 1000).map((part) => build(part));
    expect(texts(written(packets))).toEqual(texts([handedOver(whole, kindOf(plan), 1000)]));
  });

  it('are as they were when they are alone', () => {
    for (const packet of [first(), first({ flags: 0x02 }), Uint8Array.of(0x45), Uint8Array.of(0x60, 1, 2)])
      expect(written([packet])).toEqual([Uint8Array.from([...new Uint8Array(10), ...packet])]);
  });

  it('follow each other', () => expect(written([first(), second()])).toHaveLength(1));

  it.each<[string, Uint8Array[]]>([
    ['a gap', [first(), second({ sequence: (PLAIN.sequence + 101) >>> 0 })]],
    ['another connection', [first(), second({ sourcePort: 4712 })]],
    ['another acknowledgement', [first(), second({ acknowledged: 2 })]],
    ['another window', [first(), second({ window: 513 })]],
    ['other options', [first(), second({ options: [...PLAIN.options.slice(0, 11), 3] })]],
    ['fewer options', [first(), second({ options: [] })]],
    ['another hop limit', [first(), second({ hopLimit: 63 })]],
    ['another traffic class', [first(), second({ trafficClass: 3 })]],
    ['another id', [first(), second({ id: 7 })]],
    ['that may be fragmented', [first(), second({ fragment: 0 })]],
    ['another flow label', [first({ version: 6 }), second({ version: 6, flowLabel: 6 })]],
    ['another version', [first(), second({ version: 6 })]],
    ['another protocol', [first(), second({ protocol: 'udp' })]],
    ['a longer one', [first(), second({ content: bytesOf(101) })]],
    ['no content', [first(), second({ content: bytesOf(0) })]],
    ['the end of the connection', [first(), second({ flags: 0x11 })]],
    ['its beginning', [first(), second({ flags: 0x12 })]],
    ['a reset', [first(), second({ flags: 0x14 })]],
    ['urgent content', [first(), second({ flags: 0x30 })]],
    ['an echo of congestion', [first(), second({ flags: 0x50 })]],
    ['an answer to it', [first(), second({ flags: 0x90 })]],
    ['an end of a message before', [first({ flags: 0x18 }), second()]],
    ['a wrong checksum of TCP', [first(), corrupted(second(), 80)]],
    ['a wrong checksum of TCP before', [corrupted(first(), 80), second()]],
    ['a wrong checksum of IP', [first(), corrupted(second(), 10)]],
    ['a fragment', [first({ fragment: 0x2000 }), second({ fragment: 0x2000 })]],
    [
      'UDP without checksum',
      [first({ protocol: 'udp' }), second({ protocol: 'udp' })].map((packet) => packet.fill(0, 26, 28)),
    ],
  ])('are not merged: %s', (_title, packets) => {
    const writes = written(packets);
    expect(writes).toEqual(packets.map((packet) => Uint8Array.from([...new Uint8Array(10), ...packet])));
  });

  it('are not merged after a shorter one', () => {
    const packets = [first(), second({ content: bytesOf(99) }), second({ id: 9, sequence: PLAIN.sequence + 199 })];
    expect(written(packets)).toHaveLength(2);
  });

  it('are merged up to the longest packet, and to what the host cuts of UDP', () => {
    const long = { ...planOf({ version: 6 }), content: bytesOf(140_000) };
    expect(written(cut(long, 1000).map((part) => build(part))).map(({ length }) => length)).toEqual(
      [65, 65, 10].map((count) => 10 + 72 + count * 1000),
    );
    const many = { ...planOf({ protocol: 'udp' }), content: bytesOf(130 * 10) };
    expect(written(cut(many, 10).map((part) => build(part))).map(({ length }) => length)).toEqual(
      [64, 64, 2].map((count) => 10 + 28 + count * 10),
    );
  });

  it('are merged where the host can', () => {
    const packets = (protocol: 'tcp' | 'udp'): Uint8Array[] =>
      cut({ ...planOf({ protocol }), content: bytesOf(300) }, 100).map((part) => build(part));
    const counts = (tcp: boolean, udp: boolean): number[] =>
      (['tcp', 'udp'] as const).map((protocol) => written(packets(protocol), { tcp, udp }).length);
    expect([counts(true, false), counts(false, false)]).toEqual([
      [1, 3],
      [3, 3],
    ]);
  });

  it('come out of the host as they came in, in their order, whatever they are', () => {
    let merged = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            streams,
            fc.uint8Array({ minLength: 1, maxLength: 80 }).map((one) => [one]),
          ),
        ),
        (parts) => {
          const packets = parts.flat();
          const writes = written(packets);
          merged += packets.length - writes.length;
          expect(texts(writes.flatMap((write) => splitAll(write)))).toEqual(texts(packets));
        },
      ),
      { numRuns: 100 },
    );
    expect(merged).toBeGreaterThan(300);
  });
});

/** Packets of one sender, one of which may be damaged, missing, twice there or at the wrong place. */
const streams: fc.Arbitrary<Uint8Array[]> = fc
  .record({
    version: fc.constantFrom(4 as const, 6 as const),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const),
    sourcePort: fc.integer({ min: 1, max: 3 }),
    id: fc.constantFrom(0, 0xfffe),
    sequence: fc.constantFrom(0, 0xffff_ff00),
    flags: fc.constantFrom(0x10, 0x18, 0x11, 0x90),
    length: fc.integer({ min: 1, max: 1200 }),
    size: fc.integer({ min: 20, max: 300 }),
    fault: fc.constantFrom('none', 'none', 'damage', 'loss', 'twice', 'order'),
    at: fc.nat(1000),
  })
  .map(({ length, size, fault, at, ...change }) => {
    const packets = cut(planOf({ ...change, content: bytesOf(length, at) }), size).map((part) => build(part));
    const i = at % packets.length;
    const packet = packets[i]!;
    if (fault === 'damage') packets[i] = corrupted(packet, at % packet.length);
    if (fault === 'loss') packets.splice(i, 1);
    if (fault === 'twice') packets.splice(i, 0, packet);
    if (fault === 'order') packets.push(...packets.splice(i, 1));
    return packets;
  });
