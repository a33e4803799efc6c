import fc from 'fast-check';
import { EMPTY_BYTES } from '@ouroboros/model';
import { FlowFrame, MAX_MESSAGE } from '@ouroboros/wire';
import { Path, pattern, type PathConditions } from '../../spec/path.spec.js';
import { FrameStage } from './frame-stage.js';

/** Two frame stages with a path between them. */
class Framed {
  readonly path: Path;
  readonly near: FrameStage;
  readonly far: FrameStage;
  /** What the far end received. */
  readonly got: Uint8Array[] = [];

  constructor(conditions: Partial<PathConditions> = {}, { probes = true, overhead = 0, seed = 1 } = {}) {
    this.path = new Path(conditions, 65_532, seed);
    const config = { clock: this.path.clock, overhead, probes, firstNumber: 0xffffffff };
    this.near = new FrameStage(this.path.near, config);
    this.far = new FrameStage(this.path.far, config);
  }

  /** The far end reads whatever comes. */
  collect(): void {
    this.far.onReadable = () => {
      this.far.read(1000, (buffer, offset, length) => this.got.push(buffer.slice(offset, offset + length)) > 0);
    };
  }

  send(bytes: Uint8Array): string {
    return this.near.write(EMPTY_BYTES, 0, bytes, 0, bytes.length);
  }
}

const wholeOrNothing = (got: readonly Uint8Array[], sent: readonly Uint8Array[]): void => {
  const known = new Set(sent.map((bytes) => bytes.join()));
  for (const bytes of got) expect(known).toContain(bytes.join());
};

describe('frames', () => {
  it('put one byte before a packet that fits the path', async () => {
    const framed = new Framed();
    framed.collect();
    framed.path.near.tap = true;
    expect(framed.near.write(pattern(5), 3, pattern(9), 4, 2)).toBe('ok');
    await framed.path.run(5);
    expect(framed.path.near.tapped).toEqual([
      Uint8Array.of(FlowFrame.packet, ...pattern(3), ...pattern(9).subarray(4, 6)),
    ]);
    expect(framed.got).toEqual([Uint8Array.of(...pattern(3), ...pattern(9).subarray(4, 6))]);
  });

  it('carry a message of 16 MiB whole, and no longer one', async () => {
    const framed = new Framed({ rate: 5000 }, { probes: false });
    framed.collect();
    const message = pattern(MAX_MESSAGE);
    expect(framed.send(new Uint8Array(MAX_MESSAGE + 1))).toBe('too-large');
    expect(framed.send(message)).toBe('ok');
    await framed.path.run(1000);
    expect(framed.got).toHaveLength(1);
    expect(Buffer.compare(framed.got[0]!, message)).toBe(0);
  });

  it('keep the rest of a message while the queue is full, and take the next one after it', async () => {
    const framed = new Framed({ queue: 4, rate: 1 });
    framed.collect();
    let writable = 0;
    framed.near.onWritable = () => (writable += 1);
    expect(framed.send(pattern(5000, 1))).toBe('ok');
    expect(framed.send(pattern(10, 2))).toBe('full');
    await framed.path.run(100);
    expect(writable).toBe(1);
    expect(framed.send(pattern(10, 2))).toBe('ok');
    await framed.path.run(100);
    expect(framed.got).toEqual([pattern(5000, 1), pattern(10, 2)]);
  });

  it('deliver what was written before the end of the flow', async () => {
    const framed = new Framed({ queue: 4, rate: 1 });
    framed.collect();
    framed.send(pattern(20_000));
    let done = -1;
    framed.near.drain((lingerMs) => (done = lingerMs));
    expect(done).toBe(-1);
    await framed.path.run(100);
    expect([done, framed.got.length]).toEqual([0, 1]);
  });

  it('give messages whole or not at all on any path', async () => {
    const cases = fc.record({
      loss: fc.constantFrom(0, 0.02, 0.1),
      duplicate: fc.constantFrom(0, 0.2),
      jitterMs: fc.constantFrom(0, 5),
      queue: fc.integer({ min: 2, max: 300 }),
      link: fc.constantFrom(576, 1124, 1280, 9000),
      lengths: fc.array(fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 60_000 })), {
        minLength: 1,
        maxLength: 20,
      }),
      headLength: fc.nat(40),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ link, lengths, headLength, seed, ...conditions }) => {
        const framed = new Framed({ ...conditions, links: [link] }, { seed });
        framed.collect();
        const sent: Uint8Array[] = [];
        for (const [i, length] of lengths.entries()) {
          const head = pattern(headLength, i);
          const body = pattern(length, i + 100);
          while (framed.near.write(head, headLength, body, 0, length) === 'full') await framed.path.run(1);
          sent.push(Uint8Array.of(...head, ...body));
          await framed.path.run(10);
        }
        await framed.path.run(20_000);
        wholeOrNothing(framed.got, sent);
        const lossless = conditions.loss === 0;
        if (lossless && conditions.duplicate === 0) expect(framed.got).toHaveLength(sent.length);
        expect(framed.far.reassembly.bytes).toBe(0);
        expect(framed.far.counters.malformed).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the path of a framed flow', () => {
  it.each([[[1280]], [[9000, 576, 1500]], [[1500, 1124]]])(
    'with links of %j is measured when long packets are sent',
    async (links) => {
      const framed = new Framed({ links }, { overhead: 29 });
      framed.collect();
      const message = pattern(20_000);
      for (let i = 0; i < 20; i += 1) {
        expect(framed.send(message)).toBe('ok');
        await framed.path.run(1000);
      }
      const shortest = Math.min(...links);
      // Here nothing below adds the overhead, so packets are shorter by it.
      expect(framed.near.pathPacket - 29).toBeLessThanOrEqual(shortest);
      expect(framed.near.pathPacket - 29).toBeGreaterThan(shortest - 9);
      expect(framed.got).toHaveLength(20);
    },
  );

  it('is not measured between two processes of one host', async () => {
    const framed = new Framed({}, { probes: false });
    framed.collect();
    expect(framed.near.pathPacket).toBe(65_532);
    framed.send(pattern(200_000));
    await framed.path.run(100);
    expect(framed.near.counters.probesSent).toBe(0);
    expect(framed.got).toEqual([pattern(200_000)]);
  });

  it('is measured though the other end reads nothing', async () => {
    const framed = new Framed({ links: [1280] });
    framed.send(pattern(1000));
    await framed.path.run(20_000);
    expect(framed.near.pathPacket).toBeGreaterThan(1271);
    framed.collect();
    await framed.path.run(1);
    expect(framed.got).toEqual([pattern(1000)]);
  });

  it('is found again when it changes in the middle of a transfer', async () => {
    const framed = new Framed({ links: [1280] });
    framed.collect();
    const transfer = async (): Promise<void> => {
      for (let i = 0; i < 200; i += 1) {
        framed.send(pattern(8000));
        await framed.path.run(100);
      }
    };
    await transfer();
    expect(framed.near.pathPacket).toBeGreaterThan(1271);
    framed.path.conditions.links = [576];
    await transfer();
    expect(framed.near.pathPacket).toBeLessThanOrEqual(576);
    const before = framed.got.length;
    await transfer();
    expect(framed.got.length - before).toBe(200);
  });

  it('is what layers above must find themselves: longer packets are refused where the user asks for it', async () => {
    const framed = new Framed({ links: [1280] });
    framed.collect();
    expect(framed.near.maxPacket).toBe(MAX_MESSAGE);
    framed.near.cutUpTo = 1400;
    expect(framed.near.maxPacket).toBe(65_531);
    expect(framed.send(pattern(1400))).toBe('ok');
    expect(framed.send(pattern(1401))).toBe('too-large');
    await framed.path.run(5000);
    expect(framed.got).toEqual([pattern(1400)]);
  });
});

describe('packets that nobody takes', () => {
  it('wait, in order, within bounds, and hold the sender back', async () => {
    const framed = new Framed();
    for (let i = 0; i < 100; i += 1) framed.send(pattern(10, i));
    await framed.path.run(100);
    expect(framed.far.queuedRx()).toBe(100);
    expect(framed.path.far.queuedRx()).toBe(36);
    expect(framed.path.far.onReadable).toBeNull();
    framed.collect();
    await framed.path.run(1);
    expect(framed.got).toEqual(Array.from({ length: 100 }, (_, i) => pattern(10, i)));
    expect(framed.far.queuedRx()).toBe(0);
  });

  it('come again when they were refused, whole messages too', async () => {
    const framed = new Framed();
    let refusals = 0;
    framed.far.onReadable = () => {
      framed.far.read(10, (buffer, offset, length) => {
        if (refusals < 3) refusals += 1;
        else framed.got.push(buffer.slice(offset, offset + length));
        return framed.got.length > 0;
      });
    };
    framed.send(pattern(3000, 1));
    framed.send(pattern(30, 2));
    await framed.path.run(50);
    expect(refusals).toBe(3);
    expect(framed.got).toEqual([pattern(3000, 1), pattern(30, 2)]);
  });
});

describe('frames that are none', () => {
  it('are counted and change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 100 }), async (frames) => {
        const framed = new Framed();
        framed.collect();
        for (const frame of frames) framed.path.far.arrive(frame);
        await framed.path.run(10_000);
        const known = frames.filter(([type, ...rest]) => type === FlowFrame.packet && rest.length > 0);
        const packets = framed.got.length - framed.far.reassembly.counters.messages;
        expect(packets).toBe(known.length);
        expect(framed.far.pathPacket).toBe(512);
        expect(framed.far.reassembly.bytes).toBe(0);
      }),
    );
  });
});
