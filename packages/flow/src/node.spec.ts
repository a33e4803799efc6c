import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { QOS_DATA, QOS_RAW } from '@ouroboros/model';
import { channelPath } from '@ouroboros/node-runtime';
import { Daemon } from '../spec/daemon.spec.js';
import { OURS } from '../spec/joined-flows.spec.js';
import { bytesOf, codeOf, textOf } from '../spec/two-hosts.spec.js';
import { connect, createServer, flowDealloc, openFlows, type Flow, type Flows } from './node.js';

describe('flows on Node', () => {
  let daemon: Daemon;
  const opened: Flows[] = [];
  beforeEach(() => {
    daemon = new Daemon();
  });
  afterEach(async () => {
    for (const flows of opened.splice(0)) await flows.close();
    daemon.clean();
  });

  function flows(): Flows {
    const user = openFlows({ runtimeDir: daemon.dir });
    opened.push(user);
    return user;
  }

  async function joined(server: Flows, client: Flows): Promise<[Flow, Flow]> {
    const accepted = server.accept();
    await daemon.exchange.accepting();
    return Promise.all([client.alloc('hello'), accepted]);
  }

  it('join two users of a daemon over the channel of this machine', async () => {
    await daemon.start();
    const [client, server] = await joined(flows(), flows());
    await client.write(bytesOf('question'));
    expect(textOf(await server.read({ timeoutMs: 1000 }))).toBe('question');
    await server.write(bytesOf('answer'));
    await flowDealloc(server);
    expect(textOf(await client.read({ timeoutMs: 1000 }))).toBe('answer');
    expect(await codeOf(client.read({ timeoutMs: 1000 }))).toBe('EFLOWDOWN');
    expect(client).toMatchObject({ name: 'hello', qos: QOS_RAW });
  });

  it('announce the script that runs and where it listens', async () => {
    await daemon.start();
    await flows().ready();
    expect(daemon.announcements[0]).toEqual({
      pid: process.pid,
      program: process.argv[1],
      args: process.argv.slice(2),
      channelPath: channelPath(daemon.dir, process.pid),
      flows: [],
    });
  });

  it('listen only once they accept, and detach when nothing is open and nobody waits', async () => {
    await daemon.start();
    const socket = channelPath(daemon.dir, process.pid);
    const [serverFlows, clientFlows] = [flows(), flows()];
    await clientFlows.ready();
    expect(existsSync(socket)).toBe(false);
    const [client, server] = await joined(serverFlows, clientFlows);
    expect(existsSync(socket)).toBe(true);
    await flowDealloc(client);
    await daemon.attachments(1);
    await flowDealloc(server);
    await daemon.attachments(0);
    expect(existsSync(socket)).toBe(false);
    const [again] = await joined(serverFlows, clientFlows);
    expect(again.down).toBeNull();
  });

  it('say at once that there is no IRM daemon', async () => {
    const user = flows();
    expect(await codeOf(user.alloc('hello'))).toBe('EIRMD');
    expect(await codeOf(user.accept())).toBe('EIRMD');
    expect(await codeOf(user.ready())).toBe('EIRMD');
  });

  it('end a call by its signal with the reason of the signal', async () => {
    await daemon.start();
    const user = flows();
    const abort = new AbortController();
    const waiting = codeOf(user.accept({ signal: abort.signal }));
    await daemon.exchange.accepting();
    abort.abort(new Error('enough'));
    expect(await waiting).toBe('Error: enough');
    expect(await codeOf(user.alloc('hello', { signal: abort.signal }))).toBe('Error: enough');
  });

  it('tell a daemon that was restarted what they hold, and go on accepting', async () => {
    await daemon.start();
    const [serverFlows, clientFlows] = [flows(), flows()];
    const [client, server] = await joined(serverFlows, clientFlows);
    const accepting = serverFlows.accept();
    await daemon.exchange.accepting();
    daemon.stop();
    await daemon.attachments(0);
    await client.write(bytesOf('still here'));
    expect(textOf(await server.read({ timeoutMs: 1000 }))).toBe('still here');
    daemon.announcements.length = 0;
    await daemon.start();
    await daemon.attachments(2);
    const held = daemon.announcements.flatMap(({ flows }) => flows);
    expect(held.map(({ flowId, allocated }) => [flowId, allocated]).sort()).toEqual([
      [client.id, false],
      [client.id, true],
    ]);
    await daemon.exchange.accepting();
    const second = await clientFlows.alloc('hello');
    expect((await accepting).id).toBe(second.id);
  });

  it('hear from the daemon that a flow has ended', async () => {
    await daemon.start();
    const [client] = await joined(flows(), flows());
    const reading = codeOf(client.read());
    for (const session of daemon.sessions) session.flowDown(client.id);
    expect(await reading).toBe('EFLOWDOWN');
  });

  it('are streams, for those who want them', async () => {
    await daemon.start();
    daemon.exchange.features = OURS;
    const server = createServer({ flows: flows() }, (stream) => stream.pipe(stream));
    await once(server.listen(), 'listening');
    let connected = false;
    await daemon.exchange.accepting();
    const stream = connect('hello', { flows: flows() }, () => (connected = true));
    let text = '';
    stream.on('data', (chunk) => (text += String(chunk)));
    stream.end('there and back');
    expect(await once(stream, 'close')).toEqual([false]);
    expect([text, connected, stream.name]).toEqual(['there and back', true, 'hello']);
    expect(daemon.exchange.requests[0]).toMatchObject({ name: 'hello', qos: QOS_DATA, timeoutMs: 20_000 });
    await once(server.close(), 'close');
  });

  it('refuse to deallocate what is no flow', async () => {
    expect(await codeOf(flowDealloc({} as Flow))).toBe('EBADF');
  });
});
