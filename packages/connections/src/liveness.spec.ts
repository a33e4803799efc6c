import { CollectingSink } from '@ouroboros/machine';
import { micros } from '@ouroboros/model';
import { Liveness, type LivenessOutput } from './liveness.js';

describe('liveness', () => {
  const run = (limitMs: number, heardUntilMs: number, toMs: number): string[] => {
    let now = 0;
    const received = (): number => Math.floor(Math.min(now, heardUntilMs * 1000) / 50_000);
    const machine = new Liveness(limitMs, received, () => 0, micros(0));
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
    expect(
      new Liveness(
        0,
        () => 0,
        () => 0,
        micros(0),
      ).deadline,
    ).toBe(Infinity);
  });

  it('probes when nothing else was sent, and hears the neighbour again', () => {
    let received = 0;
    let sent = 0;
    const machine = new Liveness(
      500,
      () => received,
      () => sent,
      micros(0),
    );
    const sink = new CollectingSink<LivenessOutput>();
    const at = (ms: number): LivenessOutput[] => {
      machine.wake(micros(ms * 1000), sink);
      return sink.take();
    };
    expect(at(100)).toEqual(['probe']);
    sent = 1;
    expect(at(200)).toEqual([]);
    expect(at(600)).toEqual(['probe', 'silent']);
    received = 1;
    expect(at(700)).toEqual(['probe', 'heard']);
  });

  it('calls a neighbour quiet long before it is silent, and never one that it does not watch', () => {
    let received = 0;
    const watch = (limitMs: number): Liveness =>
      new Liveness(
        limitMs,
        () => received,
        () => 0,
        micros(0),
      );
    const [machine, unwatched] = [watch(500), watch(0)];
    const quietAt = (ms: number): boolean => machine.isQuiet(micros(ms * 1000));
    expect([quietAt(299), quietAt(300)]).toEqual([false, true]);
    expect(unwatched.isQuiet(micros(3_600_000_000))).toBe(false);
    received = 1;
    expect(quietAt(300)).toBe(false);
    machine.wake(micros(300_000), new CollectingSink<LivenessOutput>());
    expect([quietAt(599), quietAt(600)]).toEqual([false, true]);
  });
});
