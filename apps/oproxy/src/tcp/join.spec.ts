import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { QOS_DATA } from '@ouroboros/model';
import { FlowStream } from '@ouroboros/flow/node';
import { OURS, joinedFlows } from '../../../../packages/flow/spec/joined-flows.spec.js';
import { join } from './join.js';

/** A program's end of a TCP connection, and ours. */
async function connection(): Promise<[program: Socket, ours: Socket]> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const program = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [ours] = (await once(server, 'connection')) as [Socket];
  server.close();
  return [program, ours];
}

interface Joined {
  /** The programs at both ends. */
  readonly client: Socket;
  readonly server: Socket;
  readonly ours: readonly [Socket, Socket];
  readonly streams: readonly [FlowStream, FlowStream];
  /** How both joints ended: the code of the failure. */
  readonly ended: Promise<(string | null)[]>;
}

/** client ─ TCP ─ joint ─ flow ─ joint ─ TCP ─ server */
async function joined(features = OURS): Promise<Joined> {
  const [[client, near], [server, far], flows] = await Promise.all([
    connection(),
    connection(),
    joinedFlows(1, { qos: QOS_DATA, features }),
  ]);
  const options = { allowHalfOpen: true };
  const streams = [new FlowStream(flows[0], options), new FlowStream(flows[1], options)] as const;
  const codes = Promise.all([join(near, streams[0]), join(far, streams[1])]).then((failures) =>
    failures.map((failure) => (failure as NodeJS.ErrnoException | null)?.code ?? null),
  );
  return { client, server, ours: [near, far], streams, ended: codes };
}

async function textOf(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  await once(socket, 'end');
  return text;
}

describe('a connection joined to a flow', () => {
  it('passes on the end of writing alone, in either direction', async () => {
    const { client, server, ended } = await joined();
    client.end('question');
    expect(await textOf(server)).toBe('question');
    server.end('answer');
    expect(await textOf(client)).toBe('answer');
    expect(await ended).toEqual([null, null]);
  });

  it('carries the end of the server first', async () => {
    const { client, server, ended } = await joined();
    server.end('banner');
    expect(await textOf(client)).toBe('banner');
    client.end('late question');
    expect(await textOf(server)).toBe('late question');
    expect(await ended).toEqual([null, null]);
  });

  it('passes a reset on as a reset', async () => {
    const { client, server, ended } = await joined();
    server.write('x');
    await once(client, 'data');
    const failed = once(client, 'error') as Promise<[NodeJS.ErrnoException]>;
    server.resetAndDestroy();
    expect((await failed)[0].code).toBe('ECONNRESET');
    expect(await ended).toEqual(['EFLOWDOWN', 'ECONNRESET']);
  });

  it('resets both connections when the flow fails', async () => {
    const { client, server, streams, ended } = await joined();
    const failed = Promise.all([once(client, 'error'), once(server, 'error')]);
    client.resume();
    server.resume();
    streams[0].destroy();
    await failed;
    expect(await ended).toEqual([null, 'EFLOWDOWN']);
  });

  it('holds the sender back while nobody reads, and then brings every byte', async () => {
    const { client, server, streams } = await joined();
    const chunk = Buffer.alloc(100_000, 1);
    let written = 0;
    const push = async (): Promise<void> => {
      for (;;) {
        written += chunk.length;
        if (client.write(chunk)) continue;
        if (!(await Promise.race([once(client, 'drain'), pause(400)]))) return;
      }
    };
    await push();
    // What the flow, two streams and the kernel hold.
    expect(streams[0].bytesWritten).toBeLessThan(12_000_000);
    let read = 0;
    server.on('data', ({ length }: Buffer) => (read += length));
    client.end();
    await once(server, 'end');
    expect(read).toBe(written);
    server.end();
  });

  it('ends both directions at the first end where the flow cannot tell one', async () => {
    const { client, server, ended } = await joined(0);
    client.write('question');
    await once(server, 'data');
    server.end('answer');
    expect(await textOf(client)).toBe('answer');
    client.end();
    expect(await ended).toEqual([null, null]);
  });
});
