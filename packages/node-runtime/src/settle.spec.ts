import { runInNewContext } from 'node:vm';
import type { Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { settleOnceAtRest } from './settle.js';

/** A process that uses this part of a core, from one look to the next. */
class Pretended {
  load = 0;
  private time = 0;
  private used = 0;
  private due: { readonly at: number; readonly callback: () => void } | undefined;
  readonly clock: Clock = {
    now: () => this.time as Micros,
    wallNanos: () => 0n,
    at: (at, callback) => {
      this.due = { at, callback };
      return () => undefined;
    },
  };
  readonly cpuUsage = (before?: NodeJS.CpuUsage): NodeJS.CpuUsage => ({
    user: this.used - (before?.user ?? 0),
    system: 0,
  });

  get waits(): boolean {
    return this.due !== undefined;
  }

  pass(): void {
    const { at, callback } = this.due!;
    this.due = undefined;
    this.used += this.load * (at - this.time);
    this.time = at;
    callback();
  }
}

const garbage = (): WeakRef<object> => new WeakRef({ size: 1000 });
/** What a weak reference leads to may go after the task that made it. */
const nextTask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('settling', () => {
  it('collects what is not needed when the process rests, once', async () => {
    const pretended = new Pretended();
    settleOnceAtRest(pretended.clock, pretended.cpuUsage);
    const ref = garbage();
    await nextTask();
    pretended.pass();
    expect(ref.deref()).toBeUndefined();
    expect(pretended.waits).toBe(false);
  });

  it('waits while there is work', () => {
    const pretended = new Pretended();
    pretended.load = 0.5;
    settleOnceAtRest(pretended.clock, pretended.cpuUsage);
    pretended.pass();
    pretended.pass();
    expect(pretended.waits).toBe(true);
    pretended.load = 0.01;
    pretended.pass();
    expect(pretended.waits).toBe(false);
  });

  it('leaves the engine as it was', () => {
    const pretended = new Pretended();
    settleOnceAtRest(pretended.clock, pretended.cpuUsage);
    pretended.pass();
    expect(runInNewContext('typeof gc')).toBe('undefined');
  });
});
