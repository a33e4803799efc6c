import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { FlowEnd } from '@ouroboros/ports';
import { closeDescriptor, listenUnix, loadNative } from '../native/index.js';
import { encodeHello, encodeMessage, MessageType } from './channel-message.js';
import { createChannelHost, type NodeChannelHost } from './create-channel-host.js';
import { MAX_EXPECTED, ShmChannelHost, StreamChannelHost, type ChannelHostOptions } from './index.js';
import { KEPT_SLOTS } from './slot-memory.js';

const kinds = [
  ['shm', async (options: ChannelHostOptions): Promise<NodeChannelHost> => new ShmChannelHost(options)],
  ['stream', (options: ChannelHostOptions): Promise<NodeChannelHost> => StreamChannelHost.open(options)],
] as const;

let directory = '';
let used = 0;
const newPath = (): string => join(directory, `${(used += 1)}`);
const newTicket = (): Uint8Array => new Uint8Array(16).fill((used += 1));
const uid = process.getuid!();

beforeAll(async () => {
  await loadNative();
  directory = mkdtempSync(join(tmpdir(), 'ouro-handshake-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within 10 s: ${String(condition)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Resolves to whatever the other side sent, when it has hung up. */
async function sayAndListen(path: string, bytes: Uint8Array): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  const socket = connect({ path, allowHalfOpen: true });
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => socket.destroy());
  socket.write(bytes);
  await new Promise<void>((resolve) => socket.once('end', resolve).once('close', () => resolve()));
  socket.destroy();
  return Buffer.concat(chunks);
}

const holdings = (): number[] => [
  readdirSync('/proc/self/fd').length,
  readFileSync('/proc/self/maps', 'utf8').split('memfd:ouroboros').length - 1,
];

describe.each(kinds)('a channel host of kind %s', (kind, open) => {
  it('makes a socket for its user alone, and removes it', async () => {
    const path = newPath();
    const host = await open({ path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    host.close();
    host.close();
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('refuses impossible options by name', async () => {
    const refused = (options: ChannelHostOptions): Promise<unknown> =>
      (async () => open(options))().catch((error: { code: string; field: string }) => `${error.code} ${error.field}`);
    expect(await refused({ path: `/tmp/${'x'.repeat(103)}` })).toBe('EINVAL path');
    expect(await refused({ path: '' })).toBe('EINVAL path');
    expect(await refused({ ringBytes: 5000 })).toBe('EINVAL ringBytes');
    expect(await refused({ ringBytes: 2048 })).toBe('EINVAL ringBytes');
    expect(await refused({ spinLooks: -1 })).toBe('EINVAL spinLooks');
    expect(await refused({ handshakeMs: 0 })).toBe('EINVAL handshakeMs');
    process.env['OUROBOROS_SPIN'] = 'fast';
    expect(await refused({})).toBe('EINVAL OUROBOROS_SPIN');
    delete process.env['OUROBOROS_SPIN'];
    // libuv calls a directory that is not there EACCES.
    expect(await refused({ path: '/tmp/no/such/directory' })).toBe(
      kind === 'shm' ? 'ENOENT undefined' : 'EACCES undefined',
    );
  });

  it('takes the longest path that the system allows', async () => {
    const path = join(directory, 'x'.repeat(107)).slice(0, 107);
    const host = await open({ path });
    const client = await open({});
    const ticket = newTicket();
    host.expect(ticket);
    expect((await client.attach(path, ticket)).down).toBeNull();
    await expect(client.attach(`${path}x`, ticket)).rejects.toMatchObject({ code: 'EINVAL', field: 'path' });
    client.close();
    host.close();
  });

  it('takes the place of a dead process, not of a living one or of a file', async () => {
    const stale = newPath();
    closeDescriptor(listenUnix(stale, 0o600)!);
    expect(statSync(stale).isSocket()).toBe(true);
    const host = await open({ path: stale });
    await expect((async () => open({ path: stale }))()).rejects.toMatchObject({ code: 'EEXIST' });
    const file = newPath();
    writeFileSync(file, 'precious');
    await expect((async () => open({ path: file }))()).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(file, 'utf8')).toBe('precious');
    host.close();
  });

  it('hangs up on garbage of any kind, and serves others meanwhile', async () => {
    const host = await open({ path: newPath() });
    const client = await open({});
    const hello = encodeHello(kind);
    const message = fc.tuple(fc.nat(255), fc.nat(65_535), fc.nat(0xffff_ffff), fc.uint8Array({ maxLength: 40 }));
    const garbage = fc.oneof(
      fc.uint8Array({ minLength: 8, maxLength: 64 }),
      fc
        .array(message, { minLength: 1 })
        .map((all) =>
          Buffer.concat([
            hello,
            ...all.map(([type, slot, value, rest]) => encodeMessage(type, slot, value, rest)),
            Buffer.alloc(99, 0xff),
          ]),
        ),
    );
    await fc.assert(
      fc.asyncProperty(garbage, async (bytes) => {
        await sayAndListen(host.path!, bytes);
      }),
      { numRuns: 60 },
    );
    expect(host.counters.badHandshakes).toBeGreaterThan(0);
    const ticket = newTicket();
    host.expect(ticket);
    expect((await client.attach(host.path!, ticket)).down).toBeNull();
    client.close();
    host.close();
  });

  it('hangs up on who says nothing in time', async () => {
    const host = await open({ path: newPath(), handshakeMs: 30 });
    await sayAndListen(host.path!, new Uint8Array(0));
    await sayAndListen(host.path!, encodeHello(kind));
    expect(host.counters.badHandshakes).toBe(2);
    host.close();
  });

  it('gives up on a process that does not answer, or is gone meanwhile', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket));
    const path = newPath();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const client = await open({ handshakeMs: 30 });
    await expect(client.attach(path, newTicket())).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const patient = await open({});
    const pending = patient.attach(path, newTicket());
    await until(() => sockets.length === 2);
    sockets[1]!.destroy();
    await expect(pending).rejects.toMatchObject({ code: 'EPIPE' });
    sockets.forEach((socket) => socket.destroy());
    server.close();
    client.close();
    patient.close();
  });

  it('reads messages in pieces of any size', async () => {
    const host = await open({ path: newPath() });
    const ticket = newTicket();
    host.expect(ticket);
    const socket = connect(host.path!);
    const answer: number[] = [];
    socket.on('data', (chunk: Buffer) => answer.push(...chunk));
    for (const byte of [...encodeHello(kind), ...encodeMessage(MessageType.ATTACH, 0, 0, ticket)]) {
      socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => answer.length >= 16);
    expect(answer.slice(0, 9)).toEqual([...encodeHello(kind), MessageType.ATTACHED]);
    socket.destroy();
    host.close();
  });

  it('opens and closes 1000 flows on one connection and holds only the memory that its next flows use', async () => {
    const host = await open({ path: newPath(), ringBytes: 16_384 });
    const client = await open({});
    const openFlow = async (): Promise<FlowEnd[]> => {
      const ticket = new Uint8Array(16);
      new DataView(ticket.buffer).setUint32(0, (used += 1));
      const a = host.expect(ticket);
      const b = await client.attach(host.path!, ticket);
      a.write(ticket, 16, ticket, 0, 0);
      b.write(ticket, 16, ticket, 0, 0);
      return [a, b];
    };
    const first = await openFlow();
    const before = holdings();
    for (let round = 0; round < 10; round++) {
      const flows = await Promise.all(Array.from({ length: 100 }, openFlow));
      for (const [a, b] of flows) {
        (round % 2 === 0 ? a : b)!.close();
        (round % 2 === 0 ? b : a)!.close();
      }
    }
    const [files, maps] = before as [number, number];
    const kept = kind === 'shm' ? 2 * (KEPT_SLOTS - 1) : 0;
    await until(() => holdings().join() === [files, maps + kept].join());
    expect(first.map((end) => end.down)).toEqual([null, null]);
    first.forEach((end) => end.close());
    client.close();
    host.close();
  });

  it('finds everything of one flow gone when the next one comes', async () => {
    const host = await open({ path: newPath(), ringBytes: 4096 });
    const client = await open({});
    const seen: number[][] = [];
    for (let round = 1; round <= 40; round += 1) {
      const ticket = newTicket();
      const a = host.expect(ticket);
      const packet = new Uint8Array(100 + round).fill(round);
      // Of each pair one packet is read, so that some bytes are left in the memory; the first waits for the other side.
      a.write(packet, packet.length, packet, 0, 0);
      const b = await client.attach(host.path!, ticket);
      a.write(packet, packet.length, packet, 0, 0);
      b.write(packet, packet.length, packet, 0, 0);
      const read = (end: FlowEnd): void => {
        end.read(1, (buffer, offset, length) => seen.push([buffer[offset]!, length]) > 0);
      };
      await until(() => a.queuedRx() === 1 && b.queuedRx() === 2);
      read(a);
      read(b);
      expect(seen.splice(0)).toEqual([
        [round, 100 + round],
        [round, 100 + round],
      ]);
      (round % 2 === 0 ? a : b).close();
      (round % 2 === 0 ? b : a).close();
    }
    client.close();
    host.close();
  });

  it('hangs up when no flow was open for a while, and gives everything back', async () => {
    const before = holdings();
    const host = await open({ path: newPath() });
    const client = await open({});
    const listening = holdings();
    const ticket = newTicket();
    const a = host.expect(ticket);
    const b = await client.attach(host.path!, ticket);
    b.close();
    a.close();
    await until(() => holdings().join() === listening.join());
    client.close();
    host.close();
    await until(() => holdings().join() === before.join());
  });

  it('bounds the flows that wait for their other side', async () => {
    const host = await open({ path: newPath(), ringBytes: 4096, handshakeMs: 50 });
    const before = holdings();
    const ends: FlowEnd[] = [];
    const ticket = new Uint8Array(16);
    const next = (): FlowEnd => {
      new DataView(ticket.buffer).setUint32(0, (used += 1));
      return host.expect(ticket);
    };
    try {
      for (;;) ends.push(next());
    } catch (error) {
      expect(error).toMatchObject({ code: 'EBUSY' });
    }
    expect(ends).toHaveLength(MAX_EXPECTED);
    ends.forEach((end) => end.close());
    await host.settled();
    expect(holdings().every((held, i) => held <= before[i]!)).toBe(true);
    host.close();
  });

  it('keeps a flow that was closed before its other side came no longer than a handshake lasts', async () => {
    const host = await open({ path: newPath(), ringBytes: 4096, handshakeMs: 50 });
    const client = await open({});
    const before = holdings();
    const ticket = newTicket();
    host.expect(ticket).close();
    await host.settled();
    expect(holdings().every((held, i) => held <= before[i]!)).toBe(true);
    await expect(client.attach(host.path!, ticket)).rejects.toMatchObject({ code: 'EPERM' });
    client.close();
    host.close();
  });

  it('has nothing to do while nothing happens', async () => {
    const host = await open({ path: newPath() });
    const client = await open({});
    const ticket = newTicket();
    const a = host.expect(ticket);
    const b = await client.attach(host.path!, ticket);
    let read = 0;
    b.onReadable = () => (read += b.read(10, () => true));
    a.write(ticket, 16, ticket, 0, 0);
    const idle = (): boolean => !process.getActiveResourcesInfo().includes('Immediate');
    const isIdle = (): Promise<boolean> => new Promise((resolve) => setTimeout(() => resolve(idle()), 1));
    await until(() => read === 1);
    while (!(await isIdle())) continue;
    a.write(ticket, 16, ticket, 0, 0);
    await until(() => read === 2);
    client.close();
    host.close();
  });
});

describe('channel hosts', () => {
  it('say so when the two sides are of different kinds', async () => {
    for (const [server, client] of [kinds, [kinds[1], kinds[0]]] as const) {
      const host = await server[1]({ path: newPath() });
      const other = await client[1]({});
      const ticket = newTicket();
      const end = host.expect(ticket);
      await expect(other.attach(host.path!, ticket)).rejects.toMatchObject({
        code: 'ENOTSUP',
        message: expect.stringContaining('OUROBOROS_CHANNEL') as string,
      });
      expect(end.down).toBeNull();
      other.close();
      host.close();
    }
  });

  it('let only the expected user attach, as the kernel says', async () => {
    const host = new ShmChannelHost({ path: newPath() });
    const client = new ShmChannelHost({});
    const ticket = newTicket();
    host.expect(ticket, { uid: uid + 1 });
    await expect(client.attach(host.path!, ticket)).rejects.toMatchObject({ code: 'EPERM' });
    expect(host.counters.refusedUsers).toBe(1);
    const own = newTicket();
    host.expect(own, { uid });
    expect((await client.attach(host.path!, own)).down).toBeNull();
    client.close();
    host.close();
  });

  it('refuse over streams what streams cannot prove', async () => {
    await expect(StreamChannelHost.open({ path: newPath(), gid: 0 })).rejects.toMatchObject({
      code: 'ENOTSUP',
      field: 'gid',
    });
    const host = await StreamChannelHost.open({ path: newPath() });
    expect(() => host.expect(newTicket(), { uid: uid + 1 })).toThrow('cannot prove another user');
    expect(host.expect(newTicket(), { uid }).down).toBeNull();
    host.close();
  });

  it('let a group in when told', () => {
    const path = newPath();
    const host = new ShmChannelHost({ path, gid: process.getgid!() });
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(statSync(path).gid).toBe(process.getgid!());
    host.close();
  });

  it('are of the kind that the environment asks for', async () => {
    const kindOf = async (value?: string): Promise<string> => {
      if (value !== undefined) process.env['OUROBOROS_CHANNEL'] = value;
      const made = createChannelHost().then(
        (host) => host.constructor.name,
        (error: { code: string; field: string }) => `${error.code} ${error.field}`,
      );
      return made.finally(() => delete process.env['OUROBOROS_CHANNEL']);
    };
    expect(await kindOf()).toBe('ShmChannelHost');
    expect(await kindOf('shm')).toBe('ShmChannelHost');
    expect(await kindOf('stream')).toBe('StreamChannelHost');
    expect(await kindOf('pigeon')).toBe('EINVAL OUROBOROS_CHANNEL');
  });
});
