import { fromMs, type Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import type { InquiryAnswer, ShimFlow } from '@ouroboros/shim-flow';
import type { EthFlowWord } from '@ouroboros/wire';
import type { EthPeer } from './eth-peer.js';

interface Question {
  readonly flow: ShimFlow<EthPeer>;
  settle(answer: InquiryAnswer): void;
}

/** Questions about flows that wait for their answer, one per flow. Ethernet has no port of its own for them, as UDP has. */
export class EthQuestions {
  /** By own EID. */
  private readonly waiting = new Map<number, Question>();

  constructor(private readonly clock: Clock) {}

  /** The answer to a question that has just been sent; `silent` after `limitMs`, or when it is asked again. */
  answerTo(flow: ShimFlow<EthPeer>, limitMs: number): Promise<InquiryAnswer> {
    this.waiting.get(flow.eid)?.settle('silent');
    return new Promise((resolve) => {
      const settle = (answer: InquiryAnswer): void => {
        cancel();
        this.waiting.delete(flow.eid);
        resolve(answer);
      };
      const cancel = this.clock.at((this.clock.now() + fromMs(limitMs)) as Micros, () => settle('silent'));
      this.waiting.set(flow.eid, { flow, settle });
    });
  }

  /** True when the word is the answer to a question: the peer has the flow, or (`dealloc`) has it no more. */
  take(word: EthFlowWord, peer: EthPeer): boolean {
    const question = this.waiting.get(word.dEid);
    if (!question || word.kind === 'inquiry') return false;
    const { flow } = question;
    if (flow.peer.mac !== peer.mac || flow.remoteEid !== word.sEid) return false;
    question.settle(word.kind === 'alive' ? 'alive' : 'unknown');
    return true;
  }

  close(): void {
    for (const { settle } of [...this.waiting.values()]) settle('silent');
  }
}
