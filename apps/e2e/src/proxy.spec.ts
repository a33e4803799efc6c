import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { installed } from '@ouroboros/demo';
import { OneNode, until } from './one-node.js';
import type { Program } from './programs.js';
import { Proxies, digestOf } from './proxies.js';

jest.setTimeout(60_000);

const hasCurl = installed('curl') !== undefined;
if (!hasCurl) process.stdout.write('oproxy is tested with clients of our own only: there is no curl.\n');

let site: Proxies;
beforeAll(async () => {
  site = new Proxies();
  await site.up(false);
});
afterAll(() => site.destroy());

/** As a server whose name is registered. */
const exposed = (name: string, port: number, ...options: string[]): Promise<Program> =>
  site.exposed(name, port, '--layer', 'loop', ...options);

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

/** The output of curl, which has to succeed. */
async function curl(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-m', '20', ...args]);
  return stdout;
}

describe('oproxy', () => {
  it('lets HTTP servers and clients that know nothing of it reach each other, through a layer', async () => {
    const serving = await exposed('web', await site.httpServer(), '--json');
    const { port } = await site.opened('connect', 'web', '0');
    const { status, text } = await get({ port, path: '/a', method: 'POST' }, 'question');
    expect([status, text]).toEqual([200, `POST /a 127.0.0.1:${port} ${digestOf('question')}`]);
    if (hasCurl) expect(await curl(`http://127.0.0.1:${port}/b`)).toContain('GET /b');
    await serving.kill('SIGTERM');
    expect(statisticsOf(serving)).toMatchObject({ opened: hasCurl ? 2 : 1, open: 0, failed: 0 });
    expect(await site.node.irm.management.nameList()).toContainEqual(
      expect.objectContaining({ name: 'web', registered: [] }),
    );
  });

  it('passes on who ended writing: the server answers after the end of the question', async () => {
    const port = await site.tcpServer((socket) => {
      void textOf(socket).then((text) => pause(50).then(() => socket.end(`${text.length} bytes`)));
    });
    await exposed('count', port);
    const { port: local } = await site.opened('connect', 'count', '0');
    const client = connect({ port: local, host: '127.0.0.1', allowHalfOpen: true });
    client.end(Buffer.alloc(300_000));
    expect(await textOf(client)).toBe('300000 bytes');
  });

  it('resets who cannot be served, and says why; who stays is ended by the stop', async () => {
    const { program, port } = await site.opened('connect', 'gone', '0', '--grace', '200ms');
    const dial = (): Socket => connect({ port, host: '127.0.0.1' });
    expect(await codeOfFailure(dial())).toBe('ECONNRESET');
    await program.says(/\(ENAME\)/);
    const closed = createServer();
    const down = await site.port(closed);
    closed.close();
    const serving = await exposed('gone', down);
    expect(await codeOfFailure(dial())).toBe('ECONNRESET');
    await serving.says(/\(ECONNREFUSED\)/);
    await serving.kill('SIGTERM');
    await exposed('gone', await site.tcpServer((socket) => void socket.write('hello')));
    const staying = dial();
    await once(staying, 'data');
    const reset = codeOfFailure(staying);
    const again = await site.node.run('oproxy', 'connect', 'gone', `${port}`);
    expect([again.status, again.stderr]).toEqual([8, `oproxy: port ${port} of 127.0.0.1 is in use\n`]);
    program.signal('SIGUSR1');
    await program.says(/Statistics: opened \d, open 1/);
    expect(await program.kill('SIGTERM')).toMatchObject({ status: 0 });
    expect(await reset).toBe('ECONNRESET');
  });

  it('is a SOCKS and an HTTP proxy for host names', async () => {
    await exposed('web.net', await site.httpServer());
    const { port } = await site.opened('socks', '0');
    const answers = await Promise.all([
      socks(port, 'web.net.o7s'),
      socks(port, 'web.net.O7S.'),
      socks(port, 'nobody.o7s'),
      socks(port, 'localhost'),
    ]);
    expect(answers.map(({ reply }) => reply)).toEqual([0, 0, 4, 2]);
    const { client } = answers[0]!;
    client.write('GET /s HTTP/1.1\r\nHost: web.net.o7s\r\nConnection: close\r\n\r\n');
    expect(await textOf(client.resume())).toContain('GET /s web.net.o7s');
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

  it('carries datagrams, each client its own, until it is silent; empty ones are dropped', async () => {
    const echo = createSocket('udp4', (datagram, { port, address }) => echo.send(datagram, port, address));
    await once(echo.bind(0, '127.0.0.1'), 'listening');
    const serving = await exposed('echo', echo.address().port, '--udp');
    const { program, port } = await site.opened('connect', 'echo', '0', '--udp', '--idle', '300ms');
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
    await until('silent flows are gone', async () => {
      const flows = await site.node.irm.management.flowList();
      return !flows.some(({ name }) => name === 'echo');
    });
    for (const socket of [...clients, echo]) socket.close();
    await Promise.all([program.kill('SIGTERM'), serving.kill('SIGTERM')]);
    expect(program.stdout).toMatch(/opened 2, open 0, failed 0, sentDatagrams 6, .*droppedEmpty 2/);
    expect(serving.stdout).toMatch(/opened 2, open 0, sentDatagrams 6, /);
  });

  it('says what is wrong, with the exit statuses of all tools', async () => {
    const without = new OneNode();
    const ran = [await without.run('oproxy', 'expose', 'web', '80')];
    await without.destroy();
    ran.push(await site.node.run('oproxy', 'expose', 'web', '80', '--layer', 'nowhere'));
    ran.push(await site.node.run('oproxy', 'connect', 'web'), await site.node.run('oproxy', '--help'));
    expect(ran.map(({ status }) => status)).toEqual([3, 4, 2, 0]);
    expect(ran[1]!.stderr).toContain('nowhere');
  });
});

/** Asks a SOCKS proxy for a host; the reply, and the connection behind it. */
async function socks(port: number, host: string): Promise<{ reply: number; client: Socket }> {
  const client = connect({ port, host: '127.0.0.1' });
  client.write(Buffer.from([5, 1, 0, 5, 1, 0, 3, host.length, ...Buffer.from(host), 0, 80]));
  let bytes = Buffer.alloc(0);
  client.on('data', (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk])));
  while (bytes.length < 12) await once(client, 'data');
  client.removeAllListeners('data').pause();
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
