import fc from 'fast-check';
import { PacketQueue, queueMemoryOf, type QueueMemory } from './packet-queue.js';

const BOUNDS = { packets: 8, bytes: 1024 };
const NONE = new Uint8Array(0);

/** A packet whose bytes follow from its number. */
const packetOf = (number: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (number * 31 + i) & 0xff);

/** Memory for one queue at a time, which counts who has it. */
class Lent implements QueueMemory {
  lent = 0;
  private readonly memory = new ArrayBuffer(queueMemoryOf(BOUNDS));

  take(): ArrayBuffer | null {
    if (this.lent > 0) return null;
    this.lent += 1;
    return this.memory;
  }

  giveBack(memory: ArrayBuffer): void {
    expect(memory).toBe(this.memory);
    this.lent -= 1;
  }
}

const shifted = (queue: PacketQueue): number[] | undefined => {
  let packet: number[] | undefined;
  queue.shift((buffer, offset, length) => {
    packet = [...buffer.subarray(offset, offset + length)];
    return true;
  });
  return packet;
};

describe('a queue of packets', () => {
  it('hands out what was put in, in order, and holds no more than its bounds, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ put: fc.integer({ min: 1, max: 600 }), head: fc.integer({ min: 0, max: 16 }) }),
      fc.constant('take' as const),
      fc.constant('refuse' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new PacketQueue(BOUNDS, new Lent());
        const model: number[][] = [];
        for (const [number, one] of steps.entries()) {
          if (one === 'take') expect(shifted(queue)).toEqual(model.shift());
          else if (one === 'refuse') expect(queue.shift(() => false)).toBe(false);
          else {
            const packet = packetOf(number, one.head + one.put);
            // A body somewhere in a buffer, as it comes from a ring.
            const body = Uint8Array.of(1, 2, 3, ...packet.subarray(one.head), 4);
            if (queue.push(packet, one.head, body, 3, one.put)) model.push([...packet]);
            else expect(model.length === 8 || model.flat().length + packet.length > 1024 - 600).toBe(true);
          }
          expect([queue.packets, queue.bytes]).toEqual([model.length, model.flat().length]);
          expect(queue.firstLength).toBe(model[0]?.length ?? 0);
          expect(queue.packets <= BOUNDS.packets && queue.bytes <= BOUNDS.bytes).toBe(true);
        }
      }),
    );
  });

  it('takes memory for as long as something waits, and takes no packet where there is none', () => {
    const memory = new Lent();
    const [one, other] = [new PacketQueue(BOUNDS, memory), new PacketQueue(BOUNDS, memory)];
    const put = (queue: PacketQueue): boolean => queue.push(NONE, 0, packetOf(1, 10), 0, 10);
    expect([put(one), put(one), put(other), memory.lent]).toEqual([true, true, false, 1]);
    shifted(one);
    expect([put(other), memory.lent]).toEqual([false, 1]);
    shifted(one);
    expect([memory.lent, put(other), memory.lent]).toEqual([0, true, 1]);
    other.clear();
    expect([other.packets, other.bytes, memory.lent, shifted(other)]).toEqual([0, 0, 0, undefined]);
  });
});
