import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { OuroborosError, QOS_DATA, QOS_RAW } from '@ouroboros/model';
import { OURS, acceptOf, joinedFlows } from '../../spec/joined-flows.spec.js';
import type { Flow } from '../flow.js';
import { FlowServer, type FlowListener, type FlowServerOptions } from './flow-server.js';
import type { FlowStream } from './flow-stream.js';

/** A node that hands over the given flows; what is bound. */
class Listener implements FlowListener {
  readonly bound = new Set<string>();
  readonly accept: FlowListener['accept'];

  constructor(flows: Flow[] = []) {
    this.accept = acceptOf(flows);
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  bind(name: string): Promise<() => Promise<void>> {
    this.bound.add(name);
    return Promise.resolve(async () => void this.bound.delete(name));
  }
}

const joined = (id: number, qos = QOS_DATA): Promise<[Flow, Flow]> => joinedFlows(id, { qos, features: OURS });

function serverOf(listener: FlowListener, options?: FlowServerOptions) {
  const streams: FlowStream[] = [];
  const dropped: number[] = [];
  const server = new FlowServer(listener, options, (stream) => streams.push(stream));
  server.on('drop', (flow: Flow) => dropped.push(flow.id));
  return { server, streams, dropped };
}

const connections = (server: FlowServer): Promise<number> =>
  new Promise((resolve) => server.getConnections((_, count) => resolve(count)));

describe('a server of streams', () => {
  it('binds its name, serves flows as they come, and closes after the last', async () => {
    const [client, accepted] = await joined(1);
    const listener = new Listener([accepted]);
    const { server, streams } = serverOf(listener);
    server.listen('hello');
    expect(server.address()).toBeNull();
    await once(server, 'listening');
    expect([server.address(), [...listener.bound]]).toEqual([{ name: 'hello' }, ['hello']]);
    while (streams.length === 0) await pause(1);
    expect([streams[0]!.name, await connections(server)]).toEqual(['hello', 1]);
    streams[0]!.end('welcome').resume();
    expect(new TextDecoder().decode(await client.read())).toBe('welcome');
    let closed = false;
    server.close(() => (closed = true));
    await pause(10);
    expect([closed, server.listening, listener.bound.size]).toEqual([false, false, 0]);
    await Promise.all([once(server, 'close'), client.finish(), client.read().catch(() => undefined)]);
    expect(await connections(server)).toBe(0);
  });

  it('drops flows that lose packets, unless they are wanted, and flows beyond the limit', async () => {
    const ends = await Promise.all([joined(1, QOS_RAW), joined(2), joined(3)]);
    const { server, streams, dropped } = serverOf(new Listener(ends.map(([, accepted]) => accepted)));
    server.maxConnections = 1;
    server.listen();
    while (dropped.length < 2) await pause(1);
    expect([streams.map((stream) => stream.flow?.id), dropped]).toEqual([[2], [1, 3]]);
    const [, raw] = await joined(4, QOS_RAW);
    const lenient = serverOf(new Listener([raw]), { unreliable: true, pauseOnConnect: true });
    lenient.server.listen();
    while (lenient.streams.length === 0) await pause(1);
    expect(lenient.streams[0]!.isPaused()).toBe(true);
    for (const stream of [...streams, ...lenient.streams]) stream.destroy();
    server.close();
    lenient.server.close();
  });

  it('says why it cannot begin, and can be tried again', async () => {
    const listener = new Listener();
    const failing = { ...listener, accept: listener.accept, bind: listener.bind.bind(listener) };
    const faults = [new OuroborosError('EIRMD', 'no daemon')];
    const { server } = serverOf({
      ...failing,
      ready: () => (faults.length > 0 ? Promise.reject(faults.pop()!) : Promise.resolve()),
    });
    const closed = new Promise((resolve) => server.once('close', resolve));
    const failed = once(server, 'error') as Promise<[OuroborosError]>;
    server.listen();
    expect((await failed)[0].code).toBe('EIRMD');
    await closed;
    server.listen();
    expect(() => server.listen()).toThrow('listens already');
    await once(server, 'listening');
    server.close();
  });

  it('goes on when an accept fails', async () => {
    const [, accepted] = await joined(1);
    const listener = new Listener([accepted]);
    const faults = [new OuroborosError('EIRMD', 'away')];
    const accept: FlowListener['accept'] = (options) =>
      faults.length > 0 ? Promise.reject(faults.pop()!) : listener.accept(options);
    const { server, streams } = serverOf({
      ready: () => Promise.resolve(),
      bind: (name) => listener.bind(name),
      accept,
    });
    const failed = once(server, 'error') as Promise<[OuroborosError]>;
    server.listen();
    expect((await failed)[0].message).toBe('away');
    while (streams.length === 0) await pause(5);
    streams[0]!.destroy();
    server.close();
  });

  it('ends by its signal, and says so when it does not listen', async () => {
    const abort = new AbortController();
    const { server } = serverOf(new Listener(), { signal: abort.signal });
    const error = await new Promise<Error | undefined>((resolve) => server.close(resolve));
    expect((error as OuroborosError).code).toBe('ENOTALLOC');
    await once(server.listen(), 'listening');
    abort.abort();
    await once(server, 'close');
    expect(server.listening).toBe(false);
  });
});
