import { OneAtATime } from './one-at-a-time.js';

describe('jobs one at a time', () => {
  it('begin when the one before has ended, well or not', async () => {
    const jobs = new OneAtATime();
    const done: string[] = [];
    let release: () => void = () => undefined;
    const first = jobs.run(async () => {
      await new Promise<void>((resolve) => (release = resolve));
      done.push('first');
      throw new Error('unreadable');
    });
    const second = jobs.run(async () => done.push('second'));
    await Promise.resolve();
    expect(done).toEqual([]);
    release();
    await expect(first).rejects.toThrow('unreadable');
    expect(await second).toBe(2);
    expect(done).toEqual(['first', 'second']);
  });
});
