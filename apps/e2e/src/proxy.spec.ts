import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, request, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { note } from './measure.js';
import { OneNode, until } from './one-node.js';
import type { Program } from './programs.js';

jest.setTimeout(60_000);

const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) process.stdout.write('oproxy is tested with clients of our own only: there is no curl.\n');

let node: OneNode;
const servers: Server[] = [];
beforeEach(() => void (node = new OneNode()));
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await node.destroy();
});

const configuration = (settings = ''): string => `[irmd]\n${settings}\n[local.l0]\nbootstrap = "loop"\n`;

/** A TCP server of this process; its port. */
async function serverOf(server: Server): Promise<number> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

const tcpServer = (onConnection: (socket: Socket) => void): Promise<number> =>
  serverOf(
    createServer({ allowHalfOpen: true }, (socket) => {
      // Resets are what some of these specs are about.
      socket.on('error', () => undefined);
      onConnection(socket);
    }),
  );

/** An HTTP server that knows nothing of flows: says what it was asked. */
const httpServer = (): Promise<number> =>
  serverOf(
    createHttpServer((asked, answer) => {
      const hash = createHash('sha256');
      asked.on('data', (bytes: Buffer) => hash.update(bytes));
      asked.on('end', () => answer.end(`${asked.method} ${asked.url} ${asked.headers.host} ${hash.digest('hex')}`));
    }),
  );

async function exposed(name: string, port: number, ...options: string[]): Promise<Program> {
  const program = node.start('oproxy', 'expose', name, `${port}`, ...options);
  await program.says(/Listening for|"listening"/);
  return program;
}

/** A proxy with a local port, which the system chose. */
async function opened(...words: string[]): Promise<{ program: Program; port: number }> {
  const program = node.start('oproxy', ...words);
  await program.says(/Listening .*:\d+\./);
  return { program, port: Number(/:(\d+)\.$/m.exec(program.stdout)![1]) };
}

const digestOf = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function textOf(stream: Socket | IncomingMessage): Promise<string> {
  let text = '';
  stream.on('data', (chunk) => (text += String(chunk)));
  await once(stream, 'end');
  return text;
}

async function get(
  options: RequestOptions,
  body = '',
): Promise<{ status: number; text: string; head: IncomingMessage }> {
  const asking = request({ host: '127.0.0.1', ...options });
  asking.end(body);
  const [head] = (await once(asking, 'response')) as [IncomingMessage];
  return { status: head.statusCode!, text: await textOf(head), head };
}

const codeOfFailure = async (socket: Socket): Promise<string> => {
  const [error] = (await once(socket.resume(), 'error')) as [NodeJS.ErrnoException];
  return error.code!;
};

const statisticsOf = (program: Program): Record<string, number> =>
  JSON.parse(program.stdout.trim().split('\n').at(-1)!) as Record<string, number>;

const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

/** The output of curl, which has to succeed. */
async function curl(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-m', '20', ...args]);
  return stdout;
}

describe('oproxy', () => {
  it('lets HTTP servers and clients that know nothing of it reach each other, through a layer', async () => {
    await node.up(configuration('direct_flows = false'));
    const serving = await exposed('web', await httpServer(), '--layer', 'loop', '--json');
    const { port } = await opened('connect', 'web', '0');
    const { status, text } = await get({ port, path: '/a', method: 'POST' }, 'question');
    expect([status, text]).toEqual([200, `POST /a 127.0.0.1:${port} ${digestOf('question')}`]);
    if (hasCurl) expect(await curl(`http://127.0.0.1:${port}/b`)).toContain('GET /b');
    await serving.kill('SIGTERM');
    expect(statisticsOf(serving)).toMatchObject({ opened: hasCurl ? 2 : 1, open: 0, failed: 0 });
    expect(await node.irm.management.nameList()).toEqual([expect.objectContaining({ name: 'web', registered: [] })]);
  });

  it('passes on who ended writing: the server answers after the end of the question', async () => {
    await node.up(configuration());
    const port = await tcpServer((socket) => {
      void textOf(socket).then((text) => pause(50).then(() => socket.end(`${text.length} bytes`)));
    });
    await exposed('count', port);
    const { port: local } = await opened('connect', 'count', '0');
    const client = connect({ port: local, host: '127.0.0.1', allowHalfOpen: true });
    client.end(Buffer.alloc(300_000));
    expect(await textOf(client)).toBe('300000 bytes');
  });

  it('carries 200 connections at once, none of which gets the bytes of another', async () => {
    await node.up(configuration());
    await exposed('echo', await tcpServer((socket) => socket.pipe(socket)));
    const { program, port } = await opened('connect', 'echo', '0');
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
    await node.up(configuration());
    const block = Buffer.alloc(65_536, 7);
    let sent = 0;
    const total = 60_000_000;
    const port = await tcpServer((socket) => {
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
    const serving = await exposed('flood', port);
    const { program, port: local } = await opened('connect', 'flood', '0');
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

  it('resets who cannot be served, and says why; who stays is ended by the stop', async () => {
    await node.up(configuration());
    const { program, port } = await opened('connect', 'gone', '0', '--grace', '200ms');
    const dial = (): Socket => connect({ port, host: '127.0.0.1' });
    expect(await codeOfFailure(dial())).toBe('ECONNRESET');
    expect(program.stdout).toContain('(ENAME)');
    const closed = createServer();
    const down = await serverOf(closed);
    closed.close();
    const serving = await exposed('gone', down);
    expect(await codeOfFailure(dial())).toBe('ECONNRESET');
    expect(serving.stdout).toContain('(ECONNREFUSED)');
    await serving.kill('SIGTERM');
    await exposed('gone', await tcpServer((socket) => void socket.write('hello')));
    const staying = dial();
    await once(staying, 'data');
    const reset = codeOfFailure(staying);
    const again = await node.run('oproxy', 'connect', 'gone', `${port}`);
    expect([again.status, again.stderr]).toEqual([8, `oproxy: port ${port} of 127.0.0.1 is in use\n`]);
    program.signal('SIGUSR1');
    await program.says(/Statistics: opened \d, open 1/);
    expect(await program.kill('SIGTERM')).toMatchObject({ status: 0 });
    expect(await reset).toBe('ECONNRESET');
  });

  it('is a SOCKS and an HTTP proxy for host names', async () => {
    await node.up(configuration());
    await exposed('web.net', await httpServer());
    const { port } = await opened('socks', '0');
    const answers = await Promise.all([
      socks(port, 'web.net.o7s'),
      socks(port, 'web.net.O7S.'),
      socks(port, 'nobody.o7s'),
      socks(port, 'localhost'),
    ]);
    expect(answers.map(({ reply }) => reply)).toEqual([0, 0, 4, 2]);
    const { client } = answers[0]!;
    client.write('GET /s HTTP/1.1\r\nHost: web.net.o7s\r\nConnection: close\r\n\r\n');
    expect(await textOf(client)).toContain('GET /s web.net.o7s');
    expect(await tunnelled(port, 'web.net.o7s:80')).toContain('GET /t web.net.o7s');
    expect(await tunnelled(port, 'nobody.o7s:80')).toContain('502');
    expect(await tunnelled(port, '127.0.0.1:80')).toContain('403');
    const passed = await get(
      { port, path: 'http://web.net.o7s/p?q', method: 'PUT', headers: { Host: 'web.net.o7s' } },
      'x',
    );
    expect(passed).toMatchObject({ status: 200, text: `PUT /p?q web.net.o7s ${digestOf('x')}` });
    const unknown = await get({ port, path: 'http://nobody.o7s/' });
    expect(unknown).toMatchObject({ status: 502, text: expect.stringContaining('nobody') });
    expect(unknown.head.headers['proxy-status']).toBe('oproxy; error=destination_not_found');
    const foreign = await get({ port, path: 'http://example.com/' });
    expect(foreign.status).toBe(403);
    if (!hasCurl) return;
    const proxies = [[`socks5h://127.0.0.1:${port}`], [`http://127.0.0.1:${port}`], [`http://127.0.0.1:${port}`, '-p']];
    for (const proxy of proxies) expect(await curl('-x', ...proxy, 'http://web.net.o7s/c')).toContain('GET /c');
  });

  it('carries datagrams, each client its own, and drops what is too long for UDP or empty', async () => {
    await node.up(configuration());
    const echo = createSocket('udp4', (datagram, { port, address }) => echo.send(datagram, port, address));
    await once(echo.bind(0, '127.0.0.1'), 'listening');
    const serving = await exposed('echo', echo.address().port, '--udp');
    const { program, port } = await opened('connect', 'echo', '0', '--udp', '--idle', '300ms');
    const clients = [createSocket('udp4'), createSocket('udp4')];
    const heard = clients.map((client) => {
      const sizes: number[] = [];
      client.on('message', ({ length }) => sizes.push(length));
      return sizes;
    });
    for (const [i, client] of clients.entries()) {
      for (const length of [1 + i, 0, 1400 + i, 20_000 + i]) client.send(Buffer.alloc(length), port, '127.0.0.1');
    }
    await until('the answers are here', () => heard.every((sizes) => sizes.length === 3));
    expect(heard).toEqual([
      [1, 1400, 20_000],
      [2, 1401, 20_001],
    ]);
    await until('silent flows are gone', async () => (await node.irm.management.flowList()).length === 0);
    for (const socket of [...clients, echo]) socket.close();
    await Promise.all([program.kill('SIGTERM'), serving.kill('SIGTERM')]);
    expect(program.stdout).toMatch(/opened 2, open 0, failed 0, sentDatagrams 6, .*droppedEmpty 2/);
    expect(serving.stdout).toMatch(/opened 2, open 0, sentDatagrams 6, /);
  });

  it('says what is wrong, with the exit statuses of all tools', async () => {
    const ran = [await node.run('oproxy', 'expose', 'web', '80')];
    await node.up(configuration());
    ran.push(await node.run('oproxy', 'expose', 'web', '80', '--layer', 'nowhere'));
    ran.push(await node.run('oproxy', 'connect', 'web'), await node.run('oproxy', '--help'));
    expect(ran.map(({ status }) => status)).toEqual([3, 4, 2, 0]);
    expect(ran[1]!.stderr).toContain('nowhere');
  });
});

/** Asks a SOCKS proxy for a host; the reply, and the connection behind it. */
async function socks(port: number, host: string): Promise<{ reply: number; client: Socket }> {
  const client = connect({ port, host: '127.0.0.1' });
  client.write(
    Buffer.concat([Buffer.from([5, 1, 0, 5, 1, 0, 3, host.length]), Buffer.from(host), Buffer.from([0, 80])]),
  );
  await until('a reply', async () => {
    await Promise.race([once(client, 'readable'), pause(20)]);
    return client.readableLength >= 12;
  });
  const bytes = client.read(12) as Buffer;
  expect([...bytes.subarray(0, 3)]).toEqual([5, 0, 5]);
  return { reply: bytes[3]!, client };
}

/** All that comes back through a tunnel of an HTTP proxy, or instead of one. */
async function tunnelled(port: number, authority: string): Promise<string> {
  const client = connect({ port, host: '127.0.0.1' });
  client.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  client.write('GET /t HTTP/1.1\r\nHost: web.net.o7s\r\nConnection: close\r\n\r\n');
  return textOf(client);
}
