import { randomBytes } from 'node:crypto';
import { PassThrough, Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { QOS_DATA, QOS_RAW } from '@ouroboros/model';
import { OURS, joinedFlows, type JoinedOptions } from '../../../packages/flow/spec/joined-flows.spec.js';
import { Transfer, type TransferOptions } from './transfer.js';

const RELIABLE: JoinedOptions = { qos: QOS_DATA, features: OURS };

/** Keeps what is written to it; `delayMs`: how long each write takes. */
class Kept extends Writable {
  private readonly chunks: Buffer[] = [];

  constructor(private readonly delayMs = 0) {
    super();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(Buffer.from(chunk));
    if (this.delayMs > 0) setTimeout(done, this.delayMs);
    else setImmediate(done);
  }
}

const textInput = (text: string): Readable => Readable.from(text === '' ? [] : [Buffer.from(text)]);
const never = new AbortController().signal;

interface Sides {
  readonly inputs: readonly [Readable | null, Readable | null];
  readonly outputs?: readonly [Writable, Writable];
  readonly options?: TransferOptions;
  readonly joined?: JoinedOptions;
  readonly stop?: AbortSignal;
}

/** Two ocats on one flow; `stop` is for the first. */
async function joinedTransfers(sides: Sides) {
  const { inputs, outputs = [new Kept(), new Kept()], options, joined = RELIABLE, stop = never } = sides;
  const [client, server] = await joinedFlows(1, joined);
  const one = new Transfer(client, inputs[0], outputs[0], options);
  const other = new Transfer(server, inputs[1], outputs[1], options);
  const results = await Promise.all([one.run(stop), other.run(never)]);
  return { results, outputs, counts: [one.count, other.count], flows: [client, server] };
}

describe('ocat over a reliable flow', () => {
  it('carries both directions and knows that every byte arrived', async () => {
    const bytes = randomBytes(2_000_000);
    const inputs = [
      Readable.from([bytes.subarray(0, 1_500_000), bytes.subarray(1_500_000)]),
      textInput('thanks'),
    ] as const;
    const { results, outputs, counts } = await joinedTransfers({ inputs });
    const complete = { sending: 'complete', receiving: 'complete', error: null };
    expect(results).toEqual([complete, complete]);
    const [answer, taken] = outputs as [Kept, Kept];
    expect(String(answer.bytes)).toBe('thanks');
    expect(taken.bytes.equals(bytes)).toBe(true);
    expect(counts).toEqual([
      { sent: 2_000_000, received: 6 },
      { sent: 6, received: 2_000_000 },
    ]);
  });

  it('reads on after the end of its input, and writes on after the end of the other side', async () => {
    const late = new PassThrough();
    setTimeout(() => late.end('late answer'), 50);
    const { results, outputs } = await joinedTransfers({ inputs: [textInput('question'), late] });
    expect(results.map(({ error }) => error)).toEqual([null, null]);
    expect(String((outputs[0] as Kept).bytes)).toBe('late answer');
  });

  it('waits for a slow output', async () => {
    const inputs = [Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(60_000))), null] as const;
    const outputs = [new Kept(), new Kept(5)] as const;
    const { results, flows } = await joinedTransfers({ inputs, outputs });
    expect(results[0]).toMatchObject({ sending: 'complete' });
    expect(outputs[1].bytes.length).toBe(1_200_000);
    expect(flows.map(({ deallocated }) => deallocated)).toEqual([true, true]);
  });

  it('ends an input that nobody will end, when it is a terminal', async () => {
    const terminal = new PassThrough();
    const { results } = await joinedTransfers({
      inputs: [textInput('all'), terminal],
      options: { inputEndsWithPeer: true },
    });
    expect(results.map(({ error }) => error)).toEqual([null, null]);
  });

  it('fails at both sides when an output breaks', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) });
    const { results } = await joinedTransfers({
      inputs: [Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(60_000))), null],
      outputs: [new Kept(), broken],
    });
    expect(results[1]).toMatchObject({ receiving: 'failed', error: { message: 'disk full' } });
    expect(results[0]).toMatchObject({ sending: 'failed', error: { code: 'EFLOWDOWN' } });
  });

  it('fails at both sides when an input breaks', async () => {
    const input = new PassThrough();
    setTimeout(() => input.destroy(new Error('read error')), 20);
    const { results } = await joinedTransfers({ inputs: [input, null] });
    expect(results[0]).toMatchObject({ sending: 'failed', error: { message: 'read error' } });
    expect(results[1]).toMatchObject({ receiving: 'failed', error: { code: 'EFLOWDOWN' } });
  });

  it('fails when it is interrupted', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    const { results } = await joinedTransfers({ inputs: [new PassThrough(), null], stop: stop.signal });
    expect(results.map(({ error }) => error?.code)).toEqual(['EINTR', 'EFLOWDOWN']);
  });
});

describe.each([
  ['a C peer', { qos: QOS_DATA, features: 0 }],
  ['a QoS that loses packets', { qos: QOS_RAW, features: OURS }],
])('ocat with %s', (_what, joined) => {
  it('says that nobody can tell, and ends when all is quiet', async () => {
    const startedAt = performance.now();
    const { results, outputs } = await joinedTransfers({
      inputs: [textInput('question'), textInput('answer')],
      joined,
      options: { quietMs: 100 },
    });
    const unknown = { sending: 'unknown', receiving: 'unknown', error: null };
    expect(results).toEqual([unknown, unknown]);
    expect(outputs.map((output) => String((output as Kept).bytes))).toEqual(['answer', 'question']);
    expect(performance.now() - startedAt).toBeGreaterThan(95);
  });

  it('ends with the flow, whatever the input', async () => {
    const [client, server] = await joinedFlows(1, joined);
    setTimeout(() => void server.dealloc(), 20);
    const result = await new Transfer(client, new PassThrough(), new Kept()).run(never);
    expect(result).toMatchObject({ receiving: 'unknown', error: null });
    await pause(0);
    expect(client.deallocated).toBe(true);
  });
});
