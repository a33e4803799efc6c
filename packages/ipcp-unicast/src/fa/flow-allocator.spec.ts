import fc from 'fast-check';
import { CollectingSink } from '@ouroboros/machine';
import { QOS_RAW, QOS_VOICE, address, errorNumber, fromHex, micros, toHex, type Address } from '@ouroboros/model';
import { SeededRandom } from '@ouroboros/simnet';
import { encodeFa } from '@ouroboros/wire';
import { mbEcn } from '../ca/index.js';
import { FlowAllocator, type FaFlow, type FaInput, type FaOutput } from './index.js';

const A = address(0x0a0b0c0d);
const B = address(0x11223344);
const HASH = fromHex('42dee3b0415b4f690fd91cbd99876f1e9bd8d9745ef7fa32b142773af0349d54');
const MS = 1000;

class Side {
  now = 0;
  readonly cutOff = new Set<Address>();
  readonly fa: FlowAllocator;
  private readonly sink = new CollectingSink<FaOutput>();

  constructor(self: Address, seed = 1) {
    const random = new SeededRandom(seed);
    const canReach = (to: Address): boolean => !this.cutOff.has(to);
    this.fa = new FlowAllocator({ self, hashLength: 32, ca: mbEcn, random32: () => random.uint32(), canReach });
  }

  give(input: FaInput): FaOutput[] {
    this.fa.handle(input, micros(this.now), this.sink);
    return this.sink.take();
  }

  until(now: number): FaOutput[] {
    while (this.fa.deadline <= now) {
      this.now = this.fa.deadline;
      this.fa.wake(micros(this.now), this.sink);
    }
    this.now = now;
    return this.sink.take();
  }
}

type Kind<K extends FaOutput['kind']> = Extract<FaOutput, { kind: K }>;
const only = <K extends FaOutput['kind']>(outputs: FaOutput[], kind: K): Kind<K>[] =>
  outputs.filter((output): output is Kind<K> => output.kind === kind);
const packets = (outputs: FaOutput[]): Uint8Array[] => only(outputs, 'send').map((output) => output.bytes);

const allocation = (to: Address, id = 1, repeat = true): FaInput => ({
  kind: 'alloc',
  id,
  to,
  hash: HASH,
  qos: QOS_RAW,
  data: new Uint8Array(0),
  repeat,
});

/** Two sides with one open flow, asked for by the first. */
function opened(): { a: Side; b: Side; flowA: FaFlow; flowB: FaFlow } {
  const [a, b] = [new Side(A, 1), new Side(B, 2)];
  const asked = a.give(allocation(B));
  const arrived = only(b.give({ kind: 'message', bytes: packets(asked)[0]! }), 'arrived')[0]!;
  const reply = b.give({ kind: 'answer', flow: arrived.flow, response: 0, data: fromHex('aabb') });
  const done = a.give({ kind: 'message', bytes: packets(reply)[0]! });
  expect(only(done, 'allocated')).toEqual([{ kind: 'allocated', id: 1, response: 0, data: fromHex('aabb') }]);
  return { a, b, flowA: only(asked, 'requested')[0]!.flow, flowB: arrived.flow };
}

describe('the flow allocator', () => {
  it('opens a flow whose ends know each other', () => {
    const { flowA, flowB } = opened();
    expect([flowA.state, flowB.state]).toEqual(['open', 'open']);
    expect([flowA.remoteLow, flowA.remoteHigh]).toEqual([flowB.eidLow, flowB.eidHigh]);
    expect([flowB.remoteLow, flowB.remoteHigh]).toEqual([flowA.eidLow, flowA.eidHigh]);
    expect([flowA.remoteAddress, flowB.remoteAddress]).toEqual([B, A]);
    expect(flowA.eidLow).toBeGreaterThanOrEqual(64);
  });

  it('asks with the bytes of the spec', () => {
    const asked = new Side(B).give(allocation(A));
    const { flow } = only(asked, 'requested')[0]!;
    const eid = flow.eidHigh.toString(16).padStart(8, '0') + flow.eidLow.toString(16).padStart(8, '0');
    expect(toHex(packets(asked)[0]!)).toBe(
      `0000000011223344${'0'.repeat(16)}${eid}${'0'.repeat(24)}ffffffff0000000100000001ffffffff0001d4c00000000000` +
        toHex(HASH),
    );
  });

  it('repeats a request to a peer of ours until it is answered, and never one to C', () => {
    for (const repeat of [true, false]) {
      const a = new Side(A);
      const first = packets(a.give(allocation(B, 1, repeat)))[0]!;
      expect(packets(a.until(10_000 * MS))).toEqual(repeat ? [first, first, first, first] : []);
    }
  });

  it('finds out who a member is that does not answer, and repeats the request to a peer of ours', () => {
    const a = new Side(A);
    const first = packets(a.give(allocation(B, 1, false)))[0]!;
    expect(a.until(300 * MS)).toEqual([{ kind: 'greet', to: B }]);
    expect(a.give({ kind: 'ours', address: B })).toEqual([]);
    expect(packets(a.until(10_000 * MS))).toEqual([first, first, first]);
  });

  it('tells a peer of ours, and nobody else, that its reply came too late', () => {
    for (const ours of [true, false]) {
      const [a, b] = [new Side(A, 1), new Side(B, 2)];
      const asked = a.give(allocation(B, 1, ours));
      const { flow } = only(asked, 'requested')[0]!;
      const { flow: far } = only(b.give({ kind: 'message', bytes: packets(asked)[0]! }), 'arrived')[0]!;
      const ended = a.give({ kind: 'end', flow, tell: false });
      expect(only(ended, 'allocated')).toMatchObject([{ id: 1, response: -errorNumber('ECANCELED') }]);
      const reply = packets(b.give({ kind: 'answer', flow: far, response: 0, data: new Uint8Array(0) }));
      const told = packets(a.give({ kind: 'message', bytes: reply[0]! }));
      expect(told).toHaveLength(ours ? 1 : 0);
      if (ours)
        expect(only(b.give({ kind: 'message', bytes: told[0]! }), 'ended')).toEqual([{ kind: 'ended', flow: far }]);
    }
  });

  it('answers a repeated request with the first reply, also a refusal, and asks irmd once', () => {
    for (const response of [0, -errorNumber('ENAME')]) {
      const [a, b] = [new Side(A, 1), new Side(B, 2)];
      const bytes = packets(a.give(allocation(B)))[0]!;
      const { flow } = only(b.give({ kind: 'message', bytes }), 'arrived')[0]!;
      expect(b.give({ kind: 'message', bytes })).toEqual([]);
      const reply = packets(b.give({ kind: 'answer', flow, response, data: new Uint8Array(0) }));
      expect(packets(b.give({ kind: 'message', bytes }))).toEqual(reply);
      expect(only(a.give({ kind: 'message', bytes: reply[0]! }), 'allocated')[0]!.response).toBe(response);
      expect(a.give({ kind: 'message', bytes: reply[0]! })).toEqual([]);
    }
  });

  it('keeps nothing of a refused or ended flow', () => {
    const { a, b, flowA } = opened();
    const told = packets(a.give({ kind: 'end', flow: flowA, tell: true }));
    expect(only(b.give({ kind: 'message', bytes: told[0]! }), 'ended')).toHaveLength(1);
    expect([a.fa.flows.size, b.fa.flows.size]).toEqual([0, 0]);
    const again = packets(a.until(1000 * MS));
    expect(again).toEqual([told[0], told[0]]);
    for (const bytes of again) expect(b.give({ kind: 'message', bytes })).toEqual([]);
    expect(a.fa.deadline).toBe(Infinity);
  });

  it('tells nobody who did not agree to hear of it', () => {
    const { a, flowA } = opened();
    expect(a.give({ kind: 'end', flow: flowA, tell: false })).toEqual([]);
  });

  it('ends the flows to a member that is gone, and fails the requests to it', () => {
    const { a, flowA } = opened();
    a.give(allocation(B, 2));
    a.give(allocation(address(77), 3));
    const outputs = a.give({ kind: 'member-gone', address: B });
    expect(only(outputs, 'ended').map((output) => output.flow)).toEqual([flowA]);
    expect(only(outputs, 'allocated')).toMatchObject([{ id: 2, response: -errorNumber('EFLOWDOWN') }]);
    expect(a.fa.flows.size).toBe(1);
  });

  it('gives up the requests to a member that cannot be reached, but keeps its flows', () => {
    const { a, flowA } = opened();
    a.give(allocation(B, 2));
    expect(a.give({ kind: 'routes' })).toEqual([]);
    a.cutOff.add(B);
    const outputs = a.give({ kind: 'routes' });
    expect(outputs).toMatchObject([{ kind: 'allocated', id: 2, response: -errorNumber('EFLOWDOWN') }]);
    expect(a.fa.flows.values()).toEqual([flowA]);
  });

  it('tells the end of a flow when there is a way again, if there was none, and not after two minutes', () => {
    for (const [waitMs, told] of [
      [1_000, 3],
      [121_000, 0],
    ] as const) {
      const { a, b, flowA } = opened();
      a.cutOff.add(B);
      expect(packets(a.give({ kind: 'end', flow: flowA, tell: true }))).toEqual([]);
      expect(packets(a.until(waitMs * MS))).toEqual([]);
      a.cutOff.clear();
      const sent = [...packets(a.give({ kind: 'routes' })), ...packets(a.until((waitMs + 1_000) * MS))];
      expect(sent).toHaveLength(told);
      const heard = sent.flatMap((bytes) => b.give({ kind: 'message', bytes }));
      expect(only(heard, 'ended')).toHaveLength(told === 0 ? 0 : 1);
    }
  });

  it('tells the end of a flow in the cube of the flow, each time, so that it does not overtake packets', () => {
    const { a, flowA } = opened();
    flowA.user = { features: 1, qos: QOS_VOICE } as FaFlow['user'];
    const told = [...a.give({ kind: 'end', flow: flowA, tell: true }), ...a.until(1_000 * MS)];
    expect(only(told, 'send').map(({ cube }) => cube)).toEqual([2, 2, 2]);
  });

  it('tells a member that was taken for gone of the ends of its flows, should it be there after all', () => {
    const { a, flowA } = opened();
    flowA.user = { features: 1, qos: QOS_RAW } as FaFlow['user'];
    a.cutOff.add(B);
    expect(packets(a.give({ kind: 'member-gone', address: B }))).toEqual([]);
    a.cutOff.clear();
    expect(packets(a.give({ kind: 'routes' }))).toHaveLength(1);
  });

  it('runs hundreds of requests side by side and refuses beyond its 4,032 numbers', () => {
    const b = new Side(B);
    let last: FaOutput[] = [];
    for (let i = 1; i <= 4033; i += 1) {
      const request = { kind: 'request', sAddr: A, sEid: BigInt(i + 64), qos: QOS_RAW, hash: HASH } as const;
      last = b.give({ kind: 'message', bytes: encodeFa({ ...request, data: new Uint8Array(0) }) });
      if (i <= 4032) expect(last[0]!.kind).toBe('arrived');
    }
    expect(only(last, 'send')).toHaveLength(1);
    expect(b.fa.counters.refused).toBe(1);
  });

  it('takes congestion reports only for a flow that it knows by its whole EID', () => {
    const { a, flowA } = opened();
    const low = BigInt(flowA.eidLow);
    a.give({ kind: 'message', bytes: encodeFa({ kind: 'update', rEid: low, ece: 9 }) });
    a.give({ kind: 'message', bytes: encodeFa({ kind: 'update', rEid: 0n, ece: 9 }) });
    expect(flowA.updatesReceived).toBe(0);
    a.give({
      kind: 'message',
      bytes: encodeFa({ kind: 'update', rEid: (BigInt(flowA.eidHigh) << 32n) | low, ece: 9 }),
    });
    expect(flowA.congestion.describe().upstreamLevel).toBe(9);
  });

  it('answers an echo at once, in its cube, but not one that says it comes from itself or from nobody', () => {
    const [a, b] = [new Side(A), new Side(B)];
    const echoFrom = (sAddr: number): FaInput => ({
      kind: 'message',
      bytes: encodeFa({ kind: 'echo', sAddr, number: 7n, cube: 2 }),
    });
    const bytes = encodeFa({ kind: 'echo-reply', number: 7n, cube: 2 });
    expect(b.give(echoFrom(A))).toEqual([{ kind: 'send', to: A, bytes, cube: 2 }]);
    expect([...b.give(echoFrom(B)), ...b.give(echoFrom(0))]).toEqual([]);
    expect(a.give({ kind: 'message', bytes })).toEqual([{ kind: 'echoed', number: 7n }]);
    expect([a.fa.flows.size, b.fa.flows.size, b.fa.counters.malformed]).toEqual([0, 0, 2]);
  });

  it('survives arbitrary and mutated messages', () => {
    const { a, b } = opened();
    const sample = packets(a.give(allocation(B, 5)))[0]!;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), fc.nat(sample.length - 1), fc.nat(255), (noise, at, byte) => {
        const mutated = sample.slice();
        mutated[at] = byte;
        for (const bytes of [noise, mutated]) {
          for (const output of b.give({ kind: 'message', bytes })) {
            if (output.kind === 'arrived') b.give({ kind: 'end', flow: output.flow, tell: false });
          }
        }
        expect(b.fa.flows.size).toBeLessThan(3);
      }),
      { numRuns: 2000 },
    );
  });
});
