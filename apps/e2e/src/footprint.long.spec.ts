import { readFileSync } from 'node:fs';
import { OneNode, until } from './one-node.js';

jest.setTimeout(60_000);

/** What a process keeps to itself once it has settled: measured 17 to 19 MB. The default of the engine is above 30. */
const MOST_MB = 23;
const IPCPS = `
[local.loop]
bootstrap = "loop"
[udp4.udp]
bootstrap = "udp"
ip = "127.0.61.1"
[unicast."net.a"]
bootstrap = "net"
[broadcast."news.a"]
bootstrap = "news"
`;

function ownMegabytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kilobytes = [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)].map(([, number]) => Number(number));
  return kilobytes.reduce((sum, number) => sum + number, 0) / 1024;
}

describe('memory of a node at rest', () => {
  const node = new OneNode();
  afterAll(() => node.destroy());

  it(`is less than ${MOST_MB} MB for irmd and for each IPCP`, async () => {
    await node.up(IPCPS);
    const pids = node.processes();
    expect(pids).toHaveLength(5);
    await until('all have settled', async () => pids.every((pid) => ownMegabytes(pid) < MOST_MB), 40_000);
    process.stdout.write(`  measured: ${pids.map((pid) => ownMegabytes(pid).toFixed(1)).join(' ')} MB\n`);
  });
});
