import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHosts, type Hosts } from '../hosts/index.js';
import { namespacesOf, processesIn } from '../hosts/residents.fixture.js';
import { CONTENDERS, type Contender, type ContenderSession } from './index.js';

/** Where daemons put sockets of their own accord. */
const SOCKETS = '/var/run/wireguard';

describe.each(CONTENDERS)('$title', (contender: Contender) => {
  let folder: string;
  let hosts: Hosts;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'o7b-contender-'));
    hosts = await createHosts(2);
  });

  afterEach(async () => {
    await hosts.stop();
    rmSync(folder, { recursive: true });
  });

  it('comes up, is measured, and leaves no process, namespace or socket behind', async () => {
    const reason = await contender.missing();
    if (reason !== null) return void process.stdout.write(`${contender.title} is not measured: ${reason}.\n`);
    const namespaces = await namespacesOf(hosts);
    const session = await contender.start(hosts, folder);
    await expectRoundTrips(session);
    // A flood now and then leaves the unicast layer of C unable to carry anything.
    if (!contender.title.endsWith('unicast')) await expectOneWay(session);
    if (session.tcp) expect((await session.tcp(1)).gbitPerS).toBeGreaterThan(0.01);
    const memory = await session.memory!();
    expect(memory.length > 0).toBe(contender.title !== 'iperf3');
    for (const { ussBytes } of memory) expect(ussBytes).toBeGreaterThan(100_000);
    await session.stop();
    expectNothingLeft(namespaces);
  });

  function expectNothingLeft(namespaces: readonly string[]): void {
    // The keepers of the namespaces.
    if (hosts.kind === 'namespaces') expect(processesIn(namespaces)).toEqual(['cat', 'cat']);
    const sockets = existsSync(SOCKETS) ? readdirSync(SOCKETS) : [];
    expect(sockets.filter((name) => name.includes(String(process.pid)))).toEqual([]);
  }
});

async function expectRoundTrips(session: ContenderSession): Promise<void> {
  for (const pace of ['back to back', 2] as const) {
    const { p50Us, p99Us } = await session.roundTrip!(64, pace);
    expect(p50Us).toBeGreaterThan(0);
    expect(p99Us).toBeGreaterThanOrEqual(p50Us);
  }
}

async function expectOneWay(session: ContenderSession): Promise<void> {
  const { packetsPerS, gbitPerS, lostPercent } = await session.oneWay!(1400, 1);
  expect(packetsPerS).toBeGreaterThan(100);
  expect(gbitPerS).toBeCloseTo((packetsPerS * 1400 * 8) / 1e9);
  expect(lostPercent).toBeGreaterThanOrEqual(0);
  expect(lostPercent).toBeLessThan(100);
}
