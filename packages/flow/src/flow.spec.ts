import { TwoHosts, bytesOf, codeOf, textOf, thrownBy } from '../spec/two-hosts.spec.js';
import type { Flow } from './flow.js';

const readText = async (flow: Flow): Promise<string> => textOf(await flow.read());

/** Fills the queue of a flow that nobody reads, up to the last byte. */
function fill(flow: Flow): number {
  let packets = 0;
  while (flow.tryWrite(bytesOf('x'))) packets += 1;
  return packets;
}

describe('reading and writing', () => {
  it('carry packets both ways, one write being one read', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    expect(await net.resolve(client.write(bytesOf('question')))).toBe(8);
    await net.resolve(client.write(bytesOf('another')));
    expect(await net.resolve(readText(server))).toBe('question');
    await net.resolve(server.write(bytesOf('answer')));
    expect(await net.resolve(readText(client))).toBe('answer');
    expect(await net.resolve(readText(server))).toBe('another');
  });

  it('wait: reads for packets in the order of the calls, writes for room', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows({ timeout: 0 });
    const reads = Promise.all([readText(server), readText(server)]);
    await net.run(5);
    client.tryWrite(bytesOf('one'));
    client.tryWrite(bytesOf('two'));
    expect(await net.resolve(reads)).toEqual(['one', 'two']);

    const queued = fill(client);
    const writes = Promise.all([client.write(bytesOf('first')), client.write(bytesOf('second'))]);
    expect(client.tryWrite(bytesOf('pushes in'))).toBe(false);
    const got: string[] = [];
    while (got.length < queued + 2) got.push(await net.resolve(readText(server)));
    await net.resolve(writes);
    expect(got.slice(queued)).toEqual(['first', 'second']);
  });

  it('give up after the time of the call or of the flow', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows({ timeout: 0 });
    const start = net.clock.now();
    expect(await net.resolve(codeOf(server.read({ timeoutMs: 30 })))).toBe('ETIMEDOUT');
    expect(net.clock.now() - start).toBe(30_000);
    expect(await codeOf(server.read({ timeoutMs: 0 }))).toBe('ETIMEDOUT');
    server.rcvTimeoutMs = 50;
    expect(await net.resolve(codeOf(server.readInto(new Uint8Array(1))))).toBe('ETIMEDOUT');
    expect(net.clock.now() - start).toBe(80_000);
    fill(client);
    client.sndTimeoutMs = 20;
    expect(await net.resolve(codeOf(client.write(bytesOf('x'))))).toBe('ETIMEDOUT');
  });

  it('end with the reason of an aborted signal, before and while they wait, and lose nothing', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    const abort = new AbortController();
    const waiting = codeOf(server.read({ signal: abort.signal }));
    await net.run(1);
    abort.abort('enough');
    expect(await waiting).toBe('enough');
    client.tryWrite(bytesOf('kept'));
    await net.run(1);
    expect(await codeOf(server.read({ signal: abort.signal }))).toBe('enough');
    expect(await net.resolve(readText(server))).toBe('kept');
  });

  it('do not wait in non-blocking mode', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows({ timeout: 0 });
    server.readNoBlock = true;
    expect(await codeOf(server.read())).toBe('EAGAIN');
    expect(server.tryRead()).toBeUndefined();
    client.writeNoBlock = true;
    expect(await client.write(bytesOf('x'))).toBe(1);
    fill(client);
    expect(await codeOf(client.write(bytesOf('x')))).toBe('EAGAIN');
    await net.run(1);
    expect(await readText(server)).toBe('x');
  });

  it('read past keep-alives', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    const reading = readText(server);
    await net.resolve(client.write(new Uint8Array(0)));
    await net.run(5);
    client.tryWrite(bytesOf('data'));
    expect(await net.resolve(reading)).toBe('data');
  });

  it('refuse the direction that is switched off, wrong arguments and packets that are too long', async () => {
    const net = new TwoHosts();
    const [client] = await net.flows();
    client.access = 'read';
    expect(await codeOf(client.write(bytesOf('x')))).toBe('EPERM');
    client.access = 'write';
    expect(await codeOf(client.read())).toBe('EPERM');
    expect(await codeOf(client.readInto(new Uint8Array(0)))).toBe('EINVAL');
    client.access = 'both';
    expect(await codeOf(client.read({ timeoutMs: NaN }))).toBe('EINVAL');
    expect(await codeOf(client.write(new Uint8Array(client.maxPacket + 1)))).toBe('EMSGSIZE');
    net.exchange.layerPacket = 100;
    const [bounded] = await net.flows();
    expect(await codeOf(bounded.write(new Uint8Array(101)))).toBe('EMSGSIZE');
    expect(await codeOf(bounded.write(new Uint8Array(100)))).toBe('resolved');
    expect(await codeOf(client.write('text' as unknown as Uint8Array))).toBe('EINVAL');
  });
});

describe('the end of a flow', () => {
  it('comes to the other side after what was written: EFLOWDOWN', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    const writing = codeOf(client.write(bytesOf('last words')));
    await net.resolve(client.dealloc());
    expect(await writing).toBe('resolved');
    expect(await net.resolve(readText(server))).toBe('last words');
    expect(await net.resolve(codeOf(server.read()))).toBe('EFLOWDOWN');
    expect(await codeOf(server.write(bytesOf('x')))).toBe('EFLOWDOWN');
    expect(thrownBy(() => server.tryRead())).toBe('EFLOWDOWN');
    expect(server.downEvent).toBe('DEALLOC');
  });

  it('wakes calls that wait: here with ENOTALLOC, at the other side with EFLOWDOWN', async () => {
    const net = new TwoHosts();
    const [client] = await net.flows({ timeout: 0 });
    fill(client);
    const [read, write] = [codeOf(client.read()), codeOf(client.write(bytesOf('x')))];
    await net.run(5);
    await net.resolve(client.dealloc());
    expect(await Promise.all([read, write])).toEqual(['ENOTALLOC', 'ENOTALLOC']);
    const [near, far] = await net.flows();
    fill(far);
    const [farRead, farWrite] = [codeOf(far.read()), codeOf(far.write(bytesOf('x')))];
    await net.run(5);
    await net.resolve(near.dealloc());
    expect(await net.resolve(Promise.all([farRead, farWrite]))).toEqual(['EFLOWDOWN', 'EFLOWDOWN']);
    expect(await codeOf(client.read())).toBe('ENOTALLOC');
    expect(await codeOf(client.dealloc())).toBe('resolved');
  });

  it('is EFLOWPEER for a silent peer, after what is queued', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows({ timeout: 100 });
    server.tryWrite(bytesOf('last words'));
    server.packets.setPeerTimeout(0);
    await net.run(300);
    expect(client.down).toBe('EFLOWPEER');
    expect(await readText(client)).toBe('last words');
    expect(await codeOf(client.read())).toBe('EFLOWPEER');
    expect(await codeOf(client.write(bytesOf('x')))).toBe('EFLOWPEER');
  });

  it('ends an iteration over packets', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    const texts: string[] = [];
    const iteration = (async () => {
      for await (const packet of server) texts.push(textOf(packet));
    })();
    client.tryWrite(bytesOf('one'));
    client.tryWrite(bytesOf('two'));
    await net.run(5);
    await net.resolve(client.dealloc());
    await net.resolve(iteration);
    expect(texts).toEqual(['one', 'two']);
  });

  it('does not end an iteration by a time-out in silence', async () => {
    const net = new TwoHosts();
    const [client] = await net.flows();
    client.rcvTimeoutMs = 10;
    const iteration = (async () => {
      for await (const packet of client) throw new Error(textOf(packet));
    })();
    expect(await net.resolve(codeOf(iteration))).toBe('ETIMEDOUT');
  });
});
