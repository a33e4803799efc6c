import { setTimeout as pause } from 'node:timers/promises';
import { OuroborosError, QOS_RAW } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { joinedFlows } from '../../../packages/flow/spec/joined-flows.spec.js';
import type { ClientOptions, ServerOptions } from './arguments.js';
import { PingRun, type ClientResult } from './client.js';
import { PingServer } from './server.js';

const base: ClientOptions = {
  kind: 'client',
  name: 'hello',
  count: 5,
  intervalMs: 1,
  size: 64,
  qos: QOS_RAW,
  pace: 'interval',
  quiet: false,
  timeOfDay: false,
  json: false,
};

interface Outcome extends ClientResult {
  readonly replies: { length: number; id: number; outOfOrder: boolean }[];
  readonly remarks: string[];
}

async function ping(flow: Flow, options: Partial<ClientOptions> = {}, stop = new AbortController()): Promise<Outcome> {
  const replies: Outcome['replies'] = [];
  const remarks: string[] = [];
  const output = {
    reply: (length: number, id: number, _rtt: number, outOfOrder: boolean) => replies.push({ length, id, outOfOrder }),
    remark: (text: string) => remarks.push(text),
  };
  const run = new PingRun(flow, { ...base, ...options }, output, () => process.hrtime.bigint());
  const result = await run.run(stop.signal);
  await flow.dealloc();
  return { ...result, replies, remarks };
}

/** A server that accepts the given flows and then waits; `stop` ends it. */
function serve(flows: Flow[], attention: ServerOptions['attention'] = 'wait', idleMs = 10_000) {
  const lines: string[] = [];
  const remarks: string[] = [];
  const stop = new AbortController();
  const accept = (signal: AbortSignal): Promise<Flow> => {
    const flow = flows.shift();
    return flow
      ? Promise.resolve(flow)
      : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  const output = {
    line: (text: string) => lines.push(text),
    packetLine: (text: string) => lines.push(text),
    remark: (text: string) => remarks.push(text),
  };
  const done = new PingServer(accept, { attention }, output, idleMs).run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await done;
  };
  return { lines, remarks, end };
}

describe('oping over one flow', () => {
  it.each(['wait', 'poll', 'busy'] as const)('gets its answers from a server that will %s', async (attention) => {
    const [client, server] = await joinedFlows(7);
    const serving = serve([server], attention);
    const { statistics, replies, end } = await ping(client, { size: 100 });
    await serving.end();
    expect([statistics.sent, statistics.received, end]).toEqual([5, 5, 'complete']);
    expect(replies).toEqual([0, 1, 2, 3, 4].map((id) => ({ length: 100, id, outOfOrder: false })));
    const started = `Ouroboros ping server started${attention === 'wait' ? '' : ' [busy-poll]'}.`;
    expect(serving.lines).toEqual([started, 'New flow 7.', ...Array<string>(5).fill('Received 100 bytes on fd 7.')]);
    expect(server.deallocated).toBe(true);
  });

  it.each(['flood', 'flood-busy'] as const)('keeps one packet under way with %s', async (pace) => {
    const [client, server] = await joinedFlows();
    const serving = serve([server]);
    const { statistics, remarks } = await ping(client, { pace, count: 300 });
    await serving.end();
    expect([statistics.sent, statistics.received, statistics.outOfOrder, remarks]).toEqual([300, 300, 0, []]);
  });

  it('sends thousands of packets without an interval and loses none', async () => {
    const [client, server] = await joinedFlows();
    const serving = serve([server]);
    const { statistics, end } = await ping(client, { intervalMs: 0, count: 5000 });
    await serving.end();
    expect([statistics.received, end]).toEqual([5000, 'complete']);
  });

  it('keeps intervals below a millisecond on average', async () => {
    const [client, server] = await joinedFlows();
    const serving = serve([server]);
    const { timeMs } = await ping(client, { intervalMs: 0.2, count: 250 });
    await serving.end();
    expect(timeMs).toBeGreaterThanOrEqual(49);
    expect(timeMs).toBeLessThan(500);
  });

  it('stops when it is told to, and sums up what it has', async () => {
    const [client, server] = await joinedFlows();
    const serving = serve([server]);
    const stop = new AbortController();
    const running = ping(client, { count: 1_000_000 }, stop);
    await pause(30);
    stop.abort();
    const { statistics, end } = await running;
    await serving.end();
    expect(end).toBe('signal');
    expect(statistics.received).toBeGreaterThan(0);
    const underWay = statistics.sent - statistics.received;
    expect(underWay).toBeLessThanOrEqual(20);
  });

  it('says that the server timed out when nothing comes for 2 s', async () => {
    const [client] = await joinedFlows();
    const { statistics, end, remarks } = await ping(client, { count: 2 });
    expect([statistics.sent, statistics.received, end]).toEqual([2, 0, 'timeout']);
    expect(remarks).toEqual(['Server timed out.']);
  });

  it('ends with the flow', async () => {
    const [client, server] = await joinedFlows();
    const running = ping(client, { count: 1_000_000 });
    await pause(10);
    await server.dealloc();
    const { end, remarks } = await running;
    expect([end, remarks.length]).toEqual(['flow', 1]);
  });

  it('ignores answers that are none', async () => {
    const [client, server] = await joinedFlows();
    const answering = (async () => {
      for await (const packet of server) {
        server.tryWrite(Uint8Array.from([9, 9]));
        server.tryWrite(packet);
        server.tryWrite(new Uint8Array(2000));
        packet[3] = 1;
        const unknown = packet.slice();
        unknown[4] = 0x7f;
        server.tryWrite(unknown);
        const future = packet.slice();
        future[15] = 0xff;
        server.tryWrite(future);
        server.tryWrite(packet);
      }
    })();
    const { statistics, remarks } = await ping(client, { count: 1 });
    await answering;
    expect(statistics.received).toBe(1);
    const invalid = 'Invalid message on fd 1.';
    expect(remarks).toEqual([invalid, invalid, invalid, 'Invalid id.', invalid]);
  });
});

describe('the server', () => {
  it('says what is no request, and goes on', async () => {
    const [client, server] = await joinedFlows(3);
    const serving = serve([server]);
    client.tryWrite(Uint8Array.from([0, 0, 0, 5]));
    client.tryWrite(new Uint8Array(1501));
    client.tryWrite(Uint8Array.from([0, 0, 0, 0, 42]));
    expect([...(await client.read())]).toEqual([0, 0, 0, 1, 42]);
    await serving.end();
    expect(serving.remarks).toEqual(['Invalid message on fd 3.', 'Invalid message on fd 3.']);
  });

  it.each(['wait', 'poll'] as const)('deallocates an idle flow (%s)', async (attention) => {
    const [client, server] = await joinedFlows(3);
    const serving = serve([server], attention, 30);
    await expect(client.read()).rejects.toMatchObject({ code: 'EFLOWDOWN' });
    await serving.end();
    expect(serving.lines.at(-1)).toBe('Flow 3 timed out.');
  });

  it('serves one flow after the other when busy', async () => {
    const [[one, serverOne], [two, serverTwo]] = [await joinedFlows(1), await joinedFlows(2)];
    const serving = serve([serverOne, serverTwo], 'busy');
    await pause(5);
    expect(serving.lines.at(-1)).toBe('New flow 1.');
    await one.dealloc();
    const { statistics } = await ping(two, { count: 3 });
    await serving.end();
    expect(statistics.received).toBe(3);
  });

  it('lives on when accepting fails', async () => {
    const [client, server] = await joinedFlows();
    const outcomes = [
      () => Promise.reject(new OuroborosError('EIRMD', 'the IRM daemon went away')),
      () => Promise.resolve(server),
    ];
    const remarks: string[] = [];
    const stop = new AbortController();
    const never = (): Promise<Flow> =>
      new Promise((_, reject) => stop.signal.addEventListener('abort', () => reject(stop.signal.reason)));
    const output = { line: () => undefined, packetLine: () => undefined, remark: (text: string) => remarks.push(text) };
    const done = new PingServer(() => (outcomes.shift() ?? never)(), { attention: 'wait' }, output).run(stop.signal);
    const { statistics } = await ping(client, { count: 1 });
    stop.abort();
    await done;
    expect([statistics.received, remarks]).toEqual([1, ['Failed to accept flow: the IRM daemon went away']]);
  });
});
