import { setTimeout as pause } from 'node:timers/promises';
import { QOS_RAW } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { acceptOf, joinedFlows } from '../../../packages/flow/spec/joined-flows.spec.js';
import { usageFault } from '../../../packages/tool-kit/spec/usage-fault.spec.js';
import { parseCommand } from './arguments.js';
import { sendConstantly } from './client.js';
import { clientStartLine, receivedLine, sentJson, sentLine, type Count } from './lines.js';
import { putSeqno } from './payload.js';
import { countFlows } from './server.js';

const never = new AbortController().signal;

function serve(flows: Flow[], times = { intervalMs: 60_000, idleMs: 1000 }) {
  const lines: string[] = [];
  const counts: (Count & { of: string; flowId: number })[] = [];
  const stop = new AbortController();
  const accept = acceptOf(flows);
  const output = {
    line: (text: string) => lines.push(text),
    remark: (text: string) => lines.push(`! ${text}`),
    count: (flowId: number, of: string, count: Count) => counts.push({ flowId, of, ...count }),
  };
  const done = countFlows((signal) => accept({ signal }), times, output, stop.signal);
  return { lines, counts, end: () => (stop.abort(), done) };
}

const newCount = () => ({ packets: 0, bytes: 0, timeMs: 0 });

describe('ocbr over one flow', () => {
  it('sends at its rate, and the server counts all', async () => {
    const [client, server] = await joinedFlows(7);
    const { lines, counts, end } = serve([server], { intervalMs: 300, idleMs: 5000 });
    const count = newCount();
    await sendConstantly(client, { seconds: 1, size: 1000, rate: 800_000, sleep: true }, count, never);
    // 100 packets a second; a busy machine sends fewer, none sends more.
    expect(count.packets).toBeGreaterThan(50);
    expect(count.packets).toBeLessThanOrEqual(101);
    await pause(20);
    await client.dealloc();
    await pause(20);
    await end();
    const sum = counts.filter(({ of }) => of === 'interval').reduce((all, { packets }) => all + packets, 0);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(count.packets);
    expect(counts.at(-1)).toMatchObject({ flowId: 7, of: 'end', packets: count.packets, bytes: count.bytes });
    expect(lines).toEqual(['New flow.']);
  });

  it('numbers its packets in 8 bytes, little-endian', async () => {
    const [client, server] = await joinedFlows();
    const sending = sendConstantly(client, { seconds: 1, size: 12, rate: 96_000, sleep: false }, newCount(), never);
    for (const number of [0, 1, 2]) expect([...(await server.read())]).toEqual([number, ...Array<number>(11).fill(0)]);
    await client.dealloc();
    await expect(sending).rejects.toMatchObject({ code: 'ENOTALLOC' });
    const packet = new Uint8Array(8);
    putSeqno(packet, 2 ** 32 * 5 + 258);
    expect([...packet]).toEqual([2, 1, 0, 0, 5, 0, 0, 0]);
  });

  it('floods, and stops when it is told to', async () => {
    const [client, server] = await joinedFlows();
    const { counts, end } = serve([server]);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const count = newCount();
    await sendConstantly(client, { seconds: 60, size: 1000, rate: Infinity, sleep: true }, count, stop.signal);
    await pause(50);
    await end();
    expect(count.packets).toBeGreaterThan(100);
    expect(counts).toEqual([expect.objectContaining({ of: 'end', packets: count.packets })]);
  });

  it('counts ten flows at a time, and ends those that are silent', async () => {
    const pairs = await Promise.all(Array.from({ length: 11 }, (_, i) => joinedFlows(i)));
    const { lines, counts, end } = serve(
      pairs.map(([, server]) => server),
      { intervalMs: 60_000, idleMs: 50 },
    );
    await pause(10);
    expect(lines).toEqual([...Array<string>(10).fill('New flow.'), "Can't accept any more flows, waiting."]);
    while (lines.filter((line) => line === 'New flow.').length < 11) await pause(5);
    expect(lines).toContain('Test on flow 0 timed out');
    await end();
    expect(counts).toHaveLength(11);
    for (const [client] of pairs) await client.dealloc();
  });
});

describe('the lines of ocbr', () => {
  it('are those of the specification', () => {
    const options = parseCommand(['-n', 'x']);
    if (options.kind !== 'client') throw new Error(options.kind);
    expect(clientStartLine(options)).toBe('Client started, duration 60, rate 1000000 b/s, size 1000 B.\n');
    const count = { packets: 125, bytes: 125_000, timeMs: 1000 };
    expect(sentLine(count)).toBe(
      'sent statistics:       125 packets,       125000 bytes in      1000 ms, 1.0000 Mb/s\n',
    );
    expect(receivedLine(3, count)).toBe(
      'Flow    3:       125 packets (      125000 bytes) in      1000 ms =>  125.0000 pps,    1.0000 Mbps',
    );
    expect(sentJson('x', { ...count, timeMs: 0 })).toEqual({ name: 'x', ...count, timeMs: 0, bandwidth: 0 });
  });
});

describe('the arguments of ocbr', () => {
  it('have the defaults of the specification', () => {
    const values = { seconds: 60, size: 1000, rate: 1e6, qos: QOS_RAW, sleep: true, json: false };
    expect(parseCommand(['-n', 'x'])).toEqual({ kind: 'client', name: 'x', ...values });
    expect(parseCommand(['-l'])).toEqual({ kind: 'server', intervalSeconds: 1, idleSeconds: 1, json: false });
  });

  it('are all understood', () => {
    const values = { name: 'x', seconds: 5, size: 64, rate: 500, sleep: false, json: true };
    expect(parseCommand('--server_apn x -d 5 -s 64 -r 500 --spin --json'.split(' '))).toMatchObject(values);
    expect(parseCommand(['-n', 'x', '-r', '2M'])).toMatchObject({ rate: 2e6 });
    expect(parseCommand(['-fn', 'x'])).toMatchObject({ rate: Infinity });
    expect(parseCommand('-l -i 2 -t 3'.split(' '))).toMatchObject({ intervalSeconds: 2, idleSeconds: 3 });
    expect([parseCommand(['--help']), parseCommand(['--version'])]).toEqual([{ kind: 'help' }, { kind: 'version' }]);
  });

  it.each([
    ['', 'give the name to send to (-n NAME), or -l to listen'],
    ['-n x -s 7', "size: '7' is no whole number from 8 to 524288"],
    ['-n x -d 0', 'duration'],
    ['-n x -r 5x', "rate: '5x' is no rate"],
    ['-n x --sleep --spin', 'either --sleep or --spin'],
    ['-l -i 0', 'interval'],
    ['-n x -q gold', 'gold'],
  ])('%j: %s', (args, words) =>
    expect(usageFault(() => parseCommand(args.split(' ').filter((word) => word !== '')))).toContain(words),
  );
});
