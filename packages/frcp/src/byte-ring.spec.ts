import fc from 'fast-check';
import { EMPTY_BYTES, equalBytes } from '@ouroboros/model';
import { ByteRing, ringLimit } from './byte-ring.js';

const LIMIT = 16_384;
const payloadOf = (seed: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (seed * 7 + i) & 0xff);

describe('ByteRing', () => {
  it('keeps every packet whole, whatever goes in and out in whatever order', () => {
    const put = fc.record({ length: fc.nat(5000), head: fc.nat(40) });
    const release = fc.record({ which: fc.nat(1000) });
    fc.assert(
      fc.property(fc.array(fc.oneof(put, release), { maxLength: 120 }), (steps) => {
        const ring = new ByteRing(LIMIT);
        const kept: { position: number; payload: Uint8Array }[] = [];
        steps.forEach((step, seed) => {
          if ('which' in step) {
            for (const { position } of kept.splice(step.which % (kept.length + 1), 1)) ring.release(position);
          } else {
            const payload = payloadOf(seed, step.head + step.length);
            const fits = ring.fits(payload.length);
            const position = ring.put(payload, step.head, payload, step.head, step.length);
            expect(position >= 0).toBe(fits);
            if (fits) kept.push({ position, payload });
          }
          expect(ring.bytes.length).toBeLessThanOrEqual(LIMIT);
          for (const { position, payload } of kept) {
            const at = ring.offsetOf(position);
            if (!equalBytes(ring.bytes.subarray(at, at + payload.length), payload)) throw new Error('damaged');
          }
        });
      }),
    );
  });

  it('takes its longest payload whenever it is empty', () => {
    const ring = new ByteRing(LIMIT);
    const longest = new Uint8Array(ring.maxPayload);
    for (let round = 0; round < 5; round++) {
      const small = ring.put(EMPTY_BYTES, 0, longest, 0, 100 + round);
      expect(ring.put(EMPTY_BYTES, 0, longest, 0, longest.length)).toBe(-1);
      ring.release(small);
      ring.release(ring.put(EMPTY_BYTES, 0, longest, 0, longest.length));
    }
    expect(ring.put(EMPTY_BYTES, 0, new Uint8Array(LIMIT), 0, LIMIT - 3)).toBe(-1);
  });

  it('goes on past 2^32 bytes', () => {
    const ring = new ByteRing(4096);
    const packet = payloadOf(1, 4000);
    // Two packets at a time, so that it is never empty and never begins anew.
    let last = ring.put(EMPTY_BYTES, 0, packet, 0, 40);
    for (let i = 0; i < 1_100_000; i++) {
      const next = ring.put(EMPTY_BYTES, 0, packet, 0, 1996);
      if (next < 0) throw new Error(`no room in round ${i}`);
      ring.release(last);
      last = next;
    }
    expect(ring.bytes.subarray(ring.offsetOf(last), ring.offsetOf(last) + 1996)).toEqual(packet.subarray(0, 1996));
  });

  it('has limits that are powers of 2', () => {
    expect([1, 4096, 4097, 1 << 20].map(ringLimit)).toEqual([4096, 4096, 8192, 1 << 20]);
  });
});
