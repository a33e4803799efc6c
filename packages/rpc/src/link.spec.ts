import { OuroborosError, fromMs, micros, type Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { setImmediate } from 'node:timers/promises';
import { Exchange } from './exchange.js';
import type { FrameStream } from './frame.js';
import { Attachment } from './link.js';

/** Time that passes as soon as somebody waits for it; the limit of an attempt never comes. */
class EagerClock implements Clock {
  readonly pauses: number[] = [];
  private time = 0;

  now(): Micros {
    return micros(this.time);
  }
  wallNanos(): bigint {
    return 0n;
  }
  at(at: Micros, callback: () => void): () => void {
    const length = at - this.time;
    if (length === fromMs(5000)) return () => undefined;
    this.pauses.push(length / 1000);
    this.time = at;
    queueMicrotask(callback);
    return () => undefined;
  }
}

const stream = (): FrameStream => {
  const made: FrameStream = {
    send: () => undefined,
    close: () => undefined,
    cut: (error) => made.onEnd?.(error),
    onFrame: null,
    onEnd: null,
  };
  return made;
};

describe('an attachment to the IRM daemon', () => {
  it('pauses 20 ms after the first failure and after a loss, then twice as long each time, up to 1 s', async () => {
    const clock = new EagerClock();
    let attempts = 0;
    const over = new Promise<void>((resolve) => {
      const attach = async (): Promise<Exchange> => {
        attempts += 1;
        if (attempts === 12) {
          attachment.close();
          resolve();
        }
        if (attempts !== 9) throw new OuroborosError('EIRMD', 'nobody there');
        const lost = stream();
        void setImmediate().then(() => lost.cut(new OuroborosError('EIRMD', 'the daemon was killed')));
        return new Exchange(lost, { serve: () => Promise.reject(new Error()), notice: () => undefined }, 'EIRMD');
      };
      const attachment = new Attachment({ clock, attach });
    });
    await over;
    expect(clock.pauses).toEqual([20, 40, 80, 160, 320, 640, 1000, 1000, 20, 40, 80]);
  });
});
