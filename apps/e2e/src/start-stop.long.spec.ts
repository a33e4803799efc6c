import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { ms, note, quantile, timed } from './measure.js';
import { kill, openFiles, until } from './one-node.js';
import { leftovers, Site } from './site.js';

const ROUNDS = 50;

/** What could be left of a site, on this machine and in this process. */
const held = () => ({
  openFiles: openFiles(process.pid),
  handles: process.getActiveResourcesInfo().filter((kind) => !kind.includes('Timeout')).length,
  sharedMemory: readdirSync('/dev/shm').length,
});

/** Sockets of a site: UNIX sockets by their path, UDP sockets by their port. */
function socketsOf(site: Site): number {
  const unix = readFileSync('/proc/net/unix', 'utf8').split(site.folder).length - 1;
  const hexPort = site.port.toString(16).toUpperCase().padStart(4, '0');
  const udp = readFileSync('/proc/net/udp', 'utf8').match(new RegExp(`[0-9A-F]{8}:${hexPort} `, 'g'))?.length ?? 0;
  return unix + udp;
}

async function round(): Promise<{ startMs: number; stopMs: number }> {
  const site = await Site.open();
  let irmds: number[] = [];
  const startMs = await timed(async () => {
    const triangle = await site.triangle();
    irmds = triangle.nodes.map(({ pid }) => pid!);
    const ran = await site.run(triangle.get('n1'), 'oping', '-n', 'hello', '-c', '1');
    expect(ran.status).toBe(0);
  });
  expect(socketsOf(site)).toBeGreaterThan(0);
  const stopMs = await timed(async () => {
    for (const pid of irmds) kill(pid, 'SIGTERM');
    await until('all processes have ended', () => site.processes().length === 0, 12_000);
  });
  expect(leftovers(site.folder)).toEqual([]);
  expect(socketsOf(site)).toBe(0);
  await site.close();
  expect(existsSync(site.folder)).toBe(false);
  return { startMs, stopMs };
}

describe('the whole triangle', () => {
  it(`is started and stopped ${ROUNDS} times without a leak of handles, files, sockets or processes`, async () => {
    await round();
    await round();
    const before = held();
    const rounds: { startMs: number; stopMs: number }[] = [];
    for (let i = 0; i < ROUNDS; i += 1) rounds.push(await round());
    const median = (part: 'startMs' | 'stopMs'): string =>
      ms(
        quantile(
          rounds.map((one) => one[part]),
          0.5,
        ),
      );
    note(`${ROUNDS} starts and stops`, `start and first ping ${median('startMs')}, stop ${median('stopMs')} (medians)`);
    await until('nothing more is held than before', () => {
      const now = held();
      return (Object.keys(now) as (keyof typeof now)[]).every((kind) => now[kind] <= before[kind]);
    });
    note(`${ROUNDS} starts and stops`, `held before ${JSON.stringify(before)}, after ${JSON.stringify(held())}`);
  });
});
