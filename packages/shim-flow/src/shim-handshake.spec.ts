import fc from 'fast-check';
import { CollectingSink } from '@ouroboros/machine';
import { NEVER, QOS_RAW, micros, type Micros } from '@ouroboros/model';
import type { ShimFlow, ShimInput, ShimMessage, ShimOutput, ShimPeer, ShimReply, ShimRequest } from './index.js';
import { ShimHandshake } from './index.js';

const A: ShimPeer = { address: '10.0.0.1', port: 3435 };
const B: ShimPeer = { address: '10.0.0.2', port: 3435 };
const EIDS = { first: 64, end: 4096, maxRemote: 0x7fffffff };
const HASH = new Uint8Array(16).fill(7);
const oap = (fill: number): Uint8Array => new Uint8Array(36).fill(fill);
const NOTHING = new Uint8Array(0);

/** One machine, its clock and what came out. */
class Bench {
  readonly machine = new ShimHandshake<ShimPeer>(EIDS);
  now = 0;
  private readonly sink = new CollectingSink<ShimOutput>();

  input(input: ShimInput): ShimOutput[] {
    this.machine.handle(input, micros(this.now), this.sink);
    return this.sink.take();
  }

  /** Runs the timers up to `ms` after the start; answers the outputs with the time of each in ms. */
  until(ms: number): { at: number; output: ShimOutput }[] {
    const seen: { at: number; output: ShimOutput }[] = [];
    while (this.machine.deadline <= ms * 1000) {
      this.now = this.machine.deadline;
      this.machine.wake(this.now as Micros, this.sink);
      seen.push(...this.sink.take().map((output) => ({ at: this.now / 1000, output })));
    }
    this.now = ms * 1000;
    return seen;
  }

  open(ref: number, peer = B, data = oap(1), limitMs = 5000): ShimFlow {
    const outputs = this.input({ type: 'open', ref, peer, qos: QOS_RAW, hash: HASH, data, limitMs });
    return of(outputs, 'opening').flow;
  }

  from(peer: ShimPeer, message: ShimMessage, ours = false): ShimOutput[] {
    return this.input({ type: 'received', peer, message, ours });
  }

  /** A request arrives and is accepted at once. */
  serve(peer: ShimPeer, requester: number, ours: boolean, data = oap(requester)): ShimFlow {
    const flow = of(this.from(peer, request(requester, data), ours), 'arrived').flow;
    this.input({ type: 'answer', eid: flow.eid, response: 0, data: oap(0), dealloc: ours });
    return flow;
  }
}

const request = (requester: number, data = oap(requester)): ShimRequest => ({
  kind: 'request',
  requester,
  qos: QOS_RAW,
  hash: HASH,
  data,
});
const reply = (requester: number, responder: number, response = 0): ShimReply => ({
  kind: 'reply',
  requester,
  responder,
  response,
  data: NOTHING,
});

function of<T extends ShimOutput['type']>(outputs: readonly ShimOutput[], type: T): ShimOutput & { type: T } {
  const found = outputs.find((output) => output.type === type);
  if (!found) throw new Error(`no ${type} among ${outputs.map((output) => output.type).join()}`);
  return found as ShimOutput & { type: T };
}
const kinds = (outputs: readonly ShimOutput[]): string[] =>
  outputs.map((output) => (output.type === 'send' ? output.message.kind : output.type));
const times = (seen: { at: number; output: ShimOutput }[], kind: string): number[] =>
  seen.filter(({ output }) => kinds([output])[0] === kind).map(({ at }) => at);

describe('a requester', () => {
  it('opens the flow when the peer that was asked accepts', () => {
    const bench = new Bench();
    const flow = bench.open(9);
    expect(flow).toMatchObject({ eid: EIDS.first, state: 'requesting', remoteEid: 0 });
    expect(kinds(bench.from(B, reply(flow.eid, 70)))).toEqual(['replied']);
    expect(flow).toMatchObject({ state: 'open', remoteEid: 70 });
    expect(bench.machine.deadline).toBe(NEVER);
  });

  it('hands on a refusal and frees the EID', () => {
    const bench = new Bench();
    const flow = bench.open(9);
    expect(of(bench.from(B, reply(flow.eid, 70, -1008)), 'replied')).toMatchObject({ ref: 9, response: -1008 });
    expect(bench.machine.flow(flow.eid)).toBeUndefined();
  });

  it('believes only the peer that was asked, whatever EID a reply names', () => {
    const bench = new Bench();
    const flow = bench.open(9);
    expect(bench.from(A, reply(flow.eid, 70))).toEqual([{ type: 'dropped', reason: 'wrong-peer' }]);
    expect(bench.from({ ...B, port: 1 }, reply(flow.eid, 70))).toEqual([{ type: 'dropped', reason: 'wrong-peer' }]);
    for (const eid of [0, 1, 63, 65, 4096, 0x7fffffff, 0xffffffff]) {
      expect(bench.from(B, reply(eid, 70))).toEqual([{ type: 'dropped', reason: 'unknown-eid' }]);
    }
    for (const eid of [0, 0x80000000, 0xffffffff]) {
      expect(bench.from(B, reply(flow.eid, eid))).toEqual([{ type: 'dropped', reason: 'bad-eid' }]);
    }
    expect(flow.state).toBe('requesting');
  });

  it('asks a stranger once more after 2.5 s, and gives up after its limit', () => {
    const bench = new Bench();
    bench.open(9);
    const seen = bench.until(60_000);
    expect(times(seen, 'request')).toEqual([2500]);
    expect(seen.at(-1)).toEqual({ at: 5000, output: { type: 'failed', ref: 9, reason: 'no-answer' } });
    expect(bench.machine.count).toBe(0);
  });

  it('asks a peer known to be ours again after 200, 600, 1400 and 3000 ms', () => {
    const bench = new Bench();
    bench.serve(B, 100, true);
    bench.open(9);
    expect(times(bench.until(60_000), 'request')).toEqual([200, 600, 1400, 3000]);
  });

  it('asks a stranger again when that asks after the flow, whose reply was lost then', () => {
    const bench = new Bench();
    const flow = bench.open(9);
    bench.until(600);
    expect(bench.input({ type: 'asked', eid: flow.eid, address: A.address })).toEqual([]);
    expect(kinds(bench.input({ type: 'asked', eid: flow.eid, address: B.address }))).toEqual(['request']);
    expect(times(bench.until(5000), 'request')).toEqual([800, 1200, 2000, 3600]);
    bench.open(10);
    expect(times(bench.until(9000), 'request')).toEqual([5200, 5600, 6400, 8000]);
  });

  it('does not ask again about a flow that is open, or that it does not have', () => {
    const bench = new Bench();
    const flow = bench.open(9);
    bench.from(B, reply(flow.eid, 70), true);
    for (const eid of [flow.eid, 99, -1, 2 ** 31]) {
      expect(bench.input({ type: 'asked', eid, address: B.address })).toEqual([]);
    }
  });

  it('takes a peer for C again when its messages carry no mark any more', () => {
    const bench = new Bench();
    bench.serve(B, 100, true);
    bench.serve(B, 101, false);
    bench.open(9);
    expect(times(bench.until(2000), 'request')).toEqual([]);
  });

  it('says goodbye to a peer of ours whose acceptance came after it had given up, and nothing to C', () => {
    const bench = new Bench();
    const flow = bench.open(9);
    bench.input({ type: 'close', eid: flow.eid });
    expect(kinds(bench.from(B, reply(flow.eid, 70), true))).toEqual(['dropped', 'dealloc']);
    expect(kinds(bench.from(B, reply(flow.eid, 70), false))).toEqual(['dropped']);
  });

  it('ignores a second copy of the reply', () => {
    const bench = new Bench();
    const flow = bench.open(9);
    bench.from(B, reply(flow.eid, 70));
    expect(bench.from(B, reply(flow.eid, 71))).toEqual([{ type: 'dropped', reason: 'duplicate' }]);
    expect(flow.remoteEid).toBe(70);
  });

  it('takes EIDs in rotation, and says when there are none left', () => {
    const bench = new Bench();
    const first = bench.open(0);
    bench.input({ type: 'close', eid: first.eid });
    expect(bench.open(1).eid).toBe(first.eid + 1);
    for (let ref = 2; bench.machine.count < 4096 - 64; ref += 1) bench.open(ref);
    const outputs = bench.input({ type: 'open', ref: 7, peer: B, qos: QOS_RAW, hash: HASH, data: oap(1), limitMs: 1 });
    expect(outputs).toEqual([{ type: 'failed', ref: 7, reason: 'no-eid' }]);
  });
});

describe('a responder', () => {
  it('holds a reply to C back until 5 ms after the request', () => {
    const bench = new Bench();
    const { flow } = of(bench.from(A, request(64)), 'arrived');
    bench.now = 2_000;
    expect(bench.input({ type: 'answer', eid: flow.eid, response: 0, data: oap(3), dealloc: false })).toEqual([]);
    const seen = bench.until(100);
    expect(seen.map(({ at, output }) => [at, kinds([output])[0]])).toEqual([[5, 'reply']]);
    expect(flow).toMatchObject({ state: 'open', remoteEid: 64 });
  });

  it('answers a late C request, and every request of a peer of ours, at once', () => {
    const bench = new Bench();
    const late = of(bench.from(A, request(64)), 'arrived').flow;
    bench.now = 5_000;
    expect(kinds(bench.input({ type: 'answer', eid: late.eid, response: 0, data: oap(3), dealloc: false }))).toEqual([
      'reply',
    ]);
    const ours = of(bench.from(A, request(65), true), 'arrived').flow;
    expect(kinds(bench.input({ type: 'answer', eid: ours.eid, response: 0, data: oap(3), dealloc: true }))).toEqual([
      'reply',
    ]);
  });

  it('refuses with its own EID, and with reason data only towards a peer of ours', () => {
    for (const ours of [true, false]) {
      const bench = new Bench();
      const { flow } = of(bench.from(A, request(64), ours), 'arrived');
      bench.now = 10_000;
      const sent = of(
        bench.input({ type: 'answer', eid: flow.eid, response: -1007, data: oap(3), dealloc: ours }),
        'send',
      );
      const data = ours ? oap(3) : NOTHING;
      expect(sent.message).toEqual({ kind: 'reply', requester: 64, responder: flow.eid, response: -1007, data });
      expect(bench.machine.count).toBe(0);
    }
  });

  it('presents a repeated request once, and repeats its reply', () => {
    const bench = new Bench();
    const { flow } = of(bench.from(A, request(64), true), 'arrived');
    expect(kinds(bench.from(A, request(64), true))).toEqual(['dropped']);
    const answer = bench.input({ type: 'answer', eid: flow.eid, response: 0, data: oap(3), dealloc: true });
    expect(of(bench.from(A, request(64), true), 'send')).toEqual(of(answer, 'send'));
    expect(bench.machine.count).toBe(1);
  });

  it('repeats a refusal, and for an ended flow the reply and the goodbye, for 10 s', () => {
    const bench = new Bench();
    const refused = of(bench.from(A, request(64), true), 'arrived').flow;
    bench.input({ type: 'answer', eid: refused.eid, response: -1007, data: NOTHING, dealloc: true });
    expect(kinds(bench.from(A, request(64), true))).toEqual(['dropped', 'reply']);
    const served = bench.serve(A, 65, true);
    bench.input({ type: 'close', eid: served.eid });
    expect(kinds(bench.from(A, request(65), true))).toEqual(['dropped', 'reply', 'dealloc']);
    bench.until(10_001);
    expect(kinds(bench.from(A, request(65), true))).toEqual(['arrived']);
  });

  it('bounds what one peer, and all together, may leave unanswered', () => {
    const bench = new Bench();
    const last = (address: string, count: number): ShimOutput => {
      const outputs = Array.from({ length: count }, (_, i) => bench.from({ address, port: 1 }, request(64 + i)));
      return outputs.at(-1)!.at(-1)!;
    };
    expect(last('1', 1025)).toEqual({ type: 'dropped', reason: 'too-many-pending' });
    expect(last('2', 1024).type).toBe('arrived');
    expect(last('3', 1)).toEqual({ type: 'dropped', reason: 'too-many-pending' });
  });

  it.each([0, 0x80000000, 0xffffffff])('drops a request under the EID %i', (requester) => {
    expect(new Bench().from(A, request(requester))).toEqual([{ type: 'dropped', reason: 'bad-eid' }]);
  });
});

describe('the end of a flow', () => {
  it('is told a peer that agreed, three times within 150 ms', () => {
    const bench = new Bench();
    const flow = bench.serve(A, 64, true);
    const now = bench.input({ type: 'close', eid: flow.eid });
    expect(of(now, 'send').message).toEqual({ kind: 'dealloc', from: flow.eid, to: 64 });
    expect(times(bench.until(1000), 'dealloc')).toEqual([50, 150]);
  });

  it('is not told a C peer, nor one that did not agree', () => {
    const bench = new Bench();
    const flow = bench.serve(A, 64, false);
    bench.until(10);
    expect(bench.input({ type: 'close', eid: flow.eid })).toEqual([]);
    const other = bench.serve(A, 65, true);
    bench.input({ type: 'agreed', eid: other.eid, dealloc: false });
    expect(bench.input({ type: 'close', eid: other.eid })).toEqual([]);
    expect(bench.until(1000)).toEqual([]);
  });

  it('is believed only from the peer of the flow, with both EIDs', () => {
    const bench = new Bench();
    const flow = bench.serve(A, 64, true);
    const wrong: [ShimPeer, number, number][] = [
      [B, 64, flow.eid],
      [A, 65, flow.eid],
      [A, 64, flow.eid + 1],
    ];
    for (const [peer, from, to] of wrong)
      expect(kinds(bench.from(peer, { kind: 'dealloc', from, to }))).toEqual(['dropped']);
    const outputs = bench.from(A, { kind: 'dealloc', from: 64, to: flow.eid });
    expect(outputs).toEqual([{ type: 'ended', flow, cause: 'peer' }]);
    expect(kinds(bench.from(A, { kind: 'dealloc', from: 64, to: flow.eid }))).toEqual(['dropped']);
  });

  it('that overtakes the reply fails the allocation', () => {
    const bench = new Bench();
    const flow = bench.open(9);
    const outputs = bench.from(B, { kind: 'dealloc', from: 70, to: flow.eid });
    expect(outputs).toEqual([{ type: 'failed', ref: 9, reason: 'ended' }]);
  });
});

describe('a remote EID that is used anew', () => {
  it('by a request ends the older flow, open or not yet answered', () => {
    const bench = new Bench();
    const open = bench.serve(A, 64, false, oap(1));
    const outputs = bench.from(A, request(64, oap(2)));
    expect(outputs[0]).toEqual({ type: 'ended', flow: open, cause: 'reused' });
    const waiting = of(outputs, 'arrived').flow;
    expect(of(bench.from(A, request(64, oap(3))), 'ended').flow).toBe(waiting);
    expect(bench.input({ type: 'answer', eid: waiting.eid, response: 0, data: NOTHING, dealloc: false })).toEqual([]);
    expect(bench.machine.count).toBe(1);
  });

  it('by a reply ends the older flow, whoever asked for that', () => {
    const bench = new Bench();
    const older = bench.serve(B, 70, false);
    const flow = bench.open(9);
    expect(bench.from(B, reply(flow.eid, 70))[0]).toEqual({ type: 'ended', flow: older, cause: 'reused' });
  });

  it('of another peer ends nothing', () => {
    const bench = new Bench();
    bench.serve(A, 64, false);
    expect(kinds(bench.from(B, request(64)))).toEqual(['arrived']);
  });
});

describe('the handshake under fire', () => {
  const eid = fc.oneof(fc.integer({ min: 60, max: 72 }), fc.constantFrom(0, 4095, 4096, 0x7fffffff, 0xffffffff));
  const peer = fc.constantFrom(A, B);
  const data = fc.integer({ min: 0, max: 2 }).map(oap);
  const message: fc.Arbitrary<ShimMessage> = fc.oneof(
    fc.record({ requester: eid, data }).map((fields) => request(fields.requester, fields.data)),
    fc
      .record({ requester: eid, responder: eid, no: fc.boolean() })
      .map((f) => reply(f.requester, f.responder, f.no ? -1 : 0)),
    fc.record({ kind: fc.constant('dealloc' as const), from: eid, to: eid }),
  );
  const input: fc.Arbitrary<ShimInput | number> = fc.oneof(
    fc.record({ type: fc.constant('received' as const), peer, message, ours: fc.boolean() }),
    fc
      .record({ peer, data, ref: fc.nat(9) })
      .map((f) => ({ type: 'open' as const, ...f, qos: QOS_RAW, hash: HASH, limitMs: 500 })),
    fc.record({ eid, no: fc.boolean(), dealloc: fc.boolean() }).map((f) => ({
      type: 'answer' as const,
      eid: f.eid,
      response: f.no ? -1 : 0,
      data: NOTHING,
      dealloc: f.dealloc,
    })),
    fc.record({ type: fc.constant('close' as const), eid }),
    fc.integer({ min: 1, max: 3000 }),
  );

  it('never throws, answers every open once, and frees everything that is closed', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 120 }), (inputs) => {
        const bench = new Bench();
        const outputs: ShimOutput[] = [];
        for (const step of inputs) {
          if (typeof step === 'number')
            outputs.push(...bench.until(bench.now / 1000 + step).map(({ output }) => output));
          else outputs.push(...bench.input(step));
        }
        for (const flow of [...bench.machine.all()]) bench.input({ type: 'close', eid: flow.eid });
        bench.until(bench.now / 1000 + 1000);
        expect(bench.machine.count).toBe(0);
        expect(bench.machine.deadline).toBe(NEVER);
        const count = (type: string): number => outputs.filter((output) => output.type === type).length;
        expect(count('replied') + count('failed')).toBeLessThanOrEqual(count('opening'));
      }),
      { numRuns: 300 },
    );
  });
});
