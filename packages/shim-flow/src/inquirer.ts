import type { Clock } from '@ouroboros/ports';
import { MachineDriver } from '@ouroboros/machine';
import type { ShimFlow } from './events.js';
import type { ShimInquiry, ShimPeer } from './messages.js';
import { PeerWatch, type PeerWatchInput, type PeerWatchOutput } from './peer-watch.js';
import type { ShimPath } from './shim-path.js';
import type { ShimWire } from './shim-wire.js';

/** How long an answer is waited for: less than the time to the next question, so that they do not pile up. */
const ANSWER_LIMIT_MS = 250;

export interface InquirerParts<P extends ShimPeer> {
  readonly clock: Clock;
  readonly wire: ShimWire<P>;
  /** A peer asks after a flow for whose reply we wait: there is no answer yet. */
  readonly unreplied: (eid: number, peer: P) => void;
  /** The flow behind an own EID. */
  readonly flowOf: (eid: number) => ShimFlow<P> | undefined;
  /** The peer does not have the flow any more. */
  readonly gone: (flow: ShimPath<P>) => void;
}

/** Joins the watch over peers to the wire: asks for it, and answers peers that ask. [docs/wire-extensions.md §2] */
export class Inquirer<P extends ShimPeer> {
  private readonly driver: MachineDriver<PeerWatchInput<ShimPath<P>>, PeerWatchOutput<ShimPath<P>>>;

  constructor(private readonly parts: InquirerParts<P>) {
    this.driver = new MachineDriver(new PeerWatch<ShimPath<P>>(), parts.clock, ({ type, flow }) => {
      if (type === 'gone') parts.gone(flow);
      else void this.ask(flow);
    });
  }

  watch(flow: ShimPath<P>): void {
    this.driver.input({ type: 'watch', flow });
  }

  unwatch(flow: ShimPath<P>): void {
    this.driver.input({ type: 'unwatch', flow });
  }

  stop(): void {
    this.driver.stop();
  }

  answer({ from, to }: ShimInquiry, peer: P): void {
    const flow = this.parts.flowOf(to);
    if (flow?.state === 'requesting') return this.parts.unreplied(to, peer);
    const has = flow?.state === 'open' && flow.peer.address === peer.address && flow.remoteEid === from;
    this.parts.wire.say({ kind: has ? 'alive' : 'dealloc', from: to, to: from }, peer);
  }

  private async ask(flow: ShimPath<P>): Promise<void> {
    const answer = await this.parts.wire.inquire?.(flow.shim, ANSWER_LIMIT_MS);
    if (answer !== undefined && answer !== 'silent') this.driver.input({ type: 'answer', flow, answer });
  }
}
