import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHosts, type Hosts } from '../hosts/index.js';
import { namespacesOf, processesIn } from '../hosts/residents.fixture.js';
import { CONTENDERS, type Contender, type ContenderSession } from './index.js';

/** Where daemons put sockets of their own accord. */
const SOCKETS = '/var/run/wireguard';

describe.each(CONTENDERS)('$title', (contender: Contender) => {
  let reason: string | null;
  let folder: string;
  let hosts: Hosts;
  let session: ContenderSession;

  beforeAll(async () => {
    reason = await contender.missing();
    if (reason !== null) return void process.stdout.write(`${contender.title} is not measured: ${reason}.\n`);
    folder = mkdtempSync(join(tmpdir(), 'o7b-contender-'));
    hosts = await createHosts(2);
    session = await contender.start(hosts, folder);
  });

  afterAll(async () => {
    await hosts?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  it('answers, back to back and every 2 ms', async () => {
    if (reason !== null) return;
    for (const pace of ['back to back', 2] as const) {
      const { p50Us, p99Us } = await session.roundTrip!(64, pace);
      expect(p50Us).toBeGreaterThan(0);
      expect(p99Us).toBeGreaterThanOrEqual(p50Us);
    }
  });

  it('carries packets of 1,400 bytes', async () => {
    // A flood now and then leaves the unicast layer of C unable to carry anything.
    if (reason !== null || contender.title.endsWith('unicast')) return;
    const { packetsPerS, gbitPerS, lostPercent } = await session.oneWay!(1400, 1);
    expect(packetsPerS).toBeGreaterThan(100);
    expect(gbitPerS).toBeCloseTo((packetsPerS * 1400 * 8) / 1e9);
    expect(lostPercent).toBeGreaterThanOrEqual(0);
    expect(lostPercent).toBeLessThan(100);
  });

  it('carries TCP, where it carries IP', async () => {
    if (reason !== null || session.tcp === undefined) return;
    expect((await session.tcp(1)).gbitPerS).toBeGreaterThan(0.01);
  });

  it('tells the memory of its daemons', async () => {
    if (reason !== null) return;
    const memory = await session.memory!();
    expect(memory.length > 0).toBe(contender.title !== 'iperf3');
    for (const { ussBytes } of memory) expect(ussBytes).toBeGreaterThan(100_000);
  });

  it('leaves no process, no namespace and no file outside its folder behind', async () => {
    if (reason !== null) return;
    const namespaces = await namespacesOf(hosts);
    await session.stop();
    const left = processesIn(namespaces);
    if (hosts.kind === 'namespaces') expect(left).toEqual(['cat', 'cat']);
    await hosts.stop();
    if (hosts.kind === 'namespaces') expect(processesIn(namespaces)).toEqual([]);
    const sockets = existsSync(SOCKETS) ? readdirSync(SOCKETS) : [];
    expect(sockets.filter((name) => name.includes(String(process.pid)))).toEqual([]);
  });
});
