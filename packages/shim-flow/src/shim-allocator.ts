import type { UserFlowRequest } from '@ouroboros/ipcp-kit';
import { OuroborosError, errorNumber } from '@ouroboros/model';
import type { IpcpFlowAllocResult } from '@ouroboros/ports';
import type { ShimPeer } from './messages.js';
import type { AttemptResult, ShimLayer } from './shim-layer.js';

/** How long a host gets to answer: C does within 2 s or never; a lost request is repeated after 2.5 s. [spec/wire-shims.md §1.5] */
const ANSWER_LIMIT_MS = 5_000;
/** The least that each of several hosts gets. */
const ANSWER_MIN_MS = 2_500;
/** Refusals after which another host of the same name may serve: the name, or a server, is not there. */
const TRY_NEXT = new Set([-errorNumber('ENAME'), -errorNumber('ENOSERVER'), -errorNumber('EIPCPSTATE')]);

/** Flows to names that several hosts may have: the hosts take turns, and the next is asked when one has nobody. */
export class ShimAllocator<P extends ShimPeer> {
  private turn = 0;

  constructor(private readonly layer: ShimLayer<P>) {}

  /** `peers`: the hosts that have the name. ENAME, ENOANSWER, EAGAIN, EFLOWDOWN, EMSGSIZE. */
  async alloc(request: UserFlowRequest, peers: readonly P[]): Promise<IpcpFlowAllocResult> {
    const limitMs = Math.max(ANSWER_LIMIT_MS / Math.max(peers.length, 1), ANSWER_MIN_MS);
    let last: AttemptResult | undefined;
    for (const peer of this.inTurn(peers)) {
      last = await this.layer.attempt(request, peer, limitMs);
      if (!mayTryNext(last)) break;
    }
    const { title } = this.layer;
    if (last === undefined)
      throw new OuroborosError('ENAME', `the ${title} knows no host with this name`, { stage: 'name' });
    return resultOf(last, peers.length, title);
  }

  private inTurn(peers: readonly P[]): readonly P[] {
    if (peers.length < 2) return peers;
    const first = this.turn % peers.length;
    this.turn += 1;
    return [...peers.slice(first), ...peers.slice(0, first)];
  }
}

const mayTryNext = (result: AttemptResult): boolean =>
  'failed' in result ? result.failed === 'no-answer' : TRY_NEXT.has(result.response);

function resultOf(result: AttemptResult, hosts: number, title: string): IpcpFlowAllocResult {
  if (!('failed' in result)) return result;
  const who = hosts === 1 ? 'the remote host' : `any of the ${hosts} remote hosts`;
  if (result.failed === 'no-answer')
    throw new OuroborosError('ENOANSWER', `no answer from ${who}`, { stage: 'remote' });
  if (result.failed === 'no-eid')
    throw new OuroborosError('EAGAIN', `the ${title} has no endpoint ids left`, { stage: 'layer' });
  throw new OuroborosError('EFLOWDOWN', 'the flow ended while it was being allocated', { stage: 'remote' });
}
