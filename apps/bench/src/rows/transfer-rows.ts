import { once } from 'node:events';
import { closeSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IpPath } from '../contenders/ip-path.js';
import { says } from '../contenders/readiness.js';
import { end, type Host } from '../hosts/index.js';
import type { Line } from '../networks/line.js';
import { NotHere, type Row } from './row.js';

const LIMIT_MS = 10_000;

/** What `ocat --json` says at its end. */
interface Transfer {
  readonly protection: string;
  readonly sentBytes: number;
  readonly timeMs: number;
  readonly complete: boolean;
}

/** A file from one end of the line to the other, from the start of the flow until the other process has taken all. */
const bulk: Row<Line> = {
  id: 'unicast/bulk/ocat',
  encrypted: 'the flow',
  async measure({ first, last, layer, place }, { bulkBytes }) {
    const file = join(place.folder, 'bulk');
    writeFileSync(file, '');
    truncateSync(file, bulkBytes);
    const server = last.spawn('ocat', ['--listen', '--verbose', '--name', 'bulk', '--layer', layer], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      await says(server, /listening as/, LIMIT_MS);
      const input = openSync(file, 'r');
      const client = first.spawn('ocat', ['--name', 'bulk', '--json'], { stdio: [input, 'ignore', 'pipe'] });
      closeSync(input);
      let printed = '';
      client.stderr!.on('data', (data: Buffer) => (printed += data.toString()));
      await once(client, 'close');
      return { figures: { gbitPerS: rateOf(printed) } };
    } finally {
      await end(server);
    }
  },
};

function rateOf(printed: string): number {
  const line = printed.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`ocat: ${printed.trim()}`);
  const { protection, sentBytes, timeMs, complete } = JSON.parse(line) as Transfer;
  if (!complete || protection === 'plain') throw new Error(`ocat: ${line}`);
  return (sentBytes * 8) / 1e6 / timeMs;
}

/** iperf3 through a tunnel of `oip` over the unicast layer. */
const tunnel: Row<Line> = {
  id: 'unicast/oip/tcp',
  encrypted: 'the flow',
  async measure({ first, last, layer, place }, { tcpS }) {
    if (place.hosts.kind !== 'namespaces') throw new NotHere('oip needs network namespaces');
    const server = last.spawn('oip', ['-i', '10.9.0.1/24', '--device', 'vpn'], { stdio: 'pipe' });
    try {
      await says(server, /Waiting for a new flow/, LIMIT_MS);
      await last.irm.bindProcess(server.pid!, 'tunnel');
      await last.irm.regName('tunnel', { layers: [layer] });
      const client = first.spawn('oip', ['-n', 'tunnel', '-i', '10.9.0.2/24', '--device', 'vpn'], { stdio: 'pipe' });
      try {
        await says(client, /Flow allocated/, LIMIT_MS);
        return { figures: await tcpThrough(first.host, last.host, tcpS) };
      } finally {
        await end(client);
      }
    } finally {
      await end(server);
    }
  },
};

async function tcpThrough(from: Host, to: Host, seconds: number): Promise<{ gbitPerS: number }> {
  const path = await IpPath.open(from, to, '10.9.0.1');
  try {
    return await path.tcp(seconds);
  } finally {
    await path.stop();
  }
}

export const TRANSFER_ROWS: readonly Row<Line>[] = [bulk, tunnel];
