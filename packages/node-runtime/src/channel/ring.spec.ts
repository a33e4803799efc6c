import fc from 'fast-check';
import { EMPTY_BYTES } from '@ouroboros/model';
import { RingConsumer } from './ring-consumer.js';
import {
  BufferRingMemory,
  HEAD,
  POPPED,
  PUSHED,
  RING_CONTROL_BYTES,
  ROOM,
  SKIP,
  TAIL,
  maxPacketOf,
  type RingMemory,
} from './ring-memory.js';
import { RingProducer } from './ring-producer.js';

const CAPACITY = 4096;
const MAX = maxPacketOf(CAPACITY);
const newBuffer = (): ArrayBuffer => new ArrayBuffer(RING_CONTROL_BYTES + CAPACITY);
const ringOver = (buffer: ArrayBuffer): BufferRingMemory =>
  new BufferRingMemory(buffer, 0, RING_CONTROL_BYTES, CAPACITY);

/** A ring that calls back after each single store; a packet's bytes are two stores, so that it can be cut inside. */
class SteppedMemory implements RingMemory {
  private readonly inner: BufferRingMemory;
  afterStore: () => void = () => undefined;

  constructor(buffer: ArrayBuffer) {
    this.inner = ringOver(buffer);
  }

  get capacity(): number {
    return this.inner.capacity;
  }
  get bytes(): Uint8Array {
    return this.inner.bytes;
  }
  load(word: number): number {
    return this.inner.load(word);
  }
  lengthAt(offset: number): number {
    return this.inner.lengthAt(offset);
  }
  store(word: number, value: number): void {
    this.inner.store(word, value);
    this.afterStore();
  }
  exchange(word: number, value: number): number {
    const old = this.inner.exchange(word, value);
    this.afterStore();
    return old;
  }
  setLength(offset: number, length: number): void {
    this.inner.setLength(offset, length);
    this.afterStore();
  }
  copyIn(offset: number, source: Uint8Array, sourceOffset: number, length: number): void {
    const half = length >> 1;
    this.inner.copyIn(offset, source, sourceOffset, half);
    this.afterStore();
    this.inner.copyIn(offset + half, source, sourceOffset + half, length - half);
    this.afterStore();
  }
  release(): void {
    this.inner.release();
  }
}

/** A packet that says its number and how long it is. */
function numbered(number: number, length: number): Uint8Array {
  const packet = new Uint8Array(length).fill(number & 0xff);
  if (length >= 4) new DataView(packet.buffer).setUint32(0, number);
  return packet;
}

/** What a packet is called in expectations: length, first bytes, and whether the rest is as `numbered` made it. */
function nameOf(packet: Uint8Array): string {
  const whole = packet.length < 5 || packet.subarray(4).every((byte) => byte === packet[packet.length - 1]);
  return `${packet.length}:${packet.subarray(0, 4).join()}${whole ? '' : ' torn'}`;
}

function readAll(consumer: RingConsumer, max = 1_000_000): string[] {
  const packets: string[] = [];
  consumer.read(max, (bytes, offset, length) => {
    packets.push(nameOf(bytes.subarray(offset, offset + length)));
    return true;
  });
  return packets;
}

const push = (producer: RingProducer, packet: Uint8Array): string =>
  producer.push(EMPTY_BYTES, 0, packet, 0, packet.length);

/** A consumer in the same state, over other memory: what it would see there. */
const consumerAt = (consumer: RingConsumer, memory: RingMemory): RingConsumer =>
  Object.assign(new RingConsumer(memory), consumer, { memory }) as RingConsumer;

describe('the ring', () => {
  it('shows, wherever its producer dies, exactly the packets published until then', () => {
    const buffer = newBuffer();
    const memory = new SteppedMemory(buffer);
    const producer = new RingProducer(memory);
    const consumer = new RingConsumer(ringOver(buffer));
    const published: string[] = [];
    let batch: string[] = [];
    let cuts = 0;
    let head = 0;
    memory.afterStore = () => {
      if (memory.load(HEAD) !== head) {
        head = memory.load(HEAD);
        published.push(...batch);
        batch = [];
      }
      const survivor = consumerAt(consumer, ringOver(buffer.slice(0)));
      expect(readAll(survivor)).toEqual(published);
      expect(survivor.broken).toBe(false);
      cuts += 1;
    };
    // Enough to go round the ring several times, with records of all alignments and skips at its end.
    for (let number = 0; number < 120; number++) {
      const packet = numbered(number, (number * 173) % 600);
      batch.push(nameOf(packet));
      expect(push(producer, packet)).toBe('ok');
      if (number % 3 === 2) producer.publish();
      if (number % 6 === 5) published.splice(0, readAll(consumer).length);
    }
    expect(cuts).toBeGreaterThan(400);
  });

  it('lets the producer go on, wherever its consumer dies', () => {
    let killed = true;
    for (let cut = 1; killed; cut++) {
      const buffer = newBuffer();
      const memory = new SteppedMemory(buffer);
      const producer = new RingProducer(ringOver(buffer));
      const consumer = new RingConsumer(memory);
      while (push(producer, numbered(cut, 300)) === 'ok') continue;
      producer.publish();
      producer.wantRoom();
      let stores = 0;
      memory.afterStore = () => {
        stores += 1;
        if (stores === cut) throw new Error('killed');
      };
      try {
        for (let i = 0; i < 20; i++) {
          readAll(consumer, 3);
          consumer.takeRoomRequest();
        }
        killed = false;
      } catch (error) {
        expect((error as Error).message).toBe('killed');
      }
      for (let i = 0; i < 100; i++) expect(['ok', 'full']).toContain(push(producer, numbered(i, 300)));
      expect(producer.unread()).toBeLessThanOrEqual(CAPACITY / 4);
      if (!killed) expect(cut).toBeGreaterThan(10);
    }
  });

  it('loses, repeats and mixes up nothing, however reads and writes interleave', () => {
    const step = fc.record({ size: fc.nat(MAX), publish: fc.boolean(), reads: fc.array(fc.nat(5), { maxLength: 6 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const buffer = newBuffer();
        const memory = new SteppedMemory(buffer);
        const producer = new RingProducer(memory);
        const consumer = new RingConsumer(ringOver(buffer));
        const sent: string[] = [];
        const got: string[] = [];
        steps.forEach(({ size, publish, reads }, number) => {
          const packet = numbered(number, size);
          // Reads that happen between the stores of the writer.
          memory.afterStore = () => {
            const max = reads.shift();
            if (max !== undefined) got.push(...readAll(consumer, max));
          };
          const verdict = push(producer, packet);
          if (verdict === 'ok') sent.push(nameOf(packet));
          if (publish) producer.publish();
          if (verdict === 'full') {
            producer.publish();
            if (!producer.wantRoom()) got.push(...readAll(consumer));
          }
        });
        producer.publish();
        expect(consumer.unread()).toBe(sent.length - got.length);
        got.push(...readAll(consumer));
        expect(got).toEqual(sent);
        expect(producer.unread()).toBe(0);
        expect(consumer.broken).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('tells the producer of room once, when half of it is free', () => {
    const memory = ringOver(newBuffer());
    const producer = new RingProducer(memory);
    const consumer = new RingConsumer(memory);
    while (push(producer, numbered(1, 252)) === 'ok') continue;
    producer.publish();
    expect(producer.wantRoom()).toBe(false);
    const requests: boolean[] = [];
    for (let i = 0; i < 16; i++) {
      readAll(consumer, 1);
      requests.push(consumer.takeRoomRequest());
    }
    expect(requests.indexOf(true)).toBe(7);
    expect(requests.filter(Boolean)).toHaveLength(1);
    expect(producer.wantRoom()).toBe(true);
    expect(memory.load(ROOM)).toBe(0);
  });

  it('works on when positions and counts wrap', () => {
    const memory = ringOver(newBuffer());
    const producer = new RingProducer(memory);
    const consumer = new RingConsumer(memory);
    const near = 0x7fff_f000;
    Object.assign(producer, { position: near, published: near, tail: near, pushed: 0x7fff_fffe });
    Object.assign(consumer, { position: near, popped: 0x7fff_fffe });
    memory.store(TAIL, near);
    memory.store(POPPED, 0x7fff_fffe);
    memory.store(HEAD, near);
    for (let i = 0; i < 50; i++) {
      expect(push(producer, numbered(i, 500))).toBe('ok');
      producer.publish();
      expect([producer.unread(), consumer.unread()]).toEqual([1, 1]);
      expect(readAll(consumer)).toEqual([nameOf(numbered(i, 500))]);
    }
    expect(memory.load(HEAD)).toBeLessThan(0);
    expect(consumer.broken).toBe(false);
  });

  it('refuses slices that do not exist', () => {
    const producer = new RingProducer(ringOver(newBuffer()));
    expect(() => producer.push(EMPTY_BYTES, 1, EMPTY_BYTES, 0, 0)).toThrow(RangeError);
    expect(() => producer.push(EMPTY_BYTES, 0, new Uint8Array(8), 4, 5)).toThrow(RangeError);
  });
});

describe('a ring with hostile contents', () => {
  const word = fc.oneof(
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    fc.integer({ min: -8, max: CAPACITY + 8 }),
    fc.constantFrom(SKIP, MAX, MAX + 1, CAPACITY, 0x7fff_ffff, -(2 ** 31)),
  );
  const scribble = fc.array(fc.tuple(fc.nat((RING_CONTROL_BYTES + CAPACITY) / 4 - 1), word), { maxLength: 40 });
  const controls = fc.record({ head: word, tail: word, pushed: word, popped: word, room: word, first: word });

  it('never leads the consumer out of the ring or into a loop', () => {
    fc.assert(
      fc.property(controls, scribble, scribble, word, (control, before, during, start) => {
        const buffer = newBuffer();
        const words = new Int32Array(buffer);
        for (const [at, value] of before) words[at] = value;
        const memory = ringOver(buffer);
        memory.store(HEAD, control.head);
        memory.store(PUSHED, control.pushed);
        memory.store(ROOM, control.room);
        const consumer = new RingConsumer(memory);
        const position = start & ~3;
        Object.assign(consumer, { position });
        memory.setLength(position & (CAPACITY - 1), control.first);
        for (let i = 0; i < 4; i++) {
          const left = [...during];
          consumer.read(10_000, (bytes, offset, length) => {
            if (bytes.length !== CAPACITY || offset < 4 || length < 0 || length > MAX || offset + length > CAPACITY) {
              throw new Error(`out of the ring: ${offset} ${length}`);
            }
            const [at, value] = left.pop() ?? [0, control.head];
            words[at] = value;
            return true;
          });
          const unread = consumer.unread();
          if (unread < 0 || unread > CAPACITY / 4) throw new Error(`impossible count ${unread}`);
          consumer.takeRoomRequest();
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('never leads the producer out of the ring', () => {
    const act = fc.record({ size: fc.nat(MAX + 8), head: word, tail: word, popped: word, room: word });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
        const memory = ringOver(newBuffer());
        const producer = new RingProducer(memory);
        for (const { size, head, tail, popped, room } of acts) {
          memory.store(HEAD, head);
          memory.store(TAIL, tail);
          memory.store(POPPED, popped);
          memory.store(ROOM, room);
          for (let i = 0; i < 10; i++) {
            const verdict = push(producer, new Uint8Array(size));
            if (!['ok', 'full', 'too-large', 'broken'].includes(verdict)) throw new Error(verdict);
          }
          producer.publish();
          producer.wantRoom();
          const unread = producer.unread();
          if (unread < 0 || unread > CAPACITY / 2) throw new Error(`impossible count ${unread}`);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('stays broken, and hands out nothing more', () => {
    const memory = ringOver(newBuffer());
    const producer = new RingProducer(memory);
    const consumer = new RingConsumer(memory);
    push(producer, numbered(1, 8));
    push(producer, numbered(2, 8));
    producer.publish();
    memory.setLength(12, MAX + 1);
    expect(readAll(consumer)).toEqual([nameOf(numbered(1, 8))]);
    expect(consumer.broken).toBe(true);
    memory.setLength(12, 8);
    expect([readAll(consumer), consumer.hasPackets(), consumer.unread()]).toEqual([[], false, 0]);
  });
});
