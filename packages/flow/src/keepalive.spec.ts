import fc from 'fast-check';
import { NEVER, fromMs, type Micros } from '@ouroboros/model';
import { CollectingSink } from '@ouroboros/machine';
import { KeepAlive, type KeepAliveOutput } from './keepalive.js';

const at = (ms: number): Micros => fromMs(ms);

function watching(timeoutMs: number, nowMs = 0): { machine: KeepAlive; sink: CollectingSink<KeepAliveOutput> } {
  const machine = new KeepAlive();
  machine.handle({ type: 'set-timeout', timeoutMs }, at(nowMs));
  return { machine, sink: new CollectingSink() };
}

describe('the keep-alive machine', () => {
  it('is off before a time-out is set and with a time-out of 0', () => {
    const fresh = new KeepAlive();
    expect(fresh.deadline).toBe(NEVER);
    const { machine, sink } = watching(0);
    machine.wake(at(1_000_000), sink);
    expect([machine.deadline, sink.take()]).toEqual([NEVER, []]);
  });

  it('asks for an empty packet when nothing was sent for a quarter of T', () => {
    const { machine, sink } = watching(120_000, 5);
    expect(machine.deadline).toBe(at(30_005));
    machine.wake(at(30_004), sink);
    expect(sink.take()).toEqual([]);
    machine.wake(at(30_005), sink);
    expect(sink.take()).toEqual(['send-keep-alive']);
    expect(machine.deadline).toBe(at(60_005));
  });

  it('does not move its deadline when packets are sent, and finds nothing due at it', () => {
    const { machine, sink } = watching(400);
    machine.sent(at(99));
    expect(machine.deadline).toBe(at(100));
    machine.wake(at(100), sink);
    expect(sink.take()).toEqual([]);
    expect(machine.deadline).toBe(at(199));
  });

  it('reports the peer down once when nothing was received for T, and then rests', () => {
    const { machine, sink } = watching(400);
    machine.received(at(50));
    machine.sent(at(449));
    machine.wake(at(449), sink);
    expect(sink.take()).toEqual([]);
    machine.wake(at(450), sink);
    expect(sink.take()).toEqual(['peer-down']);
    machine.wake(at(900), sink);
    expect([machine.deadline, sink.take()]).toEqual([NEVER, []]);
  });

  it('starts anew with a new time-out', () => {
    const { machine, sink } = watching(400);
    machine.handle({ type: 'set-timeout', timeoutMs: 80 }, at(1000));
    expect(machine.deadline).toBe(at(1020));
    machine.wake(at(1080), sink);
    expect(sink.take()).toEqual(['peer-down']);
  });

  it('keeps, for any traffic, the gaps between sent packets at T/4 at most and finds silence after T', () => {
    const trafficGaps = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 40 });
    fc.assert(
      fc.property(trafficGaps, trafficGaps, (sendGaps, receiveGaps) => {
        const run = simulate(400, times(sendGaps), times(receiveGaps));
        const silentFrom = firstSilence(times(receiveGaps), 400);
        expect(run.downAt).toBe(silentFrom + 400);
        expect(Math.max(...gaps(run.sentAt, run.downAt))).toBeLessThanOrEqual(100);
      }),
      { numRuns: 200 },
    );
  });
});

const times = (gapsMs: readonly number[]): number[] => {
  let now = 0;
  return gapsMs.map((gap) => (now += gap));
};

/** The last of the times after which nothing comes for `limit`. */
function firstSilence(arrivals: readonly number[], limit: number): number {
  let last = 0;
  for (const arrival of arrivals) {
    if (arrival - last >= limit) return last;
    last = arrival;
  }
  return last;
}

const gaps = (sentAt: readonly number[], end: number): number[] =>
  [...sentAt, end].map((time, i) => time - (i === 0 ? 0 : sentAt[i - 1]!));

/** Runs a machine ms by ms, waking it at its deadlines only. */
function simulate(timeoutMs: number, sends: number[], receives: number[]): { sentAt: number[]; downAt: number } {
  const { machine, sink } = watching(timeoutMs);
  const sentAt: number[] = [];
  for (let now = 1; ; now += 1) {
    if (sends.includes(now)) {
      machine.sent(at(now));
      sentAt.push(now);
    }
    if (receives.includes(now)) machine.received(at(now));
    if (machine.deadline > at(now)) continue;
    machine.wake(at(now), sink);
    for (const output of sink.take()) {
      if (output === 'peer-down') return { sentAt, downAt: now };
      sentAt.push(now);
    }
  }
}
