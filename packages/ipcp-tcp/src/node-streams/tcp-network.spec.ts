import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeClock } from '@ouroboros/node-runtime';
import { openPki, Places } from '@ouroboros/pki';
import type { StreamConnection, StreamListener, TlsFiles } from '../stream-network.js';
import { TcpNetwork } from './tcp-network.js';

const HOST = '127.0.0.1';
const network = new TcpNetwork();
const listeners: StreamListener[] = [];
const streams: StreamConnection[] = [];
let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'o7tcp-'))));
afterEach(() => {
  for (const one of [...streams.splice(0), ...listeners.splice(0)]) one.close();
  rmSync(dir, { recursive: true });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, HOST, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Both ends of a connection. */
async function connect(
  server: TlsFiles | null,
  client: TlsFiles | null,
): Promise<[StreamConnection, StreamConnection]> {
  const at = { host: HOST, port: await freePort() };
  const accepted = new Promise<StreamConnection>((resolve, reject) => {
    network.listen(at, server, resolve).then((listener) => listeners.push(listener), reject);
  });
  await new Promise((resolve) => setImmediate(resolve));
  const dialed = await network.dial(at, client);
  streams.push(dialed);
  // TLS 1.3: a client that is refused learns so only after its own handshake is done.
  const end = new Promise<never>((_, reject) => (dialed.onEnd = (why) => reject(new Error(why))));
  const ends: [StreamConnection, StreamConnection] = [dialed, await Promise.race([accepted, end])];
  streams.push(ends[1]);
  return ends;
}

/** Certificates as `irm pki` makes them: an authority, one for the name hub, one for who calls it. */
async function certificates(folder = 'a'): Promise<{ hub: TlsFiles; spoke: TlsFiles }> {
  const conf = join(dir, folder);
  const pki = await openPki(new Places(conf), new NodeClock());
  await pki.init({ name: 'lab' });
  await pki.issue({ name: 'hub', roles: ['server', 'client'], as: 'spoke' });
  const security = join(conf, 'security');
  const of = (role: string): TlsFiles['own'] => ({
    cert: join(security, role, 'hub', 'crt.pem'),
    key: join(security, role, 'hub', 'key.pem'),
  });
  const ca = join(security, 'cacert', 'lab.pem');
  return {
    hub: { own: of('server'), ca, name: null, pin: null },
    spoke: { own: of('client'), ca, name: 'hub', pin: null },
  };
}

const text = (stream: StreamConnection, length: number): Promise<string> =>
  new Promise((resolve) => {
    let got = '';
    stream.onData = (bytes) => {
      got += Buffer.from(bytes).toString();
      if (got.length >= length) resolve(got);
    };
  });

async function talk([a, b]: [StreamConnection, StreamConnection]): Promise<void> {
  const heard = Promise.all([text(a, 5), text(b, 5)]);
  a.write(Buffer.from('hello'));
  b.write(Buffer.from('world'));
  expect(await heard).toEqual(['world', 'hello']);
  const ended = new Promise((resolve) => (b.onEnd = resolve));
  a.close();
  expect(await ended).toBe('the other side ended the connection');
}

describe('streams over TCP', () => {
  it('carry bytes both ways, and their end', async () => talk(await connect(null, null)));

  it('hold a writer whose reader takes nothing, and tell when there is room', async () => {
    const [a, b] = await connect(null, null);
    const drained = new Promise<void>((resolve) => (a.onDrain = resolve));
    let sent = 0;
    const chunk = (): Uint8Array => new Uint8Array(65_536);
    while (a.write(chunk())) sent += 1;
    let got = 0;
    b.onData = (bytes) => (got += bytes.length);
    await drained;
    a.close();
    await new Promise((resolve) => (b.onEnd = resolve));
    expect(got).toBe((sent + 1) * 65_536);
  });

  it('say what is wrong with a place', async () => {
    const at = { host: HOST, port: await freePort() };
    await expect(network.dial(at, null)).rejects.toThrow('ECONNREFUSED');
    listeners.push(await network.listen(at, null, () => undefined));
    await expect(network.listen(at, null, () => undefined)).rejects.toMatchObject({ code: 'EEXIST', field: 'listen' });
    const elsewhere = { host: '192.0.2.1', port: at.port };
    await expect(network.listen(elsewhere, null, () => undefined)).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

describe('streams over TLS', () => {
  it('show certificates that irm pki made, each side to the other', async () => {
    const { hub, spoke } = await certificates();
    await network.check(hub);
    await talk(await connect(hub, spoke));
    await talk(await connect({ ...hub, ca: null }, { ...spoke, own: null }));
  });

  it('refuse another name, another authority, and a caller without certificate', async () => {
    const { hub, spoke } = await certificates();
    await expect(connect(hub, { ...spoke, name: 'other' })).rejects.toThrow(/does not match/);
    await expect(connect(hub, { ...spoke, ca: null })).rejects.toThrow(/self-signed certificate|unable to/);
    await expect(connect(hub, { ...spoke, own: null })).rejects.toThrow(/certificate required/);
  });

  it('need no authority where the key is known, and take no other key', async () => {
    const { hub } = await certificates();
    const other = await certificates('b');
    const pinned = (pin: string): TlsFiles => ({ own: null, ca: null, name: null, pin });
    const open = { ...hub, ca: null };
    const pin = network.ownPin(open)!;
    expect(pin).toMatch(/^[0-9a-f]{32}$/);
    await talk(await connect(open, pinned(pin)));
    const wrong = pinned(network.ownPin(other.hub)!);
    await expect(connect(open, wrong)).rejects.toThrow('has another key than the pin says');
    await expect(connect(hub, pinned(pin))).rejects.toThrow(/certificate required/);
    expect(network.ownPin({ ...open, own: null })).toBeNull();
    rmSync(hub.own!.cert);
    expect(network.ownPin(open)).toBeNull();
  });

  it('read the files again at each connection, and go on with the former while they are broken', async () => {
    const { hub, spoke } = await certificates();
    const at = { host: HOST, port: await freePort() };
    const accepted: StreamConnection[] = [];
    listeners.push(await network.listen(at, hub, (stream) => accepted.push(stream)));
    const other = await certificates('b');
    writeFileSync(hub.own!.key, 'no key');
    streams.push(await network.dial(at, spoke));
    for (const file of ['cert', 'key'] as const) copyFileSync(other.hub.own![file], hub.own![file]);
    streams.push(await network.dial(at, { ...spoke, ca: other.hub.ca }));
    await expect(network.dial(at, spoke)).rejects.toThrow(/self-signed|signature failure|unable to/);
  });

  it.each(['cert', 'key', 'ca'])('name the file that cannot be used: %s', async (field) => {
    const { hub } = await certificates();
    const path = field === 'ca' ? hub.ca! : hub.own![field as 'cert' | 'key'];
    writeFileSync(path, field === 'ca' ? '' : 'nothing');
    if (field !== 'ca') await expect(network.check(hub)).rejects.toMatchObject({ code: 'EINVAL', field });
    rmSync(path);
    await expect(network.check(hub)).rejects.toMatchObject({ code: 'EINVAL', field });
  });
});
