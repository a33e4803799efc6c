import { CollectingSink } from '@ouroboros/machine';
import { NEVER, fromMs, type Micros } from '@ouroboros/model';
import type { ShimPeer } from './messages.js';
import { PeerWatch, type PeerWatchInput, type PeerWatchOutput, type WatchedFlow } from './peer-watch.js';

const PEER: ShimPeer = { address: '10.0.0.2', port: 3435 };
const OTHER: ShimPeer = { address: '10.0.0.3', port: 3435 };

interface TestFlow extends WatchedFlow {
  readonly name: string;
}

const flowTo = (peer: ShimPeer, name: string): TestFlow => ({
  name,
  heard: false,
  shim: { eid: 64, peer, remoteEid: 65, state: 'open' },
});

class Rig {
  readonly watch = new PeerWatch<TestFlow>();
  private readonly sink = new CollectingSink<PeerWatchOutput<TestFlow>>();
  private now = 0 as Micros;

  input(input: PeerWatchInput<TestFlow>): string[] {
    this.watch.handle(input, this.now, this.sink);
    return this.said();
  }

  watching(...flows: TestFlow[]): void {
    for (const flow of flows) this.input({ type: 'watch', flow });
  }

  answer(flow: TestFlow, answer: 'alive' | 'unknown' | 'refused'): string[] {
    return this.input({ type: 'answer', flow, answer });
  }

  /** Lets time go by, to each deadline in turn. */
  ms(ms: number): string[] {
    const until = (this.now + fromMs(ms)) as Micros;
    while (this.watch.deadline <= until) {
      this.now = this.watch.deadline;
      this.watch.wake(this.now, this.sink);
    }
    this.now = until;
    return this.said();
  }

  private said(): string[] {
    return this.sink.take().map(({ type, flow }) => `${type} ${flow.name}`);
  }
}

describe('PeerWatch', () => {
  it('asks nothing of a peer that is heard, and has no deadline without flows', () => {
    const rig = new Rig();
    const flow = flowTo(PEER, 'a');
    expect(rig.watch.deadline).toBe(NEVER);
    rig.watching(flow);
    for (let i = 0; i < 10; i += 1) {
      flow.heard = true;
      expect(rig.ms(200)).toEqual([]);
    }
    rig.input({ type: 'unwatch', flow });
    expect(rig.watch.deadline).toBe(NEVER);
  });

  it('asks a silent peer every 350 ms, about each flow in turn; one that is heard on any flow is not silent', () => {
    const rig = new Rig();
    const [a, b, c] = [flowTo(PEER, 'a'), flowTo(PEER, 'b'), flowTo(OTHER, 'c')];
    rig.watching(a, b, c);
    expect(rig.ms(350)).toEqual([]);
    expect(rig.ms(1050)).toEqual(['ask a', 'ask c', 'ask b', 'ask c', 'ask a', 'ask c']);
    b.heard = true;
    expect(rig.ms(350)).toEqual(['ask c']);
  });

  it('never ends a flow for silence, nor for an answer that it lives', () => {
    const rig = new Rig();
    const flow = flowTo(PEER, 'a');
    rig.watching(flow);
    expect(new Set(rig.ms(3_600_000))).toEqual(new Set(['ask a']));
    expect(rig.answer(flow, 'alive')).toEqual([]);
    expect(rig.ms(350)).toEqual([]);
  });

  it('ends all flows within a second when the port is refused twice', () => {
    const rig = new Rig();
    const [a, b, c] = [flowTo(PEER, 'a'), flowTo(PEER, 'b'), flowTo(OTHER, 'c')];
    rig.watching(a, b, c);
    c.heard = true;
    rig.ms(700);
    expect(rig.answer(a, 'refused')).toEqual([]);
    expect(rig.ms(100)).toEqual(['ask b']);
    expect(rig.answer(b, 'refused').sort()).toEqual(['gone a', 'gone b']);
    expect(rig.answer(a, 'refused')).toEqual([]);
  });

  it('forgets a refusal when the peer is heard again', () => {
    const rig = new Rig();
    const flow = flowTo(PEER, 'a');
    rig.watching(flow);
    rig.ms(700);
    rig.answer(flow, 'refused');
    flow.heard = true;
    expect(rig.ms(100)).toEqual(['ask a']);
    expect(rig.answer(flow, 'refused')).toEqual([]);
    rig.ms(700);
    expect(rig.answer(flow, 'refused')).toEqual([]);
    expect(rig.ms(100)).toEqual(['ask a']);
  });

  it('asks about all other flows at once when the peer does not know one', () => {
    const rig = new Rig();
    const flows = ['a', 'b', 'c'].map((name) => flowTo(PEER, name)) as [TestFlow, TestFlow, TestFlow];
    rig.watching(...flows);
    rig.ms(700);
    expect(rig.answer(flows[0], 'unknown')).toEqual(['gone a', 'ask b', 'ask c']);
    expect(rig.answer(flows[1], 'unknown')).toEqual(['gone b', 'ask c']);
    expect(rig.answer(flows[2], 'unknown')).toEqual(['gone c']);
    expect(rig.watch.deadline).toBe(NEVER);
  });
});
