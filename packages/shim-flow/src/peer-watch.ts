/**
 * Finds out that the shim at the other end of open flows is gone. For peers that agreed on INQUIRY.
 *
 * A shim that is killed says no goodbye. So a peer of which nothing was heard for 350 to 700 ms is asked whether one
 * of the flows that are shared with it still exists, each time another one. There are three answers:
 *
 *   alive     the peer has the flow
 *   unknown   the peer has started anew and does not have it: it is asked about all others at once
 *   refused   the system there says that nobody has the port: asked again soon, and when refused again, all flows have ended
 *
 * Silence proves nothing: a cut cable heals, and its flows with it.
 *
 * States of a peer: heard → silent (asked again and again) → refused once → gone; anything heard leads back to heard.
 */
import { NEVER, fromMs, type Micros } from '@ouroboros/model';
import type { Machine, Sink } from '@ouroboros/machine';
import type { ShimFlow } from './events.js';
import type { ShimPeer } from './messages.js';

/**
 * A look at what was heard. Two of them and a second question stay well below a second. Links at rest are probed every
 * 300 ms, so most looks hear them; not each, as a probe is left out where something else was sent in its interval.
 */
const LOOK = fromMs(350);
/** A restarting shim may be bound again by then. */
const ASK_AGAIN = fromMs(100);

/** An open flow as this machine sees it. */
export interface WatchedFlow {
  readonly shim: ShimFlow;
  /** Set by the packet path for each packet of the peer; reset here. */
  heard: boolean;
}

export type PeerWatchInput<F extends WatchedFlow> =
  | { readonly type: 'watch'; readonly flow: F }
  | { readonly type: 'unwatch'; readonly flow: F }
  | { readonly type: 'answer'; readonly flow: F; readonly answer: 'alive' | 'unknown' | 'refused' };

export type PeerWatchOutput<F extends WatchedFlow> =
  /** Ask the peer whether it has this flow. */
  | { readonly type: 'ask'; readonly flow: F }
  /** The flow has ended; it is watched no more. */
  | { readonly type: 'gone'; readonly flow: F };

interface Watched<F> {
  readonly flows: Set<F>;
  refusals: number;
  askAgainAt: Micros;
}

export class PeerWatch<F extends WatchedFlow> implements Machine<PeerWatchInput<F>, PeerWatchOutput<F>> {
  private readonly peers = new Map<string, Watched<F>>();
  private nextLook = NEVER;

  get deadline(): Micros {
    let earliest = this.nextLook;
    for (const { askAgainAt } of this.peers.values()) if (askAgainAt < earliest) earliest = askAgainAt;
    return earliest;
  }

  handle(input: PeerWatchInput<F>, now: Micros, out: Sink<PeerWatchOutput<F>>): void {
    const { flow } = input;
    if (input.type === 'watch') return this.watch(flow, now);
    const peer = this.peers.get(keyOf(flow.shim.peer));
    if (!peer?.flows.has(flow)) return;
    if (input.type === 'unwatch') this.forget(peer, flow);
    else if (input.answer === 'alive') flow.heard = true;
    else if (input.answer === 'unknown') this.unknown(peer, flow, out);
    else this.refused(peer, now, out);
  }

  wake(now: Micros, out: Sink<PeerWatchOutput<F>>): void {
    for (const peer of this.peers.values()) {
      if (peer.askAgainAt > now) continue;
      peer.askAgainAt = NEVER;
      ask(peer, out);
    }
    if (this.nextLook > now) return;
    this.nextLook = (now + LOOK) as Micros;
    for (const peer of this.peers.values()) look(peer, out);
  }

  private watch(flow: F, now: Micros): void {
    const key = keyOf(flow.shim.peer);
    const peer = this.peers.get(key) ?? { flows: new Set(), refusals: 0, askAgainAt: NEVER };
    this.peers.set(key, peer);
    peer.flows.add(flow);
    flow.heard = true;
    if (this.nextLook === NEVER) this.nextLook = (now + LOOK) as Micros;
  }

  private unknown(peer: Watched<F>, flow: F, out: Sink<PeerWatchOutput<F>>): void {
    this.end(peer, flow, out);
    for (const other of peer.flows) out.emit({ type: 'ask', flow: other });
  }

  private refused(peer: Watched<F>, now: Micros, out: Sink<PeerWatchOutput<F>>): void {
    if ([...peer.flows].some(({ heard }) => heard)) return;
    peer.refusals += 1;
    if (peer.refusals === 1) peer.askAgainAt = (now + ASK_AGAIN) as Micros;
    else for (const flow of [...peer.flows]) this.end(peer, flow, out);
  }

  private end(peer: Watched<F>, flow: F, out: Sink<PeerWatchOutput<F>>): void {
    this.forget(peer, flow);
    out.emit({ type: 'gone', flow });
  }

  private forget(peer: Watched<F>, flow: F): void {
    peer.flows.delete(flow);
    if (peer.flows.size > 0) return;
    this.peers.delete(keyOf(flow.shim.peer));
    if (this.peers.size === 0) this.nextLook = NEVER;
  }
}

function look<F extends WatchedFlow>(peer: Watched<F>, out: Sink<PeerWatchOutput<F>>): void {
  if (heardOf(peer)) peer.refusals = 0;
  else if (peer.askAgainAt === NEVER) ask(peer, out);
}

/** The flow that was asked about longest ago goes to the end of the set. */
function ask<F extends WatchedFlow>(peer: Watched<F>, out: Sink<PeerWatchOutput<F>>): void {
  for (const flow of peer.flows) {
    peer.flows.delete(flow);
    peer.flows.add(flow);
    return out.emit({ type: 'ask', flow });
  }
}

/** Whether anything was heard since the last call. */
function heardOf<F extends WatchedFlow>({ flows }: Watched<F>): boolean {
  let any = false;
  for (const flow of flows) {
    any ||= flow.heard;
    flow.heard = false;
  }
  return any;
}

const keyOf = ({ address, port }: ShimPeer): string => `${address} ${port}`;
