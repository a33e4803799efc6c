import { SeededRandom } from '@ouroboros/simnet';
import { FrcpFlag, writeFrcpPci } from '@ouroboros/wire';
import { CONFIG, QUICK_READER, Run, perfectly } from '../spec/run.spec.js';
import { CEnd } from '../spec/c-end.spec.js';
import type { Habits } from '../spec/our-end.spec.js';
import { World } from '../spec/world.spec.js';
import { micros } from '@ouroboros/model';

const MS = 1000;
const habits = (...writes: number[]): Habits => ({ ...QUICK_READER, writes, payload: 1000 });

function withC(ours: Habits, peer: Habits, seed = 1): Run {
  const config = { ...CONFIG, selective: false, initialSeqno: 77 };
  const there = perfectly({ delayMs: [5, 5] });
  return new Run(
    { peer: 'c', there, back: there, habits: [ours, peer], configs: [config, config] },
    new SeededRandom(seed),
  );
}

describe('a C peer', () => {
  it('takes our data although we acknowledged its own before we sent any', () => {
    const run = withC(habits(5000), habits(1000));
    run.peer.start();
    expect(run.world.run(micros(300 * MS), () => false)).toBe(false);
    expect(run.ours.received).toBe(1000);
    run.ours.start();
    expect(run.world.run(micros(400 * MS), () => run.complete)).toBe(true);
  });

  it('would take none of it after an acknowledgement that does not announce our run', () => {
    const world = new World();
    const sent: Uint8Array[] = [];
    const c = new CEnd(world, new SeededRandom(1), habits(1000), (packet) => sent.push(packet) > 0);
    c.start();
    world.run(micros(0), () => false);
    const ack = new Uint8Array(12);
    const first = new DataView(sent[0]!.buffer).getUint32(4);
    writeFrcpPci(ack, 0, FrcpFlag.ACK | FrcpFlag.FC, first + 257, 0, first + 1);
    c.take(ack);
    const data = new Uint8Array(1012);
    writeFrcpPci(data, 0, FrcpFlag.DATA | FrcpFlag.DRF, 0, 0x90000000, 0);
    c.take(data);
    world.run(micros(1000 * MS), () => false);
    expect(c.received).toBe(0);
  });

  it('gets the burst again after the first packet of a run was lost', () => {
    const run = withC(habits(10_000), habits());
    let first = true;
    run.there.tap = () => !first || (first = false);
    expect(run.finish(1300)).toBe(true);
    expect(run.ours.frcp.counters.timeouts).toBe(1);
  });

  it('keeps its flow while our reader rests longer than it would wait for an acknowledgement', () => {
    const run = withC({ ...habits(), readBatch: 1, restMs: 150_000 }, { ...habits(30_000), restMs: 100 });
    expect(run.finish(10_000_000)).toBe(true);
  });

  it('is asked for its window when nothing is heard of it', () => {
    const run = withC(habits(300_000), habits());
    run.back.tap = () => run.world.now > 2000 * MS;
    expect(run.finish(10_000)).toBe(true);
    expect(run.ours.frcp.counters.rendezvousSent).toBeGreaterThan(15);
  });
});
