import { CollectingSink, type Sink } from '@ouroboros/machine';
import { micros, type Micros } from '@ouroboros/model';
import { Liveness, type LinkCounts, type LivenessOutput } from './liveness.js';

/** Counts that the case sets. */
class Counts implements LinkCounts {
  arrived = 0;
  left = 0;
  traffic = 0;
  received = (): number => this.arrived;
  sent = (): number => this.left;
  carried = (): number => this.traffic;
}

const unread: Sink<LivenessOutput> = { emit: () => undefined };

describe('liveness', () => {
  const run = (limitMs: number, heardUntilMs: number, toMs: number): string[] => {
    let now = 0;
    const received = (): number => Math.floor(Math.min(now, heardUntilMs * 1000) / 50_000);
    const machine = new Liveness(limitMs, 1, { received, sent: () => 0, carried: () => 0 }, micros(0));
    const sink = new CollectingSink<LivenessOutput>();
    const seen: string[] = [];
    while (machine.deadline <= toMs * 1000) {
      now = machine.deadline;
      machine.wake(micros(now), sink);
      for (const output of sink.take()) if (output !== 'probe') seen.push(`${now / 1000} ${output}`);
    }
    return seen;
  };

  it('notices silence one step after the limit at the latest', () => {
    expect(run(500, 1000, 3000)).toEqual(['1500 silent']);
    expect(run(500, 100_000, 3000)).toEqual([]);
  });

  it('never looks when the neighbour did not agree', () => {
    expect(new Liveness(0, 4, new Counts(), micros(0)).deadline).toBe(Infinity);
  });

  it('probes when nothing else was sent, and hears the neighbour again', () => {
    const counts = new Counts();
    const machine = new Liveness(500, 1, counts, micros(0));
    const sink = new CollectingSink<LivenessOutput>();
    const at = (ms: number): LivenessOutput[] => {
      machine.wake(micros(ms * 1000), sink);
      return sink.take();
    };
    expect(at(100)).toEqual(['probe']);
    counts.left = 1;
    expect(at(200)).toEqual([]);
    expect(at(600)).toEqual(['probe', 'silent']);
    counts.arrived = 1;
    expect(at(700)).toEqual(['probe', 'heard']);
  });

  describe('of a link that rests', () => {
    /** When it looks, up to `toMs`; the neighbour is heard before each look, and `before` can change that. */
    const looks = (machine: Liveness, counts: Counts, toMs: number, sink = unread, before = noChange): number[] => {
      const times: number[] = [];
      while (machine.deadline <= toMs * 1000) {
        const now = machine.deadline;
        counts.arrived += 1;
        before(now / 1000);
        machine.wake(now, sink);
        times.push(now / 1000);
      }
      return times;
    };
    const noChange: (ms: number) => void = () => undefined;
    const gaps = (times: number[]): number[] => times.slice(1).map((time, i) => time - times[i]!);

    it('looks a fourth as often after 4 s without traffic, and as often as before at the first look that finds some', () => {
      const counts = new Counts();
      const machine = new Liveness(500, 4, counts, micros(0));
      const busy = looks(machine, counts, 4000);
      expect(new Set(gaps(busy))).toEqual(new Set([100]));
      expect(gaps(looks(machine, counts, 6000))).toEqual([400, 400, 400, 400]);
      counts.traffic += 1;
      expect(gaps(looks(machine, counts, 10_500)).slice(0, 10)).toEqual(new Array(10).fill(100));
    });

    it('never rests when the neighbour did not agree, nor while there is traffic', () => {
      const [counts, other] = [new Counts(), new Counts()];
      const all = [
        looks(new Liveness(500, 1, counts, micros(0)), counts, 20_000),
        looks(new Liveness(500, 4, other, micros(0)), other, 20_000, unread, () => (other.traffic += 1)),
      ];
      for (const times of all) expect(new Set(gaps(times))).toEqual(new Set([100]));
    });

    /** Heard until `deafMs`, carrying something from `trafficMs` on: when it falls silent. */
    const silentAt = (deafMs: number, trafficMs: number): number | undefined => {
      const counts = new Counts();
      const machine = new Liveness(500, 4, counts, micros(0));
      let now = micros(0);
      let silent: Micros | undefined;
      const sink: Sink<LivenessOutput> = { emit: (output) => output === 'silent' && (silent ??= now) };
      while (machine.deadline <= 20_000_000) {
        now = machine.deadline;
        if (now <= deafMs * 1000) counts.arrived += 1;
        if (now >= trafficMs * 1000) counts.traffic += 1;
        machine.wake(now, sink);
      }
      return silent && silent / 1000;
    };

    it('is silent after four times as long', () => {
      expect(silentAt(10_000, Infinity)).toBe(12_000);
      expect(silentAt(10_001, Infinity)).toBe(12_000);
      expect(silentAt(10_399, Infinity)).toBe(12_000);
    });

    it('is found dead sooner, and never later, when it starts to carry something', () => {
      expect(silentAt(10_000, 10_010)).toBe(11_300);
      expect(silentAt(10_000, 10_390)).toBe(11_300);
      expect(silentAt(10_000, 11_900)).toBe(12_000);
    });

    it('is heard within three steps, and at rest within one of its own, which may come a little late', () => {
      const machine = new Liveness(500, 4, new Counts(), micros(0));
      expect([2999, 3000].map((ms) => machine.probesWithin(micros(ms * 1000)))).toEqual([300_000, 450_000]);
    });

    it('with a neighbour that counts almost a second otherwise is not called silent', () => {
      const [here, there] = [new Counts(), new Counts()];
      const machines = [
        [new Liveness(500, 4, here, micros(0)), there],
        [new Liveness(500, 4, there, micros(0)), here],
      ] as const;
      const said: LivenessOutput[] = [];
      for (let ms = 1; ms < 60_000; ms += 1) {
        if (ms % 7000 === 50) here.traffic = ms;
        if (ms % 7000 === 950) there.traffic = ms;
        for (const [machine, peer] of machines) {
          const hear = (output: LivenessOutput): unknown =>
            output === 'probe' ? (peer.arrived += 1) : said.push(output);
          machine.wake(micros(ms * 1000), { emit: hear });
        }
      }
      expect(said).toEqual([]);
    });
  });
});
