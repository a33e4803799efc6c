import { fromMs, OuroborosError, type Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { MemoryManagement } from './memory-management.js';
import { waitReady, type ReadyProgress } from './wait-ready.js';

/** Time that passes as soon as everybody waits for it. */
class EagerClock implements Clock {
  private time = 0;
  private timers: { at: number; callback: () => void }[] = [];
  private scheduled = false;

  now(): Micros {
    return this.time as Micros;
  }

  wallNanos(): bigint {
    return 0n;
  }

  at(at: Micros, callback: () => void): () => void {
    const timer = { at, callback };
    this.timers.push(timer);
    this.schedule();
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      const next = this.timers.sort((a, b) => a.at - b.at).shift();
      if (!next) return;
      this.time = Math.max(this.time, next.at);
      next.callback();
      this.schedule();
    });
  }
}

describe('waiting until ready', () => {
  it('returns the status at once when all is there', async () => {
    const clock = new EagerClock();
    await expect(waitReady(new MemoryManagement(), clock)).resolves.toMatchObject({ ready: true });
    expect(clock.now()).toBe(0);
  });

  it('outlasts an absent daemon and one that is not ready, and tells each change once', async () => {
    const management = new MemoryManagement();
    management.waitingFor = ['layer net'];
    for (let i = 0; i < 3; i++) management.failNext('status', new OuroborosError('EIRMD', 'no socket'));
    const told: ReadyProgress[] = [];
    const status = await waitReady(management, new EagerClock(), {
      onProgress: (progress) => {
        told.push(progress);
        if (progress.reachable) management.waitingFor = [];
      },
    });
    expect(status.ready).toBe(true);
    expect(told).toEqual([
      { reachable: false, waitingFor: ['irmd to answer'] },
      { reachable: true, waitingFor: ['layer net'] },
    ]);
  });

  it('gives up after the time-out and says what is missing', async () => {
    const management = new MemoryManagement();
    management.waitingFor = ['IPCP n1', 'layer net'];
    const clock = new EagerClock();
    const waiting = waitReady(management, clock, { timeoutMs: 2000 });
    await expect(waiting).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      message: 'not ready after 2 s, still waiting for: IPCP n1, layer net',
    });
    expect(clock.now()).toBe(fromMs(2000));
  });

  it('gives up in time on a daemon that never answers', async () => {
    const management = new MemoryManagement();
    management.status = () => new Promise(() => undefined);
    await expect(waitReady(management, new EagerClock(), { timeoutMs: 100 })).rejects.toThrow(
      'waiting for: irmd to answer',
    );
  });

  it('does not wait for what waiting cannot mend', async () => {
    const management = new MemoryManagement();
    management.failNext('status', new OuroborosError('EACCES', 'not your node'));
    await expect(waitReady(management, new EagerClock())).rejects.toMatchObject({ code: 'EACCES' });
  });

  it('ends with the reason of its signal', async () => {
    const management = new MemoryManagement();
    management.waitingFor = ['layer net'];
    const abort = new AbortController();
    const onProgress = (): void => abort.abort(new OuroborosError('ECANCELED', 'interrupted'));
    await expect(waitReady(management, new EagerClock(), { onProgress, signal: abort.signal })).rejects.toThrow(
      'interrupted',
    );
  });
});
