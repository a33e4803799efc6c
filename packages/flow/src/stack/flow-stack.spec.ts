import fc from 'fast-check';
import { EMPTY_BYTES } from '@ouroboros/model';
import { MAX_MESSAGE } from '@ouroboros/wire';
import { pattern } from '../../spec/path.spec.js';
import { ALL_OURS, ORDERED, RELIABLE, Stacked, type StackedOptions } from '../../spec/stacked.spec.js';

const kinds: readonly [string, StackedOptions][] = [
  ['raw', {}],
  ['raw with a checksum', { qos: { ber: 0 } }],
  ['ordered', { qos: ORDERED }],
  ['reliable', { qos: RELIABLE }],
  ['reliable with a checksum', { qos: { ...RELIABLE, ber: 0 } }],
];
const peers: readonly [string, StackedOptions][] = [
  ['a C peer', {}],
  ['a C peer, encrypted', { profile: 'c' }],
  ['a C peer, AES-CTR', { profile: 'c', cipher: 'aes-256-ctr' }],
  ['ours', { features: ALL_OURS }],
  ['ours, encrypted', { features: ALL_OURS, profile: 'o7s' }],
  ['ours, keys in-band', { features: ALL_OURS, profile: 'o7s', cipher: 'chacha20-poly1305', kemInBand: true }],
  ['ours on this host', { features: ALL_OURS, layer: '' }],
];
const all = kinds.flatMap(([kind, one]) => peers.map(([peer, two]) => [kind, peer, { ...one, ...two }] as const));

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** An error message with whole messages in it would drown the reader. */
const digest = (list: readonly Uint8Array[]): string[] =>
  list.map((bytes) => `${bytes.length}:${hexOf(bytes.slice(0, 16))}`);

describe.each(all)('a flow that is %s with %s', (_kind, _peer, options) => {
  it('carries what is written both ways, bare or in the head, in order', async () => {
    const flow = (await Stacked.open(options)).collect();
    const sent = [1, 2, 100, 400].map((length, i) => pattern(length, i));
    await flow.sendAll(sent);
    await flow.sendAll(sent, flow.far);
    flow.near.top.write(pattern(15), 15, pattern(20), 5, 10);
    await flow.path.run(5000);
    const headed = Uint8Array.of(...pattern(15), ...pattern(20).subarray(5, 15));
    expect(flow.atFar).toEqual([...sent, headed]);
    expect(flow.atNear).toEqual(sent);
  });

  it('carries the longest packet and refuses a longer one', async () => {
    const flow = (await Stacked.open(options)).collect();
    const { maxPacket } = flow.near.top;
    const longest = pattern(Math.min(maxPacket, 100_000));
    await flow.sendAll([longest]);
    await flow.path.run(10_000);
    expect(digest(flow.atFar)).toEqual(digest([longest]));
    expect(flow.send(new Uint8Array(maxPacket + 1))).toBe('too-large');
  });

  it('sends nothing that is longer than its layer carries', async () => {
    const layerPacket = 8976;
    const flow = (await Stacked.open({ ...options, layerPacket, conditions: { links: [layerPacket] } })).collect();
    const { maxPacket } = flow.near.top;
    const longest = pattern(Math.min(maxPacket, 20_000));
    expect(flow.send(pattern(maxPacket + 1))).toBe('too-large');
    await flow.sendAll([longest]);
    await flow.path.run(10_000);
    expect(digest(flow.atFar)).toEqual(digest([longest]));
    expect(Math.max(...flow.path.near.sent)).toBe(layerPacket);
  });

  it('holds the sender back when nobody reads, and loses nothing by it', async () => {
    const flow = await Stacked.open({ ...options, conditions: { queue: 50 } });
    const sent: Uint8Array[] = [];
    for (let i = 0; i < 40; i += 1) {
      const message = pattern(300, i);
      if (flow.send(message) === 'ok') sent.push(message);
      await flow.path.run(20);
    }
    await flow.path.run(2000);
    flow.collect();
    await flow.path.run(5000);
    expect(digest(flow.atFar)).toEqual(digest(sent));
    expect(sent.length).toBeGreaterThan(10);
  });

  it('has closed cleanly after a drain', async () => {
    const flow = (await Stacked.open(options)).collect();
    await flow.sendAll([pattern(200)]);
    const lingers: number[] = [];
    await flow.path.run(3000);
    flow.near.top.drain((lingerMs) => lingers.push(lingerMs));
    await flow.path.run(3000);
    expect(lingers).toHaveLength(1);
    flow.near.top.close();
    await flow.path.run(10);
    expect(flow.far.top.down).toBe('peer-closed');
    expect(flow.atFar).toEqual([pattern(200)]);
  });
});

describe('a reliable flow of ours', () => {
  it.each([undefined, 'o7s'] as const)(
    'gives every message whole, once and in order, whatever the path does (%s)',
    async (profile) => {
      const cases = fc.record({
        loss: fc.constantFrom(0, 0.01, 0.1),
        duplicate: fc.constantFrom(0, 0.1),
        jitterMs: fc.constantFrom(0, 5),
        queue: fc.integer({ min: 4, max: 300 }),
        link: fc.constantFrom(576, 1124, 1280, 9000),
        lengths: fc.array(fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 40_000 })), {
          minLength: 1,
          maxLength: 10,
        }),
        ber: fc.constantFrom(0, 1),
        seed: fc.nat(),
      });
      await fc.assert(
        fc.asyncProperty(cases, async ({ link, lengths, ber, seed, ...conditions }) => {
          const flow = await Stacked.open({
            qos: { ...RELIABLE, ber },
            features: ALL_OURS,
            ...(profile ? { profile } : {}),
            conditions: { ...conditions, links: [link] },
            seed,
          });
          flow.collect();
          const sent = lengths.map((length, i) => pattern(length, i));
          await flow.sendAll(sent);
          await flow.path.run(30_000);
          expect(digest(flow.atFar)).toEqual(digest(sent));
          expect(flow.atFar.every((bytes, i) => hexOf(bytes) === hexOf(sent[i]!))).toBe(true);
        }),
        { numRuns: 25 },
      );
    },
  );

  it('carries a message of 16 MiB', async () => {
    const flow = (
      await Stacked.open({ qos: RELIABLE, features: ALL_OURS, layer: '', conditions: { rate: 1000 } })
    ).collect();
    const message = pattern(MAX_MESSAGE);
    await flow.sendAll([message]);
    await flow.path.run(3000);
    expect(digest(flow.atFar)).toEqual(digest([message]));
    expect(Buffer.compare(flow.atFar[0]!, message)).toBe(0);
  });

  it('goes on when its path becomes shorter', async () => {
    const flow = (await Stacked.open({ qos: RELIABLE, features: ALL_OURS, conditions: { links: [1400] } })).collect();
    const sent = Array.from({ length: 60 }, (_, i) => pattern(20_000, i));
    await flow.sendAll(sent.slice(0, 20));
    await flow.path.run(3000);
    expect(flow.near.pathPacket).toBe(1400);
    await flow.sendAll(sent.slice(20, 40));
    flow.path.conditions.links = [576];
    await flow.sendAll(sent.slice(40));
    await flow.path.run(60_000);
    expect(digest(flow.atFar)).toEqual(digest(sent));
    expect(flow.near.pathPacket).toBeLessThanOrEqual(576);
  });

  it('closes one direction: END comes after everything, and the writer learns that it was taken', async () => {
    const flow = await Stacked.open({ qos: RELIABLE, features: ALL_OURS, profile: 'o7s', conditions: { loss: 0.05 } });
    const sent = Array.from({ length: 30 }, (_, i) => pattern(3000, i));
    let ended = -1;
    flow.far.segments!.onEnd = () => (ended = flow.atFar.length);
    await flow.sendAll(sent);
    const taken: boolean[] = [];
    flow.near.segments!.finish((all) => taken.push(all));
    expect(flow.send(pattern(1))).toBe('down');
    await flow.path.run(5000);
    expect([ended, taken]).toEqual([-1, []]);
    flow.collect();
    await flow.path.run(20_000);
    expect([ended, taken, flow.far.segments!.ended]).toEqual([30, [true], true]);
    await flow.sendAll([pattern(9000)], flow.far);
    await flow.path.run(5000);
    expect(digest(flow.atNear)).toEqual(digest([pattern(9000)]));
  });

  it('tells a writer who finished that the other side went down first', async () => {
    const flow = await Stacked.open({ qos: RELIABLE, features: ALL_OURS });
    const taken: boolean[] = [];
    flow.send(pattern(10));
    flow.near.segments!.finish((all) => taken.push(all));
    await flow.path.run(100);
    flow.far.top.close();
    await flow.path.run(100);
    expect(taken).toEqual([false]);
  });

  it('drains what was written though the other side does not read yet', async () => {
    const flow = await Stacked.open({ qos: RELIABLE, features: ALL_OURS, conditions: { queue: 10, rate: 5 } });
    const sent = Array.from({ length: 5 }, (_, i) => pattern(30_000, i));
    await flow.sendAll(sent);
    let lingerMs = -1;
    flow.near.top.drain((ms) => {
      lingerMs = ms;
      flow.near.top.close();
    });
    expect(lingerMs).toBe(-1);
    await flow.path.run(20_000);
    expect(lingerMs).toBeGreaterThanOrEqual(0);
    flow.collect();
    await flow.path.run(1000);
    expect(digest(flow.atFar)).toEqual(digest(sent));
    expect(flow.far.top.down).toBe('peer-closed');
  });
});

describe('an ordered flow of ours that is not reliable', () => {
  it('gives messages whole and in order, or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.constantFrom(0.01, 0.1), fc.constantFrom(0, 3), async (seed, loss, jitterMs) => {
        const flow = await Stacked.open({ qos: ORDERED, features: ALL_OURS, conditions: { loss, jitterMs }, seed });
        flow.collect();
        const sent = Array.from({ length: 60 }, (_, i) => pattern(1 + ((i * 397) % 6000), i));
        for (const message of sent) {
          await flow.sendAll([message]);
          await flow.path.run(20);
        }
        await flow.path.run(1000);
        const texts = sent.map(hexOf);
        let at = -1;
        for (const got of flow.atFar) {
          const found = texts.indexOf(hexOf(got), at + 1);
          expect(found).toBeGreaterThan(at);
          at = found;
        }
        if (jitterMs === 0) expect(flow.atFar.length).toBeGreaterThan(20);
      }),
      { numRuns: 20 },
    );
  });
});

describe('what lies on the path', () => {
  it.each(['c', 'o7s'] as const)('never shows what was written when the flow is encrypted (%s)', async (profile) => {
    const features = profile === 'c' ? 0 : ALL_OURS;
    const flow = (await Stacked.open({ qos: RELIABLE, features, profile, conditions: { loss: 0.1 } })).collect();
    flow.path.near.tap = true;
    const secret = Uint8Array.from({ length: 64 }, (_, i) => 0x41 + (i % 26));
    for (let i = 0; i < 20; i += 1) await flow.sendAll([secret]);
    await flow.path.run(20_000);
    expect(flow.atFar).toHaveLength(20);
    const part = hexOf(secret.slice(3, 11));
    expect(flow.path.near.tapped.length).toBeGreaterThan(20);
    for (const packet of flow.path.near.tapped) expect(hexOf(packet)).not.toContain(part);
  });

  it('is dropped when it was changed, and counted', async () => {
    const flow = (await Stacked.open({ features: ALL_OURS, profile: 'o7s' })).collect();
    flow.path.near.tap = true;
    await flow.sendAll([pattern(50)]);
    await flow.path.run(10);
    const [packet] = flow.path.near.tapped;
    for (let i = 0; i < packet!.length; i += 1) {
      const forged = packet!.slice();
      forged[i]! ^= 0x10;
      flow.path.far.arrive(forged);
    }
    flow.path.far.arrive(packet!.slice());
    await flow.path.run(10);
    expect(flow.atFar).toHaveLength(1);
    const { unauthentic, unknownEpoch, replayed, short, malformed } = flow.far.protection!.protection.counters;
    expect(unauthentic + unknownEpoch + replayed + short + malformed).toBe(packet!.length + 1);
    expect(replayed).toBeGreaterThan(0);
  });

  it('is dropped when its checksum is wrong', async () => {
    const flow = (await Stacked.open({ qos: { ber: 0 } })).collect();
    for (const bytes of [pattern(3), pattern(4), pattern(50)]) flow.path.far.arrive(bytes);
    await flow.path.run(10);
    expect([flow.atFar.length, flow.far.checksum!.mismatches]).toEqual([0, 3]);
  });

  it('ends at the doorstep when it is a keep-alive', async () => {
    const flow = (await Stacked.open({ features: ALL_OURS })).collect();
    flow.near.doorstep.keepAlive();
    flow.near.top.write(EMPTY_BYTES, 0, pattern(3), 0, 3);
    await flow.path.run(10);
    expect([flow.path.near.sent, flow.keepAlives, flow.atFar]).toEqual([[0, 4], 1, [pattern(3)]]);
  });
});
