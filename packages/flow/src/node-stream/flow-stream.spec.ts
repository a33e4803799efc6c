import { once } from 'node:events';
import { createHash, randomBytes } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { OuroborosError, QOS_DATA, QOS_RAW, type QosSpec } from '@ouroboros/model';
import { OURS, joinedFlows } from '../../spec/joined-flows.spec.js';
import type { Flow } from '../flow.js';
import { FlowStream, type FlowStreamOptions } from './flow-stream.js';

async function joinedStreams(
  options: FlowStreamOptions = {},
  features = OURS,
  qos: QosSpec = QOS_DATA,
): Promise<[FlowStream, FlowStream, Flow, Flow]> {
  const [client, server] = await joinedFlows(1, { qos, features });
  return [new FlowStream(client, options), new FlowStream(server, options), client, server];
}

/** The events of a stream, by name and in order. */
function eventsOf(stream: FlowStream): string[] {
  const events: string[] = [];
  for (const name of ['connect', 'ready', 'end', 'finish', 'timeout', 'error', 'close']) {
    stream.on(name, (argument?: unknown) => events.push(name === 'close' ? `close ${String(argument)}` : name));
  }
  return events;
}

/** All that a stream reads until its end; it is not destroyed, as an iteration would. */
async function textOf(stream: Readable): Promise<string> {
  let text = '';
  stream.on('data', (chunk) => (text += String(chunk)));
  await once(stream, 'end');
  return text;
}

/** Resolves when the stream has closed, with whether by an error. */
const closing = (stream: FlowStream): Promise<boolean> => new Promise((resolve) => stream.once('close', resolve));

describe('a stream over a reliable flow', () => {
  it('carries bytes both ways; one end after the other closes both', async () => {
    const [client, server] = await joinedStreams();
    const events = eventsOf(client);
    const closed = Promise.all([closing(client), closing(server)]);
    client.end('question');
    client.resume();
    // Without allowHalfOpen the server's half ends by itself.
    expect(await textOf(server)).toBe('question');
    expect(await closed).toEqual([false, false]);
    expect(events).toEqual(['finish', 'end', 'close false']);
    expect([client.bytesWritten, server.bytesRead]).toEqual([8, 8]);
    expect(client.readyState).toBe('closed');
  });

  it('stays half open where that was asked for', async () => {
    const [client, server] = await joinedStreams({ allowHalfOpen: true });
    client.end('question');
    expect(await textOf(server)).toBe('question');
    expect(server.readyState).toBe('writeOnly');
    server.end('answer');
    expect(await textOf(client)).toBe('answer');
  });

  it('carries megabytes through pipes, with a slow reader', async () => {
    const [client, server] = await joinedStreams();
    const bytes = randomBytes(3_000_000);
    const hash = createHash('sha256');
    const slow = new Writable({
      highWaterMark: 10_000,
      write: (chunk: Buffer, _encoding, done) => {
        hash.update(chunk);
        setImmediate(done);
      },
    });
    client.resume();
    await Promise.all([pipeline(Readable.from([bytes]), client), pipeline(server, slow)]);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('holds the writer back while nobody reads', async () => {
    const [client, server] = await joinedStreams();
    let accepted = 0;
    const chunk = Buffer.alloc(100_000);
    while (client.write(chunk) || (await Promise.race([once(client, 'drain'), pause(200)]))) accepted += chunk.length;
    expect(accepted).toBeLessThan(8_000_000);
    server.resume();
    await once(client, 'drain');
    const closed = Promise.all([closing(client), closing(server)]);
    client.resume().end();
    expect(await closed).toEqual([false, false]);
    expect(server.bytesRead).toBe(accepted + chunk.length);
  });

  it('says finish only when the other process has read everything', async () => {
    const [client, server] = await joinedStreams();
    const events = eventsOf(client);
    client.end('unread');
    await pause(50);
    expect(events).toEqual([]);
    const closed = Promise.all([closing(client), closing(server)]);
    client.resume();
    server.resume();
    expect(await closed).toEqual([false, false]);
    expect(events).toEqual(['finish', 'end', 'close false']);
  });

  it('fails when the other side ends the flow without a word', async () => {
    const [client, server] = await joinedStreams();
    const events = eventsOf(client);
    client.resume();
    const closed = closing(client);
    const failed = once(client, 'error') as Promise<[OuroborosError]>;
    server.destroy();
    const [error] = await failed;
    await closed;
    expect([error.code, events]).toEqual(['EFLOWDOWN', ['error', 'close true']]);
  });

  it('destroySoon ends it when everything is taken', async () => {
    const [client, server] = await joinedStreams();
    client.write('last words');
    const closed = closing(client);
    client.destroySoon();
    // It does not wait for the other side's end, which is then too late.
    const failed = once(server, 'error');
    expect(await textOf(server)).toBe('last words');
    expect(await closed).toBe(false);
    await failed;
  });

  it('tells silence, once, and not while bytes flow', async () => {
    const [client, server] = await joinedStreams();
    let told = 0;
    client.setTimeout(60, () => (told += 1));
    for (let i = 0; i < 6; i += 1) {
      await pause(20);
      server.write('x');
      client.read();
    }
    expect(told).toBe(0);
    await once(client, 'timeout');
    expect([told, client.destroyed]).toEqual([1, false]);
    expect(() => client.setTimeout(-1)).toThrow('timeout must be');
    client.destroy();
  });
});

describe('the opening of a stream', () => {
  it('holds back what is written until the flow is there', async () => {
    const [flow, other] = await joinedFlows(9, { qos: QOS_DATA, features: OURS });
    const stream = new FlowStream(() => pause(20).then(() => flow));
    const events = eventsOf(stream);
    stream.write('early');
    expect([stream.readyState, stream.pending, stream.name]).toEqual(['opening', true, undefined]);
    await once(stream, 'ready');
    expect(stream.address()).toEqual({ name: 'hello', layer: '', flowId: 9 });
    expect(new TextDecoder().decode(await other.read())).toBe('early');
    expect(events).toEqual(['connect', 'ready']);
    stream.destroy();
  });

  it('fails with the error of the allocation', async () => {
    const stream = new FlowStream(() => Promise.reject(new OuroborosError('ENAME', 'unknown')));
    const [error] = (await once(stream, 'error')) as [OuroborosError];
    expect(error.code).toBe('ENAME');
  });

  it('is given up by destroy and by a signal', async () => {
    const asked: AbortSignal[] = [];
    const open = (signal: AbortSignal): Promise<Flow> => {
      asked.push(signal);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const one = new FlowStream(open);
    await pause(1);
    one.destroy();
    expect(await once(one, 'close')).toEqual([false]);
    const abort = new AbortController();
    const two = new FlowStream(open, { signal: abort.signal });
    await pause(1);
    abort.abort();
    const [error] = (await once(two, 'error')) as [Error];
    expect([error.name, asked.map(({ aborted }) => aborted)]).toEqual(['AbortError', [true, true]]);
  });
});

describe.each([
  ['a C peer', 0, QOS_DATA],
  ['a flow that loses packets', OURS, QOS_RAW],
])('a stream with %s', (_what, features, qos) => {
  it('ends with the flow', async () => {
    const [client, server] = await joinedStreams({}, features, qos);
    const closed = closing(client.resume());
    client.end('all');
    expect(await textOf(server)).toBe('all');
    expect(await closed).toBe(false);
  });

  it('reads on after its own end where it may be half open', async () => {
    const [client, server] = await joinedStreams({ allowHalfOpen: true }, features, qos);
    client.end('question');
    await once(server, 'readable');
    server.end(String(server.read()).replace('question', 'answer'));
    setTimeout(() => server.destroy(), 50);
    expect(await textOf(client)).toBe('answer');
  });
});
