import fc from 'fast-check';
import { micros, type Micros } from '@ouroboros/model';
import { FRAGMENT_HEADER, writeFragment } from '@ouroboros/wire';
import { pattern } from '../../spec/path.spec.js';
import { Reassembly } from './reassembly.js';

const NOW = micros(1000);

function fragment(message: number, index: number, count: number, bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAGMENT_HEADER + bytes.length);
  writeFragment(frame, message, index, count);
  frame.set(bytes, FRAGMENT_HEADER);
  return frame;
}

function cut(message: number, bytes: Uint8Array, size: number): Uint8Array[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => fragment(message, i, count, bytes.subarray(i * size, (i + 1) * size)));
}

/** Adds a frame that lies somewhere in a larger buffer, which is overwritten afterwards. */
function add(reassembly: Reassembly, frame: Uint8Array, now: Micros = NOW): Uint8Array | undefined {
  const memory = new Uint8Array(frame.length + 5);
  memory.set(frame, 2);
  const done = reassembly.add(memory, 2, frame.length, now);
  memory.fill(0xdd);
  return done ? reassembly.message.slice(0, reassembly.messageLength) : undefined;
}

describe('reassembly', () => {
  it('gives each message whole, whatever the order of its fragments and those of others', () => {
    const messages = fc.array(
      fc.record({ length: fc.integer({ min: 2, max: 400 }), size: fc.integer({ min: 1, max: 60 }) }),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(messages, fc.infiniteStream(fc.nat()), (shapes, order) => {
        const wanted = shapes.map(({ length }, i) => pattern(length, i));
        const frames = shapes.flatMap(({ length, size }, i) => cut(i, wanted[i]!, Math.min(size, length - 1)));
        const reassembly = new Reassembly();
        const got: Uint8Array[] = [];
        while (frames.length > 0) {
          const [frame] = frames.splice(order.next().value % frames.length, 1);
          const message = add(reassembly, frame!);
          if (message) got.push(message);
        }
        const sorted = (list: Uint8Array[]) => list.map((bytes) => bytes.join()).sort();
        expect(sorted(got)).toEqual(sorted(wanted));
        expect([reassembly.bytes, reassembly.pending]).toEqual([0, 0]);
      }),
    );
  });

  it('never gives a message of which a fragment is missing, and drops it after 5 s', () => {
    const reassembly = new Reassembly();
    const frames = cut(7, pattern(1000), 100);
    frames.splice(4, 1);
    for (const frame of frames) expect(add(reassembly, frame)).toBeUndefined();
    expect(reassembly.deadline).toBe(NOW + 5_000_000);
    reassembly.expire(micros(reassembly.deadline - 1));
    expect(reassembly.pending).toBe(1);
    reassembly.expire(reassembly.deadline);
    expect([reassembly.pending, reassembly.bytes, reassembly.counters.incomplete]).toEqual([0, 0, 1]);
  });

  it('counts duplicates and gives the message once', () => {
    const reassembly = new Reassembly();
    const [first, second] = cut(1, pattern(20), 10);
    expect([add(reassembly, first!), add(reassembly, first!)]).toEqual([undefined, undefined]);
    expect(add(reassembly, second!)).toEqual(pattern(20));
    expect(reassembly.counters).toMatchObject({ messages: 1, duplicates: 1 });
  });

  it.each([
    ['an empty fragment', fragment(1, 0, 2, new Uint8Array(0))],
    ['an index beyond the count', fragment(1, 2, 2, pattern(10))],
    ['a message of one fragment', fragment(1, 0, 1, pattern(10))],
    ['a message of no fragments', fragment(1, 0, 0, pattern(10))],
    ['a message longer than 16 MiB', fragment(1, 0, 0xffff, pattern(1000))],
    ['less than a header', new Uint8Array(8)],
  ])('drops %s', (_, frame) => {
    const reassembly = new Reassembly();
    expect(add(reassembly, frame)).toBeUndefined();
    expect([reassembly.counters.malformed, reassembly.pending, reassembly.bytes]).toEqual([1, 0, 0]);
  });

  it.each([
    ['another count', fragment(1, 1, 4, pattern(10))],
    ['another length', fragment(1, 1, 3, pattern(9))],
    ['a last fragment longer than the others', fragment(1, 2, 3, pattern(11))],
  ])('drops a fragment with %s than its message has, and still completes it', (_, frame) => {
    const reassembly = new Reassembly();
    const frames = cut(1, pattern(25), 10);
    add(reassembly, frames[0]!);
    expect(add(reassembly, frame)).toBeUndefined();
    expect(reassembly.counters.malformed).toBe(1);
    add(reassembly, frames[1]!);
    expect(add(reassembly, frames[2]!)).toEqual(pattern(25));
  });

  it('keeps within its bounds under hostile fragments, and never gives more than was sent', () => {
    const hostile = fc.array(
      fc.record({
        id: fc.nat(20),
        index: fc.nat(0xffff),
        count: fc.nat(0xffff),
        length: fc.nat(1500),
        after: fc.nat(2_000_000),
      }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(hostile, (frames) => {
        const reassembly = new Reassembly(4, 64_000, 32_000);
        let now = 0;
        let sent = 0;
        for (const { id, index, count, length, after } of frames) {
          now += after;
          reassembly.expire(micros(now));
          sent += length;
          const few = count % 2 === 0 ? count % 40 : count;
          const message = add(reassembly, fragment(id, index % (few + 1), few, pattern(length)), micros(now));
          if (message) expect(message.length).toBeLessThanOrEqual(Math.min(sent, 32_000));
          expect(reassembly.bytes).toBeLessThanOrEqual(64_000);
          expect(reassembly.pending).toBeLessThanOrEqual(4);
        }
      }),
    );
  });

  it('gives the message that has waited longest up for a new one', () => {
    const reassembly = new Reassembly(2);
    const [a, b, c] = [1, 2, 3].map((id) => cut(id, pattern(20, id), 10));
    add(reassembly, a![0]!, micros(1));
    add(reassembly, b![0]!, micros(2));
    add(reassembly, c![0]!, micros(3));
    expect(reassembly.counters.incomplete).toBe(1);
    expect(add(reassembly, a![1]!, micros(4))).toBeUndefined();
    expect(add(reassembly, c![1]!, micros(5))).toEqual(pattern(20, 3));
  });
});
