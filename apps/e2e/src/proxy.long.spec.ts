import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { note } from './measure.js';
import { until } from './one-node.js';
import { Proxies, digestOf } from './proxies.js';

jest.setTimeout(60_000);

let site: Proxies;
beforeEach(async () => {
  site = new Proxies();
  await site.up(true);
});
afterEach(() => site.destroy());

const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

describe('oproxy', () => {
  it('carries 200 connections at once, none of which gets the bytes of another', async () => {
    await site.exposed('echo', await site.tcpServer((socket) => socket.pipe(socket)));
    const { program, port } = await site.opened('connect', 'echo', '0');
    const startedAt = performance.now();
    const exchange = async (): Promise<boolean> => {
      const bytes = randomBytes(50_000);
      const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      const hash = createHash('sha256');
      client.on('data', (chunk: Buffer) => hash.update(chunk)).end(bytes);
      await once(client, 'end');
      return hash.digest('hex') === digestOf(bytes);
    };
    const outcomes = await Promise.all(Array.from({ length: 200 }, exchange));
    note('200 connections with 50 kB there and back, at once', `${(performance.now() - startedAt).toFixed(0)} ms`);
    expect(outcomes).toEqual(Array(200).fill(true));
    await program.kill('SIGTERM');
    expect(program.stdout).toMatch(/opened 200, open 0, failed 0, sentBytes 10000000, receivedBytes 10000000/);
  });

  it('does not grow while nobody reads, and brings what is left when somebody does', async () => {
    const block = Buffer.alloc(65_536, 7);
    let sent = 0;
    const total = 60_000_000;
    const port = await site.tcpServer((socket) => {
      const more = (): void => {
        while (sent < total) {
          sent += block.length;
          if (!socket.write(block)) return;
        }
        socket.end();
      };
      socket.on('drain', more);
      more();
    });
    const serving = await site.exposed('flood', port);
    const { program, port: local } = await site.opened('connect', 'flood', '0');
    const before = [serving, program].map(({ pid }) => residentBytes(pid));
    const client = connect({ port: local, host: '127.0.0.1', allowHalfOpen: true }).pause();
    await until('the sender stands still', async () => {
      const then = sent;
      await pause(300);
      return sent > 0 && sent === then;
    });
    const grown = [serving, program].map(({ pid }, i) => residentBytes(pid) - before[i]!);
    note('a server that is not read: bytes it got rid of, growth of both proxies', [sent, ...grown].join(', '));
    expect(sent).toBeLessThan(30_000_000);
    expect(Math.max(...grown)).toBeLessThan(60_000_000);
    let read = 0;
    const startedAt = performance.now();
    client.on('data', ({ length }: Buffer) => (read += length)).resume();
    await once(client, 'end');
    note('one connection through two proxies', `${(read / 1000 / (performance.now() - startedAt)).toFixed(0)} MB/s`);
    expect(read).toBe(sent);
    client.end();
  });
});
