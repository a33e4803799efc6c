import { createReadStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ForeignServer, NOBODY, folderOfNobody, installed, outputOf } from './foreign-programs.js';
import { note, timed } from './measure.js';
import { freeTcpPort } from './observed-pair.js';
import { until } from './one-node.js';
import { digestOf } from './proxies.js';
import { ProxiedPair, type Holdings } from './proxied-pair.js';
import { randomFile } from './random-file.js';

jest.setTimeout(600_000);

/** 1024: a whole GiB, for which a quiet machine takes about 20 s each way. */
const DOWNLOAD_MIB = Number(process.env['OUROBOROS_DOWNLOAD_MIB'] ?? 256);
const REQUESTS = 500;

let site: ProxiedPair;
let folder: string;
beforeAll(async () => {
  site = await ProxiedPair.up();
  folder = folderOfNobody();
});
afterAll(async () => {
  await site.site.close();
  rmSync(folder, { recursive: true, force: true });
});

const ifInstalled = (what: string, ...programs: readonly string[]): jest.Describe =>
  installed(what, ...programs) ? describe : describe.skip;

/** Files of `folder`; whoever asks for `/together/N` is answered N when all the others have asked as well. */
function webServer(): Server {
  let waiting: (() => void)[] = [];
  const together = (number: string, answer: ServerResponse): void => {
    waiting.push(() => answer.end(number.repeat(2_000)));
    if (waiting.length < REQUESTS) return;
    for (const go of waiting) go();
    waiting = [];
  };
  return createServer({ keepAlive: false }, ({ url }, answer) => {
    const [, place, rest] = url!.split('/') as [string, string, string];
    if (place === 'together') together(rest, answer);
    else createReadStream(join(folder, place)).pipe(answer);
  });
}

ifInstalled(
  'HTTP with curl through oproxy',
  'curl',
  'sha256sum',
)('curl', () => {
  const server = webServer();
  let digest: string;
  let port: number;
  beforeAll(async () => {
    digest = randomFile(join(folder, 'big'), DOWNLOAD_MIB * 2 ** 20);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    await site.exposed('web', (server.address() as AddressInfo).port);
    ({ port } = await site.opened('connect', 'web'));
  });
  afterAll(() => server.close());

  const download = async (how: string, ...args: string[]): Promise<void> => {
    let output = '';
    const words = args.map((word) => `'${word}'`).join(' ');
    const took = await timed(
      async () => (output = String(await outputOf('sh', ['-c', `curl -sSf ${words} | sha256sum`]))),
    );
    note(
      `${DOWNLOAD_MIB} MiB, ${how}`,
      `${(took / 1000).toFixed(1)} s, ${((DOWNLOAD_MIB * 2 ** 20) / took / 1000).toFixed(0)} MB/s`,
    );
    expect(output).toContain(digest);
  };

  it('downloads a large file through a local port', () => download('local port', `http://127.0.0.1:${port}/big`));

  it('downloads it through SOCKS5 and HTTP CONNECT', async () => {
    const socks = await site.opened('socks');
    await download('SOCKS5', '-x', `socks5h://127.0.0.1:${socks.port}`, 'http://web.o7s/big');
    await download('HTTP CONNECT', '-p', '-x', `http://127.0.0.1:${socks.port}`, 'http://web.o7s/big');
  });

  it(`asks ${REQUESTS} times at once, is answered right, and leaves nothing behind`, async () => {
    const half = REQUESTS / 2;
    const answers = join(folder, 'answers');
    const round = async (): Promise<void> => {
      mkdirSync(answers);
      const ask = (from: number): Promise<unknown> => {
        const url = `http://127.0.0.1:${port}/together/[${from}-${from + half - 1}]`;
        const parallel = ['-Z', '--parallel-immediate', '--parallel-max', `${half}`];
        return outputOf('curl', ['-sSf', ...parallel, '-o', join(answers, '#1'), url]);
      };
      await Promise.all([ask(1), ask(1 + half)]);
      for (let i = 1; i <= REQUESTS; i += 1)
        expect(readFileSync(join(answers, `${i}`), 'utf8')).toBe(`${i}`.repeat(2_000));
      rmSync(answers, { recursive: true });
    };
    const settled = async (): Promise<Holdings> => {
      let now = await site.holdings();
      await until('the flows are gone', async () => (now = await site.holdings()).flows === 0, 30_000);
      return now;
    };
    const idle = await settled();
    await round();
    const first = await settled();
    const took = await timed(round);
    await round();
    const last = await settled();
    const grown = last.memory.map((bytes, i) => Math.round((bytes - first.memory[i]!) / 2 ** 20));
    note(`${REQUESTS} requests at once`, `${took.toFixed(0)} ms; growth by 1,000 more, MiB: ${grown.join(', ')}`);
    note('open files before and after', [idle, first, last].map(({ files }) => files).join(', '));
    expect(last.processes).toEqual(idle.processes);
    expect(last.files).toBeLessThanOrEqual(idle.files + idle.processes.length);
    // The heap of irmd grows at first, and then no more: here are its first 1,500 flows.
    expect(Math.max(...grown)).toBeLessThan(64);
  });
});

ifInstalled(
  'Redis through oproxy',
  'redis-server',
  'redis-cli',
  'redis-benchmark',
)('Redis', () => {
  let server: ForeignServer | undefined;
  let port: number;
  beforeAll(async () => {
    const behind = await freeTcpPort();
    server = new ForeignServer('redis-server', [
      '--port',
      `${behind}`,
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      folder,
    ]);
    await site.exposed('redis', behind);
    ({ port } = await site.opened('connect', 'redis'));
    await until(
      'it answers',
      () =>
        cli('ping')
          .then(String)
          .then(
            (text) => text === 'PONG\n',
            () => false,
          ),
      20_000,
    );
  });
  afterAll(() => server?.stop());

  const cli = (...words: string[]): Promise<Buffer> => outputOf('redis-cli', ['-p', `${port}`, '--raw', ...words]);

  it('keeps a value of 32 MiB, byte by byte', async () => {
    const value = join(folder, 'value');
    const digest = randomFile(value, 2 ** 25);
    expect(String(await outputOf('redis-cli', ['-p', `${port}`, '-x', 'set', 'large'], { stdin: value }))).toBe('OK\n');
    expect(digestOf((await cli('get', 'large')).subarray(0, -1))).toBe(digest);
  });

  it.each([
    ['one request at a time', 1, 20_000],
    ['16 requests at a time', 16, 200_000],
  ])('answers 50 clients, each with %s', async (how, pipeline, requests) => {
    const words = ['-p', `${port}`, '-n', `${requests}`, '-P', `${pipeline}`, '-t', 'set,get,incr', '--csv'];
    const lines = String(await outputOf('redis-benchmark', words))
      .trim()
      .split('\n')
      .slice(1);
    const rates = lines.map((line) => line.split(',').slice(0, 2).join(' ').replaceAll('"', ''));
    note(`redis-benchmark, requests per second, ${how}`, rates.join(', '));
    expect(rates.length).toBe(3);
    expect(Number(String(await cli('get', 'counter:__rand_int__')))).toBeGreaterThanOrEqual(requests);
  });
});

ifInstalled(
  'PostgreSQL through oproxy',
  'initdb',
  'postgres',
  'psql',
  'pgbench',
)('PostgreSQL', () => {
  let server: ForeignServer | undefined;
  let port: number;
  beforeAll(async () => {
    const [behind, data] = [await freeTcpPort(), join(folder, 'cluster')];
    await outputOf('initdb', ['-D', data, '-U', 'proof', '--auth=trust', '--no-sync', '--locale=C'], NOBODY);
    const words = ['-D', data, '-p', `${behind}`, '-k', folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'];
    server = new ForeignServer('postgres', words, NOBODY);
    await site.exposed('postgres', behind);
    ({ port } = await site.opened('connect', 'postgres'));
    await until(
      'it answers',
      () =>
        sql('SELECT 1').then(
          () => true,
          () => false,
        ),
      20_000,
    );
  });
  afterAll(() => server?.stop());

  const where = (): string[] => ['-h', '127.0.0.1', '-p', `${port}`, '-U', 'proof'];
  const sql = (...commands: string[]): Promise<Buffer> =>
    outputOf('psql', [
      ...where(),
      '-d',
      'postgres',
      '-XqAt',
      '-v',
      'ON_ERROR_STOP=1',
      ...commands.flatMap((one) => ['-c', one]),
    ]);

  it('takes a million rows and gives them back', async () => {
    await sql('CREATE TABLE t AS SELECT i, md5(i::text) AS h FROM generate_series(1, 1000000) i');
    const copied = await sql('COPY t TO STDOUT');
    const rows = String(copied).trimEnd().split('\n').length;
    expect([rows, copied.length]).toEqual([1_000_000, 5_888_896 + 33_000_000 + 1_000_000]);
    const file = join(folder, 'rows');
    await sql(`\\copy t TO '${file}'`, 'CREATE TABLE u (LIKE t)', `\\copy u FROM '${file}'`);
    expect(String(await sql('SELECT count(*) FROM t NATURAL JOIN u'))).toBe('1000000\n');
  });

  it('says what is wrong, and ends the connection', async () => {
    await expect(sql('SELECT * FROM nowhere')).rejects.toThrow('relation "nowhere" does not exist');
    expect(String(await sql(`SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'`))).toBe(
      '1\n',
    );
  });

  it('serves transactions of 20 clients of pgbench', async () => {
    await outputOf('pgbench', [...where(), '-i', '-q', 'postgres']);
    const text = String(await outputOf('pgbench', [...where(), '-c', '20', '-t', '100', 'postgres']));
    note('pgbench, 20 clients', /tps = [\d.]+/.exec(text)![0]);
    expect(text).toContain('number of transactions actually processed: 2000/2000');
  });
});
