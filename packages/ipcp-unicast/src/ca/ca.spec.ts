import fc from 'fast-check';
import { micros } from '@ouroboros/model';
import { mbEcn, noCongestionAvoidance, type FlowCongestion } from './index.js';

const SLOT = 2 ** 24 / 1000;

/** Sends as fast as the policy allows until `until`; answers the bytes sent. */
function flood(flow: FlowCongestion, from: number, until: number, length: number): number {
  let bytes = 0;
  for (let now = from; now < until; bytes += length) {
    const wait = flow.onSent(length, micros(now));
    now = wait === 0 ? now + 1 : wait;
  }
  return bytes;
}

describe('mb-ecn', () => {
  it('reports as the trace of the spec', () => {
    const flow = mbEcn.create();
    const reports: [number, number][] = [];
    for (let packet = 1; packet <= 23; packet += 1) {
      const level = flow.onReceived(packet <= 20 ? 3 : 0);
      if (level >= 0) reports.push([packet, level]);
    }
    expect(reports).toEqual([
      [1, 3],
      [3, 9],
      [11, 33],
      [19, 49],
      [23, 0],
    ]);
  });

  it('marks from 16 packets on that wait for two slots', () => {
    const marked = [0, 15, 16, 160, 1023].map((queued) => {
      const marker = mbEcn.createMarker();
      marker.mark(queued, micros(SLOT));
      return marker.mark(queued, micros(2 * SLOT));
    });
    expect(marked).toEqual([0, 0, 1, 10, 63]);
  });

  it('does not mark a queue that has drained once in this slot or the one before', () => {
    const marker = mbEcn.createMarker();
    const marks = [160, 160, 160, 0, 160, 160, 160, 160].map((queued, i) =>
      marker.mark(queued, micros(((i + 2) * SLOT) / 2)),
    );
    expect(marks).toEqual([0, 0, 10, 0, 0, 0, 10, 10]);
  });

  it('does not take a queue from before a pause for one that stood', () => {
    const marker = mbEcn.createMarker();
    marker.mark(160, micros(0));
    expect(marker.mark(160, micros(5 * SLOT))).toBe(0);
  });

  it('lets a flow that bursts once per slot use what its link carries, and no more', () => {
    const [flow, marker] = [mbEcn.create(), mbEcn.createMarker()];
    const perMs = 50;
    let queued = 0;
    let sent = 0;
    let pausedUntil = 0;
    for (let ms = 0; ms < 3000; ms += 1) {
      queued = Math.max(queued - perMs, 0);
      const now = ms * 1000;
      for (let i = 0; i < 200 && now >= pausedUntil && queued < 1000; i += 1) {
        const level = flow.onReceived(marker.mark(queued, micros(now)));
        queued += 1;
        if (level >= 0) flow.onUpdate(level);
        pausedUntil = flow.onSent(1400, micros(now));
        if (ms >= 1000) sent += 1;
      }
    }
    expect(sent / 2000).toBeGreaterThan(perMs * 0.8);
    expect(queued).toBeLessThan(1000);
  });

  it('doubles its window per slot until the first report, takes back three of these, then adds or shrinks', () => {
    const flow = mbEcn.create();
    flood(flow, 0, SLOT * 4.5, 1400);
    expect(flow.describe()).toMatchObject({ windowBytes: 65536 * 2 ** 4, regime: 'Slow start' });
    flow.onUpdate(4096);
    flow.onSent(1400, micros(SLOT * 5.5));
    expect(flow.describe()).toMatchObject({ windowBytes: 65536, regime: 'Multiplicative dec' });
    flow.onUpdate(0);
    flow.onSent(1400, micros(SLOT * 6.5));
    expect(flow.describe()).toMatchObject({ windowBytes: 8 * 1400, regime: 'Additive inc' });
  });

  /** The window after `slots` slots in each of which `used` bytes are sent and nothing is congested. */
  const windowAfter = (used: number, slots: number): number => {
    const flow = mbEcn.create();
    flow.onUpdate(0);
    for (let slot = 1; slot <= slots; slot += 1) flow.onSent(used, micros(slot * SLOT + 1));
    flow.onSent(1, micros((slots + 1) * SLOT + 1));
    return flow.describe().windowBytes;
  };

  it('adds more than the reference adds the longer no congestion is reported, and to a small window at most a quarter and a packet', () => {
    const added = [1, 7, 15].map((slots) => windowAfter(8_000_000, slots) - 8_000_000);
    expect(added).toEqual([65_536 * 1.25, 65_536 * 2, 65_536 * 3]);
    expect(windowAfter(20_000, 1)).toBe(20_000 + 5_000 + 1_400);
  });

  it('halves its window at most, and is soon back at most of what it was', () => {
    const flow = mbEcn.create();
    flow.onUpdate(0);
    const windows: number[] = [];
    const slot = (level: number): void => {
      flow.onUpdate(level);
      flow.onSent(
        Math.max(flow.describe().windowBytes, 4_000_000 * Number(windows.length < 2)),
        micros((windows.length + 1) * SLOT + 1),
      );
      windows.push(flow.describe().windowBytes);
    };
    [0, 0, 0xffff, 0xffff, 0xffff, 0, 0, 0, 0, 0, 0, 0, 0].forEach(slot);
    const [before, ...after] = windows.slice(1);
    expect(after.slice(0, 3).map((window) => window / before!)).toEqual([0.5, 0.25, 0.125]);
    const soon = after.findIndex((window, i) => i >= 3 && window >= 0.7 * before!);
    expect(soon - 2).toBeLessThanOrEqual(9);
  });

  it('forgets a level that is not repeated for 32 packets', () => {
    const flow = mbEcn.create();
    flow.onUpdate(100);
    for (let i = 0; i < 33; i += 1) flow.onSent(100, micros(1));
    expect(flow.describe().upstreamLevel).toBe(0);
  });

  it('never falls below some Mbit/s, whatever it is told, and recovers', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 50 }), (levels) => {
        const flow = mbEcn.create();
        levels.forEach((level, i) => {
          flow.onUpdate(level);
          flow.onSent(1400, micros((i + 1) * SLOT + 1));
        });
        const start = (levels.length + 2) * SLOT;
        const second = flood(flow, start, start + 1_000_000, 1400);
        expect(second).toBeGreaterThan(5_000_000 / 8);
      }),
    );
  });
});

describe('no congestion avoidance', () => {
  it('neither marks nor waits nor reports', () => {
    const flow = noCongestionAvoidance.create();
    const marker = noCongestionAvoidance.createMarker();
    const marks = [0, 1, 2].map((slot) => marker.mark(1023, micros(slot * SLOT)));
    expect([flow.onSent(1e9, micros(0)), flow.onReceived(63), ...marks]).toEqual([0, -1, 0, 0, 0]);
  });
});
