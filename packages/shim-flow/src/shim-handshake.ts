/**
 * The flow handshake of shims. [spec/wire-shims.md §1.2, §2.4, §8; living-with-c.md 1, 2]
 *
 * One machine holds all flows of a shim. A requester takes an EID, sends a request, and waits for a reply that names it;
 * a responder takes an EID when a request arrives, presents the request, and replies once it is answered. There is
 * no third message: data may follow at once, and between peers of ours a deallocation message ends the flow.
 *
 * States of a flow:
 *   requesting → open        (reply, response 0)         requesting → gone  (refused, no answer, given up)
 *   arrived    → open        (answered, response 0)      arrived    → gone  (refused, or the remote EID came again)
 *   open       → gone        (closed here, deallocation message, or the remote EID came again)
 *
 * Sending a request again. A responder of ours answers a repeated request (same peer, EID, hash, data) with the same
 * reply, so towards peers known to be ours it is repeated after 200, 600, 1,400 ms and so on. A C responder presents each copy as a
 * new flow, and it answers within 2 s of the request or never (its accept window, twice) [spec/wire-shims.md §1.5]:
 * towards C and strangers it is repeated once, after 2.5 s, when the first copy or its reply is surely lost. A stranger that
 * asks after the flow is ours, and has replied: the request is repeated at once, and so is the reply.
 *
 * A reply towards C is held back until 5 ms after the request, as C notes whom it asked only after it has asked.
 */
import { equalBytes, fromMs, type Micros } from '@ouroboros/model';
import type { Machine, Sink } from '@ouroboros/machine';
import { Agenda } from './agenda.js';
import { BoundedMap } from './bounded-map.js';
import { EidRotation, type EidRange } from './eid-rotation.js';
import type { ShimDropReason, ShimFlow, ShimInput, ShimOutput } from './events.js';
import type { ShimDealloc, ShimPeer, ShimReply, ShimRequest } from './messages.js';

/** First repetition towards a peer of ours; the gap doubles. */
const RETRY_MS = 200;
/** The one repetition towards everybody else. */
const RETRY_UNKNOWN_MS = 2_500;
/** Held-back time of replies towards C. [spec/wire-shims.md Quirk 15] */
const REPLY_DELAY_MS = 5;
/** When a deallocation message is sent: it may be lost, and is not acknowledged. */
const FAREWELL_MS = [0, 50, 150] as const;
/** How long a reply is remembered for repeated requests: longer than a requester of ours repeats. */
const REMEMBER_MS = 10_000;
const REMEMBERED = 1_024;
const KNOWN_PEERS = 4_096;
/** Unanswered requests of one peer, and of all. */
const MAX_PENDING_OF_PEER = 1_024;
const MAX_PENDING = 2_048;
/** Shortest OAP message: anything shorter carries no random id and proves no repetition. */
const OAP_MIN = 36;

type Out<P extends ShimPeer> = Sink<ShimOutput<P>>;
type Act<P extends ShimPeer> = (now: Micros, out: Out<P>) => void;

interface Flow<P extends ShimPeer> extends ShimFlow<P> {
  remoteEid: number;
  state: ShimFlow['state'];
  readonly ref: number;
  /** The request: what the requester repeats, and by which the responder knows a repetition. */
  readonly request: ShimRequest;
  /** Responder: when the request arrived, and whether it came from a peer of ours. */
  readonly since: Micros;
  readonly ours: boolean;
  readonly requested: boolean;
  reply: ShimReply | undefined;
  /** Both ends agreed on deallocation messages. */
  dealloc: boolean;
}

/** The answer to a request whose flow is gone, for its repetitions. */
interface Remembered {
  readonly request: ShimRequest;
  readonly reply: ShimReply;
  readonly farewell: ShimDealloc | undefined;
  readonly until: Micros;
}

export class ShimHandshake<P extends ShimPeer> implements Machine<ShimInput<P>, ShimOutput<P>> {
  private readonly flows: EidRotation<Flow<P>>;
  /** Flows by (peer, remote EID). */
  private readonly byRemote = new Map<string, Flow<P>>();
  private readonly agenda = new Agenda<string, Act<P>>();
  private readonly remembered = new BoundedMap<string, Remembered>(REMEMBERED);
  private readonly oursByAddress = new BoundedMap<string, boolean>(KNOWN_PEERS);
  private readonly pendingByPeer = new Map<string, number>();
  private pending = 0;
  private farewells = 0;

  /** `dependable`: see ShimWire; then nothing is said again by time. */
  constructor(
    private readonly eids: EidRange,
    private readonly dependable = false,
  ) {
    this.flows = new EidRotation<Flow<P>>(eids);
  }

  get deadline(): Micros {
    return this.agenda.deadline;
  }

  get count(): number {
    return this.flows.count;
  }

  /** The flow behind an EID from the network; any number may be asked. For packet paths. */
  flow(eid: number): ShimFlow<P> | undefined {
    return this.flows.get(eid);
  }

  *all(): Iterable<ShimFlow<P>> {
    yield* this.flows.holders();
  }

  handle(input: ShimInput<P>, now: Micros, out: Out<P>): void {
    switch (input.type) {
      case 'open':
        return this.open(input, now, out);
      case 'received':
        return this.received(input, now, out);
      case 'answer':
        return this.answer(input, now, out);
      case 'asked':
        return this.asked(input, now, out);
      case 'agreed': {
        const flow = this.flows.get(input.eid);
        if (flow) flow.dealloc = input.dealloc;
        return;
      }
      case 'close':
        return this.close(input.eid, now, out);
    }
  }

  wake(now: Micros, out: Out<P>): void {
    for (const act of this.agenda.takeDue(now)) act(now, out);
  }

  // ── requester ──

  private open(input: ShimInput<P> & { type: 'open' }, now: Micros, out: Out<P>): void {
    const { ref, peer, qos, hash, data } = input;
    const flow = this.flows.take((eid) => {
      const request: ShimRequest = { kind: 'request', requester: eid, qos, hash, data };
      return newFlow(eid, peer, { ref, request, since: now, requested: true, ours: false });
    });
    if (!flow) return out.emit({ type: 'failed', ref, reason: 'no-eid' });
    out.emit({ type: 'opening', ref, flow });
    out.emit({ type: 'send', peer, message: flow.request });
    const ours = this.oursByAddress.get(peer.address) === true;
    this.planRetry(flow, now, ours ? RETRY_MS : RETRY_UNKNOWN_MS, ours);
    this.agenda.set(`limit ${flow.eid}`, after(now, input.limitMs), (_, sink) => {
      this.remove(flow);
      sink.emit({ type: 'failed', ref, reason: 'no-answer' });
    });
  }

  private planRetry(flow: Flow<P>, now: Micros, gapMs: number, again: boolean): void {
    if (this.dependable) return;
    this.agenda.set(`retry ${flow.eid}`, after(now, gapMs), (later, out) => {
      out.emit({ type: 'send', peer: flow.peer, message: flow.request });
      if (again) this.planRetry(flow, later, 2 * gapMs, true);
    });
  }

  private asked({ eid, address }: ShimInput<P> & { type: 'asked' }, now: Micros, out: Out<P>): void {
    const flow = this.flows.get(eid);
    if (flow?.state !== 'requesting' || flow.peer.address !== address) return;
    this.learn(flow.peer, true, false);
    out.emit({ type: 'send', peer: flow.peer, message: flow.request });
    this.planRetry(flow, now, RETRY_MS, true);
  }

  private replied(peer: P, reply: ShimReply, ours: boolean, now: Micros, out: Out<P>): void {
    const flow = this.flows.get(reply.requester);
    if (flow?.requested !== true) return this.strayReply(peer, reply, ours, out);
    if (!samePeer(flow.peer, peer)) return drop(out, 'wrong-peer');
    if (flow.state !== 'requesting') return drop(out, 'duplicate');
    if (reply.response === 0 && !this.legalRemote(reply.responder)) return drop(out, 'bad-eid');
    this.learn(peer, ours, reply.response === 0);
    this.stopTimers(flow);
    if (reply.response === 0) this.opened(flow, reply.responder, ours, now, out);
    else this.remove(flow);
    out.emit({ type: 'replied', ref: flow.ref, flow, response: reply.response, data: reply.data });
  }

  private opened(flow: Flow<P>, remoteEid: number, dealloc: boolean, now: Micros, out: Out<P>): void {
    this.supersede(remoteKey(flow.peer, remoteEid), now, out);
    flow.remoteEid = remoteEid;
    flow.state = 'open';
    flow.dealloc = dealloc;
    this.byRemote.set(remoteKey(flow.peer, remoteEid), flow);
  }

  /** A reply to a request that was given up: a peer of ours need not keep its half of the flow. */
  private strayReply(peer: P, reply: ShimReply, ours: boolean, out: Out<P>): void {
    drop(out, 'unknown-eid');
    if (!ours || reply.response !== 0 || !this.legalRemote(reply.responder)) return;
    const message: ShimDealloc = { kind: 'dealloc', from: reply.requester, to: reply.responder };
    out.emit({ type: 'send', peer, message });
  }

  // ── responder ──

  private requested(peer: P, request: ShimRequest, ours: boolean, now: Micros, out: Out<P>): void {
    if (!this.legalRemote(request.requester)) return drop(out, 'bad-eid');
    this.learn(peer, ours, true);
    const key = remoteKey(peer, request.requester);
    if (this.repeated(key, peer, request, now, out)) return;
    this.supersede(key, now, out);
    this.remembered.delete(key);
    const pendingOfPeer = this.pendingByPeer.get(peer.address) ?? 0;
    if (this.pending >= MAX_PENDING || pendingOfPeer >= MAX_PENDING_OF_PEER) return drop(out, 'too-many-pending');
    const flow = this.flows.take((eid) =>
      newFlow(eid, peer, { ref: -1, request, since: now, requested: false, ours }, request.requester),
    );
    if (!flow) return drop(out, 'too-many-flows');
    this.pending += 1;
    this.pendingByPeer.set(peer.address, pendingOfPeer + 1);
    this.byRemote.set(key, flow);
    out.emit({ type: 'arrived', flow, request });
  }

  /** True when the request is a repetition; then the same reply goes out again, if there is one already. */
  private repeated(key: string, peer: P, request: ShimRequest, now: Micros, out: Out<P>): boolean {
    const flow = this.byRemote.get(key);
    if (flow && !flow.requested && sameRequest(flow.request, request)) {
      drop(out, 'duplicate');
      if (flow.reply) out.emit({ type: 'send', peer, message: flow.reply });
      return true;
    }
    const past = this.remembered.get(key);
    if (!past || past.until < now || !sameRequest(past.request, request)) return false;
    drop(out, 'duplicate');
    out.emit({ type: 'send', peer, message: past.reply });
    if (past.farewell) out.emit({ type: 'send', peer, message: past.farewell });
    return true;
  }

  private answer(input: ShimInput<P> & { type: 'answer' }, now: Micros, out: Out<P>): void {
    const flow = this.flows.get(input.eid);
    if (flow?.state !== 'arrived') return;
    const { eid: responder, request, peer } = flow;
    const accepted = input.response === 0;
    const data = accepted || flow.ours ? input.data : new Uint8Array(0);
    flow.reply = { kind: 'reply', requester: request.requester, responder, response: input.response, data };
    this.sendReply(flow.reply, peer, flow.ours ? now : after(flow.since, REPLY_DELAY_MS), now, out);
    if (!accepted) return this.remove(flow, now);
    this.noLongerPending(flow);
    flow.state = 'open';
    flow.dealloc = input.dealloc;
  }

  private sendReply(message: ShimReply, peer: P, at: Micros, now: Micros, out: Out<P>): void {
    if (at <= now) return out.emit({ type: 'send', peer, message });
    this.agenda.set(`reply ${message.responder}`, at, (_, later) => later.emit({ type: 'send', peer, message }));
  }

  // ── both ──

  private received(input: ShimInput<P> & { type: 'received' }, now: Micros, out: Out<P>): void {
    const { peer, message, ours } = input;
    if (message.kind === 'request') this.requested(peer, message, ours, now, out);
    else if (message.kind === 'reply') this.replied(peer, message, ours, now, out);
    else this.deallocated(peer, message, out);
  }

  private deallocated(peer: P, message: ShimDealloc, out: Out<P>): void {
    const flow = this.flows.get(message.to);
    if (!flow) return drop(out, 'unknown-eid');
    if (!samePeer(flow.peer, peer)) return drop(out, 'wrong-peer');
    if (flow.state !== 'requesting' && flow.remoteEid !== message.from) return drop(out, 'unknown-eid');
    const wasRequesting = flow.state === 'requesting';
    this.remove(flow);
    if (wasRequesting) out.emit({ type: 'failed', ref: flow.ref, reason: 'ended' });
    else out.emit({ type: 'ended', flow, cause: 'peer' });
  }

  private close(eid: number, now: Micros, out: Out<P>): void {
    const flow = this.flows.get(eid);
    if (!flow) return;
    const sayGoodbye = flow.state === 'open' && flow.dealloc;
    this.remove(flow, now);
    if (sayGoodbye) this.sayGoodbye(flow, now, out);
  }

  private sayGoodbye(flow: Flow<P>, now: Micros, out: Out<P>): void {
    const message = farewellOf(flow);
    for (const ms of this.dependable ? [0] : FAREWELL_MS) {
      if (ms === 0) out.emit({ type: 'send', peer: flow.peer, message });
      else this.planFarewell(flow.peer, message, after(now, ms));
    }
  }

  private planFarewell(peer: P, message: ShimDealloc, at: Micros): void {
    this.farewells += 1;
    this.agenda.set(`farewell ${this.farewells}`, at, (_, out) => out.emit({ type: 'send', peer, message }));
  }

  /** The remote EID is in use for another flow now: the older one is dead at the peer. */
  private supersede(key: string, now: Micros, out: Out<P>): void {
    const older = this.byRemote.get(key);
    if (!older) return;
    this.remove(older, now);
    out.emit({ type: 'ended', flow: older, cause: 'reused' });
  }

  /** Frees the EID. With a time, the answer given to a request is remembered for its repetitions. */
  private remove(flow: Flow<P>, now?: Micros): void {
    const key = remoteKey(flow.peer, flow.remoteEid);
    if (this.byRemote.get(key) === flow) this.byRemote.delete(key);
    if (flow.state === 'arrived') this.noLongerPending(flow);
    if (now !== undefined && flow.reply) {
      const { request, reply, dealloc } = flow;
      const farewell = dealloc ? farewellOf(flow) : undefined;
      this.remembered.set(key, { request, reply, farewell, until: after(now, REMEMBER_MS) });
    }
    this.stopTimers(flow);
    this.flows.free(flow.eid);
    flow.state = 'gone';
  }

  private noLongerPending(flow: Flow<P>): void {
    const left = (this.pendingByPeer.get(flow.peer.address) ?? 1) - 1;
    this.pending -= 1;
    if (left > 0) this.pendingByPeer.set(flow.peer.address, left);
    else this.pendingByPeer.delete(flow.peer.address);
  }

  private stopTimers(flow: Flow<P>): void {
    this.agenda.delete(`retry ${flow.eid}`);
    this.agenda.delete(`limit ${flow.eid}`);
  }

  /** A message without our mark proves C only where a peer of ours would have set it. */
  private learn(peer: P, ours: boolean, provesC: boolean): void {
    if (ours || provesC) this.oursByAddress.set(peer.address, ours);
  }

  private legalRemote(eid: number): boolean {
    return eid > 0 && eid <= this.eids.maxRemote;
  }
}

type FlowStart = Pick<Flow<ShimPeer>, 'ref' | 'request' | 'since' | 'requested' | 'ours'>;

const newFlow = <P extends ShimPeer>(eid: number, peer: P, start: FlowStart, remoteEid = 0): Flow<P> => ({
  eid,
  peer,
  ...start,
  remoteEid,
  state: start.requested ? 'requesting' : 'arrived',
  reply: undefined,
  dealloc: false,
});

const after = (at: Micros, ms: number): Micros => (at + fromMs(ms)) as Micros;
const samePeer = (a: ShimPeer, b: ShimPeer): boolean => a.address === b.address && a.port === b.port;
const remoteKey = (peer: ShimPeer, eid: number): string => `${peer.address} ${peer.port} ${eid}`;
const drop = <P extends ShimPeer>(out: Out<P>, reason: ShimDropReason): void => out.emit({ type: 'dropped', reason });
const farewellOf = (flow: Flow<ShimPeer>): ShimDealloc => ({ kind: 'dealloc', from: flow.eid, to: flow.remoteEid });

const sameRequest = (a: ShimRequest, b: ShimRequest): boolean =>
  a.data.length >= OAP_MIN && equalBytes(a.data, b.data) && equalBytes(a.hash, b.hash);
