import { readdirSync, readFileSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Irm } from '@ouroboros/irm';
import { openIrm } from '@ouroboros/irm/node';
import { openApiSite, SERVER_NAME, type ApiSite } from './api-site.js';
import { note, timed } from './measure.js';
import { until } from './one-node.js';

jest.setTimeout(180_000);

const GIBIBYTE = 2 ** 30;
const CHUNK = Buffer.alloc(2 ** 20);
/** What irmd may grow by, at its peak, while it is sent 1 GiB that it must not take. */
const BOUND = 64 * 2 ** 20;
const CLIENTS = 200;
const ROUNDS = 2;

let api: ApiSite;
beforeAll(async () => {
  api = await openApiSite({ operate: ['alice'], read: ['bob'], none: ['mallory'] });
  await api.node.irm.createName('precious');
});
afterAll(() => api.site.close());

const statusOf = (key: string): number =>
  Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${api.node.pid}/status`, 'utf8'))?.[1]);
/** The most memory that irmd ever had, in bytes. */
const peak = (): number => statusOf('VmHWM') * 1024;
const openFiles = (): number => readdirSync(`/proc/${api.node.pid}/fd`).length;

/** Writes 1 GiB as fast as it is taken; ends when all is written or nobody takes it any more. Answers what was written. */
function pour(stream: NodeJS.WritableStream & { readonly destroyed: boolean }): Promise<number> {
  let written = 0;
  return new Promise((resolve) => {
    const end = (): void => resolve(written);
    stream.on('close', end).on('error', end);
    const more = (): void => {
      while (written < GIBIBYTE && !stream.destroyed) {
        written += CHUNK.length;
        if (!stream.write(CHUNK)) return void stream.once('drain', more);
      }
      end();
    };
    more();
  });
}

const pem = (caller: string) => {
  const { certificate, key } = api.of(caller);
  return { ca: readFileSync(api.authority), cert: readFileSync(certificate), key: readFileSync(key) };
};

function http2(caller: string): ClientHttp2Session {
  const session = connectHttp2(`https://127.0.0.1:${api.port}`, { ...pem(caller), servername: SERVER_NAME });
  return session.on('error', () => undefined);
}

/** A body without end for a call. */
async function pourInto(caller: string, path: string): Promise<number> {
  const session = http2(caller);
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  const poured = await pour(session.request(headers).resume());
  session.destroy();
  return poured;
}

describe('1 GiB to the API', () => {
  it.each<[string, () => Promise<number>]>([
    ['that is no TLS', () => pour(connectTcp(api.port, '127.0.0.1') as Socket & NodeJS.WritableStream)],
    [
      'with no certificate',
      () => pour(connectTls({ ca: pem('alice').ca, host: '127.0.0.1', port: api.port, servername: SERVER_NAME })),
    ],
    ['with a certificate that may nothing', () => pourInto('mallory', '/ouroboros.irm.v1.Management/NameDestroy')],
    ['with one that may only read', () => pourInto('bob', '/ouroboros.irm.v1.Management/NameDestroy')],
    ['for a service that is not there', () => pourInto('bob', '/ouroboros.flow.v1.Flows/Attach')],
  ])('%s takes no memory and changes nothing', async (what, send) => {
    const before = peak();
    const sent = await send();
    const grown = peak() - before;
    note(`1 GiB ${what}`, `${(sent / 2 ** 20).toFixed(0)} MiB left, irmd grew by ${(grown / 2 ** 20).toFixed(1)} MiB`);
    expect(grown).toBeLessThan(BOUND);
    expect(await api.node.irm.listNames()).toMatchObject([{ name: 'precious' }]);
  });
});

describe(`${CLIENTS} clients at once`, () => {
  it('create and destroy, none is in the way of another, and nothing is left', async () => {
    const files = openFiles();
    const clients = Array.from({ length: CLIENTS }, () =>
      openIrm({
        ...{ node: `127.0.0.1:${api.port}`, serverName: SERVER_NAME, authority: api.authority },
        ...api.of('alice'),
      }),
    );
    const round = async (irm: Irm, i: number): Promise<void> => {
      const name = `name-${i}`;
      await irm.createName(name);
      await irm.bindProgram('/bin/cat', name, { auto: true });
      await irm.createName('shared');
      await irm.destroyName(name);
    };
    await Promise.all(clients.map((irm) => irm.status()));
    await Promise.all(clients.map(round));
    const before = statusOf('VmRSS');
    const tookMs = await timed(async () => {
      for (let i = 0; i < ROUNDS; i++) await Promise.all(clients.map(round));
    });
    const grownKb = statusOf('VmRSS') - before;
    note(
      `${CLIENTS} clients, ${ROUNDS * 4 * CLIENTS} calls`,
      `${(tookMs / 1000).toFixed(1)} s, irmd grew by ${grownKb} kB`,
    );
    expect(grownKb).toBeLessThan(BOUND / 1024);
    for (const irm of clients) irm.close();
    await until('all connections are closed', () => openFiles() <= files);
    expect((await api.node.irm.listNames()).map(({ name }) => name)).toEqual(['precious', 'shared']);
    expect(await api.node.irm.status()).toMatchObject({ ready: true });
  });

  it('make one and the same IPCP once, and an IPCP is there or not', async () => {
    const clients = Array.from({ length: 20 }, () => openIrm({ runtimeDir: api.node.plan.runtimeDir }));
    const made = await Promise.all(clients.map((irm) => irm.createIpcp('one', 'local')));
    expect(new Set(made.map(({ pid }) => pid)).size).toBe(1);
    const joined = await Promise.all(
      clients.map(({ management }) =>
        management.ipcpBootstrap({ name: 'one', layer: 'loop', config: {}, autobind: false }),
      ),
    );
    expect(new Set(joined.map(({ layer }) => layer))).toEqual(new Set(['loop']));
    await Promise.allSettled(clients.map((irm) => irm.destroyIpcp('one')));
    expect(await api.node.irm.listIpcps()).toEqual([]);
    for (const irm of clients) irm.close();
  });
});
