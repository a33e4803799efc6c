import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { says, succeeds } from './readiness.js';

const script = (text: string): ChildProcess => spawn(process.execPath, ['-e', text], { stdio: 'pipe' });

describe('a program that is waited for', () => {
  it('is ready when it says so', async () => {
    const child = script("process.stdout.write('now lis'); setTimeout(() => process.stdout.write('tening'), 10)");
    await says(child, /listening/, 30_000);
    await once(child, 'exit');
  });

  it('that ends first is an error with what it said', async () => {
    await expect(says(script("console.error('no such device')"), /listening/, 30_000)).rejects.toThrow(
      'no such device',
    );
  });

  it('that keeps silent is an error at the limit', async () => {
    const child = script('setInterval(() => {}, 1000)');
    await expect(says(child, /listening/, 1)).rejects.toThrow('1 ms went by');
    child.kill();
  });
});

describe('what is tried again', () => {
  it('is over with the first success', async () => {
    let calls = 0;
    const action = (): Promise<number> =>
      (calls += 1) < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve(calls);
    await expect(succeeds(action, 30_000)).resolves.toBe(3);
  });

  it('fails with its last failure at the limit, or when there is no hope', async () => {
    const refused = (): Promise<void> => Promise.reject(new Error('refused'));
    await expect(succeeds(refused, 0)).rejects.toThrow('refused');
    await expect(succeeds(refused, 1e9, () => false)).rejects.toThrow('refused');
  });
});
