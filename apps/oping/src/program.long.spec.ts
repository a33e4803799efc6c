import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFlows } from '@ouroboros/flow/node';
import { Daemon } from '../../../packages/flow/spec/daemon.spec.js';
import { Program, bundle } from '../../../packages/flow/spec/run-program.spec.js';
import { helpText } from '@ouroboros/manual';
import { MANUAL } from './manual.js';

describe('the program oping', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ob-oping-'));
  const file = join(folder, 'oping.cjs');
  let daemon: Daemon;
  beforeAll(() => bundle('apps/oping/src/main.ts', file, 'cjs'));
  beforeEach(async () => {
    daemon = await new Daemon().start();
  });
  afterEach(() => {
    Program.endAll();
    daemon.clean();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const oping = (...args: string[]): Program => new Program(file, args, daemon.dir);

  async function serving(...args: string[]): Promise<Program> {
    const server = oping('-l', ...args);
    await daemon.exchange.accepting();
    return server;
  }

  it('pings and is answered; statistics at the end, at once', async () => {
    const server = await serving();
    const client = oping('-n', 'hello', '-c', '3', '-i', '10');
    expect(await client.ends()).toBe(0);
    const lines = client.stdout.split('\n');
    expect(lines[0]).toBe('Pinging hello with 64 bytes of data (3 packets):');
    expect(lines.slice(2, 5).map((line) => line.replace(/time=.*/, ''))).toEqual(
      [0, 1, 2].map((id) => `64 bytes from hello: seq=${id} `),
    );
    expect(lines[6]).toBe('--- hello ping statistics ---');
    expect(lines[7]).toMatch(
      /^3 packets transmitted, 3 received, 0 out-of-order, 0% packet loss, time: \d+\.\d{3} ms$/,
    );
    expect(lines[8]).toMatch(/^rtt min\/avg\/max\/mdev = [\d.]+\/[\d.]+\/[\d.]+\/[\d.]+ (ms|µs)$/);
    expect(client.stderr).toBe('');
    expect(daemon.exchange.deallocated).toContainEqual({ side: 'client', flowId: 1, lingerMs: 0 });
    expect(await server.stop()).toBe(0);
    expect(server.stdout).toContain('New flow 1.\nReceived 64 bytes on fd 1.\n');
  });

  it('prints nothing but one JSON object when asked for that', async () => {
    const server = await serving('-Q');
    const client = oping('-n', 'hello', '-fc', '2000', '--json');
    expect(await client.ends()).toBe(0);
    const result = JSON.parse(client.stdout) as { transmitted: number; received: number; rttMs: { avg: number } };
    expect(result).toMatchObject({ name: 'hello', size: 64, transmitted: 2000, received: 2000, end: 'complete' });
    await server.stop();
    expect(server.stdout).toBe('Ouroboros ping server started.\nNew flow 1.\n');
  });

  it('prints the statistics on SIGINT', async () => {
    const server = await serving('--poll', '-Q');
    const client = oping('-n', 'hello', '-i', '5');
    await client.prints('seq=3');
    expect(await client.stop('SIGINT')).toBe(0);
    expect(client.stdout).toContain('0% packet loss');
    await server.stop();
  });

  it('exits 1 when nothing comes back', async () => {
    const flows = openFlows({ runtimeDir: daemon.dir });
    const accepted = flows.accept();
    await daemon.exchange.accepting();
    const client = oping('-n', 'hello', '-c', '1', '-i', '0');
    await accepted;
    expect(await client.ends()).toBe(1);
    expect(client.stderr).toBe('Server timed out.\n');
    expect(client.stdout).toContain('1 packets transmitted, 0 received, 0 out-of-order, 100% packet loss');
    await flows.close();
  });

  it('exits 6 when nobody serves, 2 for wrong arguments, 0 for help', async () => {
    const programs = [oping('-n', 'x'), oping('-c', 'x', '-n', 'y'), oping('--help')];
    expect(await Promise.all(programs.map((program) => program.ends()))).toEqual([6, 2, 0]);
    expect(programs[0]!.stderr).toBe('Failed to allocate flow: no server for x\n');
    expect(programs[1]!.stderr).toContain("count: 'x' is no whole number");
    expect(programs[2]!.stdout).toBe(helpText(MANUAL));
  });

  it('exits 3 without an IRM daemon, as client and as server', async () => {
    daemon.stop();
    const programs = [oping('-n', 'x'), oping('-l')];
    expect(await Promise.all(programs.map((program) => program.ends()))).toEqual([3, 3]);
  });
});
