import type { Counters } from '@ouroboros/ipcp-kit';
import { MachineDriver } from '@ouroboros/machine';
import type { Clock } from '@ouroboros/ports';
import {
  PeerWatch,
  type PeerWatchInput,
  type PeerWatchOutput,
  type ShimFlow,
  type ShimPeer,
} from '@ouroboros/shim-flow';
import { decodeUdpMgmt, encodeUdpMgmt, type UdpFlowAlive, type UdpFlowInquiry } from '@ouroboros/wire';
import { COUNT } from './udp-counters.js';
import type { UdpFlow } from './udp-flow.js';
import type { UdpSocket } from './udp-socket.js';

/** How long an answer is waited for: less than the time to the next question, so that they do not pile up. */
const ANSWER_LIMIT_MS = 250;

export interface UdpInquiryParts {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly socket: UdpSocket;
  /** A peer asks after a flow for whose reply we wait: there is no answer yet. */
  readonly unreplied: (eid: number, from: ShimPeer) => void;
  /** The flow behind an own EID. */
  readonly flowOf: (eid: number) => ShimFlow | undefined;
  /** The peer does not have the flow any more. */
  readonly gone: (flow: UdpFlow) => void;
}

/** Joins the watch over peers to the socket: asks for it, and answers peers that ask. [docs/wire-extensions.md] */
export class UdpInquiry {
  private readonly driver: MachineDriver<PeerWatchInput<UdpFlow>, PeerWatchOutput<UdpFlow>>;

  constructor(private readonly parts: UdpInquiryParts) {
    this.driver = new MachineDriver(new PeerWatch<UdpFlow>(), parts.clock, ({ type, flow }) => {
      if (type === 'gone') parts.gone(flow);
      else void this.ask(flow);
    });
  }

  watch(flow: UdpFlow): void {
    this.driver.input({ type: 'watch', flow });
  }

  unwatch(flow: UdpFlow): void {
    this.driver.input({ type: 'unwatch', flow });
  }

  stop(): void {
    this.driver.stop();
  }

  /** A message at the layer's port. Answers to questions of ours go to the ports that those came from. */
  received(message: UdpFlowInquiry | UdpFlowAlive, from: ShimPeer): void {
    if (message.kind === 'inquiry') this.answer(message, from);
    else this.parts.counters.add(COUNT.dropUnasked);
  }

  private answer({ sEid, dEid }: UdpFlowInquiry, from: ShimPeer): void {
    const flow = this.parts.flowOf(dEid);
    if (flow?.state === 'requesting') return this.parts.unreplied(dEid, from);
    const has = flow?.state === 'open' && flow.peer.address === from.address && flow.remoteEid === sEid;
    const ends = { sEid: dEid, dEid: sEid };
    this.parts.socket.sendMgmt(
      encodeUdpMgmt(has ? { kind: 'alive', ...ends } : { kind: 'dealloc', response: 0, ...ends }),
      from,
    );
  }

  private async ask(flow: UdpFlow): Promise<void> {
    const { eid: sEid, remoteEid: dEid, peer } = flow.shim;
    const question = encodeUdpMgmt({ kind: 'inquiry', sEid, dEid });
    const answer = await this.parts.socket.ask(question, peer, ANSWER_LIMIT_MS);
    if (answer === 'silent') return;
    if (answer === 'refused') return this.driver.input({ type: 'answer', flow, answer });
    const decoded = decodeUdpMgmt(answer);
    if (!decoded.ok) return;
    const { value } = decoded;
    if ((value.kind !== 'alive' && value.kind !== 'dealloc') || value.sEid !== dEid || value.dEid !== sEid) return;
    this.driver.input({ type: 'answer', flow, answer: value.kind === 'alive' ? 'alive' : 'unknown' });
  }
}
