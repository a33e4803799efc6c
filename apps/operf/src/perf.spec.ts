import { setTimeout as pause } from 'node:timers/promises';
import { QOS_BY_NAME, QOS_RAW } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { OURS, acceptOf, joinedFlows, type JoinedOptions } from '../../../packages/flow/spec/joined-flows.spec.js';
import type { ClientOptions } from './arguments.js';
import { PerfRun, type ClientResult } from './client.js';
import { headerLines, summaryJson, summaryLines } from './lines.js';
import { configPacket, readConfig, readSeqno } from './payload.js';
import { PerfServer } from './server.js';

const BASE: ClientOptions = {
  kind: 'client',
  name: 'hello',
  test: 'uni',
  durationMs: 100,
  rate: 8e6,
  size: 1000,
  qos: QOS_RAW,
  sleep: false,
  json: false,
};
const never = new AbortController().signal;

async function measure(flow: Flow, options: Partial<ClientOptions> = {}, stop = never, patienceMs = 100) {
  const remarks: string[] = [];
  const times = { settleMs: 5, patienceMs };
  const run = new PerfRun(flow, { ...BASE, ...options }, (text) => remarks.push(text), times);
  const result = await run.run(stop);
  return { ...result, remarks };
}

function serve(flow: Flow, idleMs = 1000) {
  const lines: string[] = [];
  const seqnos: number[] = [];
  const remarks: string[] = [];
  const stop = new AbortController();
  const output = {
    line: (text: string) => lines.push(text),
    packet: (_flowId: number, seqno: number) => seqnos.push(seqno),
    remark: (text: string) => remarks.push(text),
  };
  const accept = acceptOf([flow]);
  const done = new PerfServer((signal) => accept({ signal }), output, idleMs).run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await done;
  };
  return { lines, seqnos, remarks, end };
}

describe('operf over one flow', () => {
  it('sends for its duration, at its rate', async () => {
    const [client, server] = await joinedFlows(7);
    const serving = serve(server, 60);
    const { sent, timeMs, remarks } = await measure(client, { durationMs: 200 });
    // 8 Mb/s are one packet of 1000 bytes per ms; a busy machine sends fewer, none sends more.
    expect(sent).toBeGreaterThan(100);
    expect(sent).toBeLessThanOrEqual(201);
    expect(timeMs).toBeGreaterThan(150);
    while (serving.lines.length < 4) await pause(5);
    expect(serving.lines.slice(0, 3)).toEqual([
      'Ouroboros perf server started.',
      'New flow 7.',
      'Doing a unidirectional test.',
    ]);
    expect(serving.lines[3]).toBe('Flow 7 timed out.');
    expect(serving.seqnos).toEqual(Array.from({ length: sent }, (_, seqno) => seqno));
    expect([remarks, serving.remarks]).toEqual([[], []]);
    await client.dealloc();
    await serving.end();
  });

  it.each(Object.keys(QOS_BY_NAME))('has every packet sent back with QoS %s', async (word) => {
    const joined: JoinedOptions = { qos: QOS_BY_NAME[word], features: OURS };
    const [client, server] = await joinedFlows(1, joined);
    const serving = serve(server);
    const { sent, received, remarks } = await measure(client, { test: 'bi', sleep: true });
    expect(sent).toBeGreaterThan(10);
    expect([received, remarks]).toEqual([sent, []]);
    expect(serving.lines).toContain('Doing a bidirectional test.');
    await client.dealloc();
    await serving.end();
  });

  it('floods, and carries packets of 1 MiB', async () => {
    const [client, server] = await joinedFlows(1, { qos: QOS_BY_NAME['data'], features: OURS });
    const serving = serve(server);
    const result = await measure(client, { test: 'bi', rate: Infinity, size: 1_048_576 }, never, 1000);
    expect(result.sent).toBeGreaterThan(2);
    expect(result.received).toBe(result.sent);
    await client.dealloc();
    await serving.end();
  });

  it('counts what does not come back as lost', async () => {
    const [client, server] = await joinedFlows();
    const answering = (async () => {
      for await (const packet of server) {
        if (packet.length === 4) continue;
        const seqno = readSeqno(packet)!;
        if (seqno % 2 === 0) server.tryWrite(packet);
        else if (seqno === 1) server.tryWrite(packet.subarray(0, 500));
        else if (seqno === 3) server.tryWrite(new Uint8Array(2000));
      }
    })();
    const { sent, received, remarks } = await measure(client, { test: 'bi' });
    await client.dealloc();
    await answering;
    expect(received).toBe(Math.ceil(sent / 2));
    expect(remarks).toEqual(['Invalid message on fd 1.', 'Invalid message on fd 1.']);
  });

  it('stops when it is told to, and when the flow ends', async () => {
    const [client, server] = await joinedFlows();
    const serving = serve(server);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 30);
    const stopped = await measure(client, { durationMs: 60_000, rate: Infinity }, stop.signal);
    expect([stopped.sent > 0, stopped.remarks]).toEqual([true, []]);
    await client.dealloc();
    await serving.end();
    const [other, gone] = await joinedFlows(2);
    setTimeout(() => void gone.dealloc(), 30);
    const ended = await measure(other, { durationMs: 60_000 });
    expect(ended.remarks).toEqual(['Flow 2 ended: flow 2 is down']);
    await other.dealloc();
  });

  it('refuses a packet that the flow cannot take', async () => {
    const [client, server] = await joinedFlows();
    await expect(measure(client, { size: 1_000_000 })).rejects.toMatchObject({ code: 'EMSGSIZE' });
    await Promise.all([client.dealloc(), server.dealloc()]);
  });
});

describe('the server of operf', () => {
  it('ends a flow whose first packet is no configuration', async () => {
    const [client, server] = await joinedFlows(3);
    const serving = serve(server);
    client.tryWrite(Uint8Array.of(2, 0, 0, 0));
    await expect(client.read()).rejects.toMatchObject({ code: 'EFLOWDOWN' });
    await client.dealloc();
    expect(serving.remarks).toEqual(['Flow 3 ended: its first packet is no configuration of a test']);
    await serving.end();
  });
});

describe('the packets and lines of operf', () => {
  it('are those of the specification', () => {
    expect([...configPacket('uni'), ...configPacket('bi')]).toEqual([0, 0, 0, 0, 1, 0, 0, 0]);
    expect(readConfig(Uint8Array.of(1, 0, 0, 0))).toBe('bi');
    expect([readConfig(Uint8Array.of(0, 0, 0, 1)), readConfig(new Uint8Array(5))]).toEqual([undefined, undefined]);
    expect(readSeqno(Uint8Array.of(1, 2, 0, 0, 9))).toBe(513);
    expect(headerLines(BASE)).toBe(
      'Doing a unidirectional test.\nSending 1000 byte packets for 0.1 s to hello at 8.000 Mb/s.\n\n',
    );
    expect(headerLines({ ...BASE, test: 'bi', rate: Infinity })).toBe(
      'Doing a bidirectional test.\nFlooding hello with 1000 byte packets for 0.1 seconds.\n\n',
    );
  });

  it('sum up', () => {
    const result: ClientResult = { sent: 1000, received: 995, timeMs: 500 };
    expect(summaryLines(BASE, result)).toBe('Test finished.\n');
    expect(summaryLines({ ...BASE, test: 'bi' }, result)).toBe(
      'Test finished.\n\n--- hello perf statistics ---\n\n' +
        '1000 packets transmitted, 995 received, 1% packet loss, time: 500.000 ms, bandwidth: 15.920 Mb/s.\n',
    );
    expect(summaryJson(BASE, result)).toMatchObject({ transmitted: 1000, received: null, bandwidth: 16 });
    expect(summaryJson(BASE, { sent: 0, received: 0, timeMs: 0 })).toMatchObject({ bandwidth: 0 });
  });
});
