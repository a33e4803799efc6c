import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkTriangle, GAP_LIMIT_MS, type CheckResult } from '@ouroboros/demo';
import { ms, note, timed } from './measure.js';
import { until } from './one-node.js';
import { Program } from './programs.js';
import { processesBelow, Site } from './site.js';

jest.setTimeout(90_000);

const DEMO = join(__dirname, '..', '..', 'demo', 'bundle', 'demo.cjs');

let site: Site;
beforeEach(async () => void (site = await Site.open()));
afterEach(() => site.close());

describe('a cut link in the triangle', () => {
  it('leaves no gap of more than a second in pings every 10 ms, and is used again when healed (best of three)', async () => {
    const triangle = await site.triangle();
    let result: CheckResult | undefined;
    for (let round = 0; round < 3 && result?.faults.length !== 0; round += 1) {
      result = await checkTriangle(triangle, () => undefined);
      const { longestGapMs, replies, faults } = result;
      note('link cut', `longest gap ${ms(longestGapMs)} in ${replies} pings every 10 ms ${faults.join(', ')}`);
    }
    expect(result!.faults).toEqual([]);
    expect(result!.longestGapMs).toBeLessThanOrEqual(GAP_LIMIT_MS);
  });
});

function expectNothingBelow(runtimeDir: string): void {
  expect(processesBelow(site.folder)).toEqual([]);
  for (const dir of ['', '-n2', '-n3']) expect(existsSync(`${runtimeDir}${dir}`)).toBe(false);
}

describe('npm start', () => {
  it('runs the triangle, answers from another terminal, and leaves nothing behind after Ctrl-C', async () => {
    const runtimeDir = join(site.folder, 'n');
    const demo = spawn(process.execPath, [DEMO, '--port', String(site.port)], {
      env: { ...process.env, OUROBOROS_RUNTIME_DIR: runtimeDir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [demo.stdout, demo.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    try {
      const readyMs = await until('the nodes are ready', () => said.includes('three nodes ready'), 20_000);
      note('npm start', `ready after ${ms(readyMs)}`);
      await until('it shows the status of the nodes', () => /n3 +127\.0\.0\.3 .*ready/.test(said));
      const ping = await new Program('oping', ['-n', 'hello', '-c', '3', '-i', '10ms'], runtimeDir).ended;
      expect(ping).toMatchObject({ status: 0, stdout: expect.stringMatching(/3 received/) });
      const status = await new Program('irm', ['status'], `${runtimeDir}-n2`).ended;
      expect(status).toMatchObject({ status: 0, stdout: expect.stringMatching(/net\.n2/) });
    } finally {
      const stopMs = await timed(async () => {
        // A terminal and npm both send it: once more, and by another name, changes nothing.
        for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) demo.kill(signal);
        await until('it has ended', () => demo.exitCode !== null || demo.signalCode !== null, 15_000);
      });
      note('npm start', `Ctrl-C takes ${ms(stopMs)}`);
    }
    expect(demo.exitCode).toBe(0);
    expectNothingBelow(runtimeDir);
  });

  it('leaves nothing behind when Ctrl-C comes while the nodes are being built', async () => {
    const runtimeDir = join(site.folder, 'n');
    const demo = spawn(process.execPath, [DEMO, '--port', String(site.port)], {
      env: { ...process.env, OUROBOROS_RUNTIME_DIR: runtimeDir },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    demo.stdout.on('data', (text: Buffer) => (said += text.toString()));
    await until('the first layer is made', () => said.includes('irm ipcp bootstrap'), 20_000);
    demo.kill('SIGINT');
    await until('it has ended', () => demo.exitCode !== null, 15_000);
    expect(demo.exitCode).toBe(130);
    expect(said).not.toMatch(/three nodes ready/);
    expectNothingBelow(runtimeDir);
  });
});
