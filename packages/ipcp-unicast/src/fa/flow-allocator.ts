import { type Machine, type Sink } from '@ouroboros/machine';
import {
  EMPTY_BYTES,
  NEVER,
  errorNumber,
  fromMs,
  fromSeconds,
  micros,
  qosCube,
  type Address,
  type Micros,
  type QosCube,
  type QosSpec,
} from '@ouroboros/model';
import {
  OapFeature,
  decodeFa,
  eidHigh,
  eidLow,
  eidOf,
  encodeFa,
  type FaEcho,
  type FaReply,
  type FaRequest,
} from '@ouroboros/wire';
import type { CaPolicy } from '../ca/index.js';
import { Farewells, type FarewellSender } from './farewells.js';
import { FlowTable, type FaFlow } from './flow-table.js';
import { GivenUpRequests } from './given-up.js';

/**
 * The flow allocator of a unicast member [spec/wire-unicast-data.md §8, §9].
 *
 * Story: a request goes to the member that serves the name; its irmd decides; a reply brings the answer and the EID to send to.
 * Requests run side by side. A request to a peer of ours is repeated until it is answered, and a repeated request gets
 * the first reply again; C would take a repeated request for a new one, so C is asked once. Where both ends agreed, the
 * end of a flow is told; also that of a flow which was given up because its other member seemed to be gone.
 *
 * States of a flow: requested → open, or arrived → open; from each of them the flow can end.
 */
export type FaInput =
  | {
      readonly kind: 'alloc';
      readonly id: number;
      readonly to: Address;
      readonly hash: Uint8Array;
      readonly qos: QosSpec;
      readonly data: Uint8Array;
      /** The member is known as a peer of ours: the request may be repeated. */
      readonly repeat: boolean;
    }
  /** A member turned out to be a peer of ours. */
  | { readonly kind: 'ours'; readonly address: Address }
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  /** irmd's answer to an arrival; `response` 0 or negative. */
  | { readonly kind: 'answer'; readonly flow: FaFlow; readonly response: number; readonly data: Uint8Array }
  /** The local process ended the flow; `tell`: the peer agreed to hear of it. */
  | { readonly kind: 'end'; readonly flow: FaFlow; readonly tell: boolean }
  /** A member died or left. */
  | { readonly kind: 'member-gone'; readonly address: Address }
  /** Requests to members that cannot be reached any more are given up; open flows wait for better times. */
  | { readonly kind: 'routes' };

export type FaOutput =
  /** Default: in cube 0. */
  | { readonly kind: 'send'; readonly to: Address; readonly bytes: Uint8Array; readonly cube?: QosCube }
  /** A member of ours answered our echo of this number. */
  | { readonly kind: 'echoed'; readonly number: bigint }
  /** A member of which it is not known whether it is a peer of ours did not answer yet: find out. */
  | { readonly kind: 'greet'; readonly to: Address }
  /** The flow of an `alloc`, before its request goes out. */
  | { readonly kind: 'requested'; readonly id: number; readonly flow: FaFlow }
  /** The answer to an `alloc`: 0 with an open flow, else negative. */
  | { readonly kind: 'allocated'; readonly id: number; readonly response: number; readonly data: Uint8Array }
  | { readonly kind: 'arrived'; readonly flow: FaFlow; readonly request: FaRequest }
  /** The far end ended the flow, or is gone. */
  | { readonly kind: 'ended'; readonly flow: FaFlow };

export interface FaConfig {
  readonly self: Address;
  readonly hashLength: number;
  readonly ca: CaPolicy;
  /** The random half of an EID, unsigned 32 bit. */
  readonly random32: () => number;
  readonly canReach: (address: Address) => boolean;
}

/** A request to a peer of ours is repeated after these times. */
const REPEATS = [200, 400, 800, 1600].map(fromMs);
/** So long is the reply to a refused request kept for a repetition of it. */
const REFUSAL_KEPT = fromSeconds(5);
const MAX_REFUSALS_KEPT = 1024;

interface Request {
  readonly id: number;
  readonly flow: FaFlow;
  readonly bytes: Uint8Array;
  /** The member is a peer of ours, as far as is known. */
  ours: boolean;
  round: number;
  due: Micros;
}

interface Arrival {
  readonly flow: FaFlow;
  /** Null while irmd has not decided. */
  reply: Uint8Array | null;
}

export class FlowAllocator implements Machine<FaInput, FaOutput> {
  readonly counters = { malformed: 0, unknown: 0, refused: 0, repeated: 0 };
  readonly flows = new FlowTable();
  private readonly requests = new Map<FaFlow, Request>();
  /** By address and EID of the requester. */
  private readonly arrivals = new Map<string, Arrival>();
  private refusals: { readonly until: Micros; readonly key: string }[] = [];
  private readonly farewells: Farewells;
  private readonly givenUp = new GivenUpRequests();

  constructor(private readonly config: FaConfig) {
    this.farewells = new Farewells(config.canReach);
  }

  get deadline(): Micros {
    let earliest: number = this.refusals[0]?.until ?? NEVER;
    for (const { due } of this.requests.values()) earliest = Math.min(earliest, due);
    return micros(Math.min(earliest, this.farewells.deadline));
  }

  handle(input: FaInput, now: Micros, out: Sink<FaOutput>): void {
    switch (input.kind) {
      case 'alloc':
        return this.alloc(input, now, out);
      case 'message':
        return this.onMessage(input.bytes, now, out);
      case 'answer':
        return this.answer(input.flow, input.response, input.data, now, out);
      case 'end':
        return this.end(input.flow, input.tell, now, out);
      case 'member-gone':
        return this.memberGone(input.address, now, out);
      case 'ours':
        for (const request of this.requests.values()) request.ours ||= request.flow.remoteAddress === input.address;
        return this.givenUp.isOurs(input.address);
      case 'routes':
        return this.routesChanged(now, out);
    }
  }

  wake(now: Micros, out: Sink<FaOutput>): void {
    for (const request of this.requests.values()) if (request.due <= now) this.repeat(request, now, out);
    this.farewells.wake(now, sender(out));
    while (this.refusals[0] && this.refusals[0].until <= now) this.arrivals.delete(this.refusals.shift()!.key);
  }

  private newFlow(remoteAddress: Address, remoteEid: bigint, state: FaFlow['state']): FaFlow | undefined {
    const low = this.flows.freeEid();
    if (low === undefined) return undefined;
    const flow: FaFlow = {
      eidLow: low,
      eidHigh: this.config.random32() >>> 0,
      remoteAddress,
      remoteLow: eidLow(remoteEid),
      remoteHigh: eidHigh(remoteEid),
      state,
      user: null,
      congestion: this.config.ca.create(),
      delivery: null,
      pausedUntil: 0,
      sent: 0,
      sendFailed: 0,
      received: 0,
      receiveFailed: 0,
      updatesSent: 0,
      updatesReceived: 0,
    };
    this.flows.add(flow);
    return flow;
  }

  /** The flow is entered before its request is sent, so that no reply is too fast. */
  private alloc(input: Extract<FaInput, { kind: 'alloc' }>, now: Micros, out: Sink<FaOutput>): void {
    const flow = this.newFlow(input.to, 0n, 'requested');
    if (!flow) {
      out.emit({ kind: 'allocated', id: input.id, response: -errorNumber('ENOMEM'), data: EMPTY_BYTES });
      return;
    }
    const { hash, qos, data } = input;
    const sEid = eidOf(flow.eidLow, flow.eidHigh);
    const bytes = encodeFa({ kind: 'request', sAddr: this.config.self, sEid, qos, hash, data });
    const due = micros(now + REPEATS[0]!);
    this.requests.set(flow, { id: input.id, flow, bytes, ours: input.repeat, round: 0, due });
    out.emit({ kind: 'requested', id: input.id, flow });
    out.emit({ kind: 'send', to: input.to, bytes });
  }

  private repeat(request: Request, now: Micros, out: Sink<FaOutput>): void {
    request.round += 1;
    const delay = REPEATS[request.round];
    request.due = delay === undefined ? NEVER : micros(now + delay);
    if (!request.ours) return out.emit({ kind: 'greet', to: request.flow.remoteAddress });
    this.counters.repeated += 1;
    out.emit({ kind: 'send', to: request.flow.remoteAddress, bytes: request.bytes });
  }

  private onMessage(bytes: Uint8Array, now: Micros, out: Sink<FaOutput>): void {
    const decoded = decodeFa(bytes, this.config.hashLength);
    if (!decoded.ok) {
      this.counters.malformed += 1;
      return;
    }
    const message = decoded.value;
    if (message.kind === 'request') return this.onRequest(message, out);
    if (message.kind === 'echo') return this.onEcho(message, out);
    if (message.kind === 'echo-reply') return out.emit({ kind: 'echoed', number: message.number });
    const flow = message.kind === 'unknown' ? undefined : this.flows.find(eidLow(message.rEid), eidHigh(message.rEid));
    if (message.kind === 'unknown' || flow === undefined) {
      this.counters.unknown += 1;
      if (message.kind === 'reply' && message.response === 0) this.tooLate(message, now, out);
    } else if (message.kind === 'reply') this.onReply(flow, message.sEid, message.response, message.data, out);
    else if (message.kind === 'update') {
      flow.updatesReceived += 1;
      flow.congestion.onUpdate(message.ece);
    } else if (flow.state === 'open') {
      this.forget(flow);
      out.emit({ kind: 'ended', flow });
    }
  }

  private onEcho({ sAddr, number, cube }: FaEcho, out: Sink<FaOutput>): void {
    const bytes = encodeFa({ kind: 'echo-reply', number, cube });
    if (sAddr === 0 || sAddr === this.config.self) this.counters.malformed += 1;
    else out.emit({ kind: 'send', to: sAddr as Address, bytes, cube });
  }

  private onRequest(request: FaRequest, out: Sink<FaOutput>): void {
    const key = arrivalKey(request.sAddr as Address, request.sEid);
    const known = this.arrivals.get(key);
    if (known) {
      if (known.reply) out.emit({ kind: 'send', to: known.flow.remoteAddress, bytes: known.reply });
      return;
    }
    const remote = request.sAddr as Address;
    if (remote === 0 || remote === this.config.self) {
      this.counters.malformed += 1;
      return;
    }
    const flow = this.newFlow(remote, request.sEid, 'arrived');
    if (!flow) {
      this.counters.refused += 1;
      const response = -errorNumber('ENOMEM');
      const bytes = encodeFa({ kind: 'reply', rEid: request.sEid, sEid: 0n, response, data: EMPTY_BYTES });
      out.emit({ kind: 'send', to: remote, bytes });
      return;
    }
    this.arrivals.set(key, { flow, reply: null });
    out.emit({ kind: 'arrived', flow, request });
  }

  private onReply(flow: FaFlow, sEid: bigint, response: number, data: Uint8Array, out: Sink<FaOutput>): void {
    const request = this.requests.get(flow);
    if (!request) return;
    this.requests.delete(flow);
    if (response === 0) {
      flow.remoteLow = eidLow(sEid);
      flow.remoteHigh = eidHigh(sEid);
      flow.state = 'open';
    } else this.flows.delete(flow);
    out.emit({ kind: 'allocated', id: request.id, response, data });
  }

  private answer(flow: FaFlow, response: number, data: Uint8Array, now: Micros, out: Sink<FaOutput>): void {
    const rEid = eidOf(flow.remoteLow, flow.remoteHigh);
    const key = arrivalKey(flow.remoteAddress, rEid);
    const arrival = this.arrivals.get(key);
    if (flow.state !== 'arrived' || arrival?.flow !== flow) return;
    arrival.reply = encodeFa({ kind: 'reply', rEid, sEid: eidOf(flow.eidLow, flow.eidHigh), response, data });
    if (response === 0) flow.state = 'open';
    else {
      this.counters.refused += 1;
      this.flows.delete(flow);
      this.keepRefusal(key, now);
    }
    out.emit({ kind: 'send', to: flow.remoteAddress, bytes: arrival.reply });
  }

  private keepRefusal(key: string, now: Micros): void {
    this.refusals.push({ until: micros(now + REFUSAL_KEPT), key });
    if (this.refusals.length > MAX_REFUSALS_KEPT) this.arrivals.delete(this.refusals.shift()!.key);
  }

  private end(flow: FaFlow, tell: boolean, now: Micros, out: Sink<FaOutput>): void {
    const request = this.requests.get(flow);
    const wasOpen = flow.state === 'open';
    const known = this.forget(flow);
    if (request) this.endRequest(request, now, out);
    else if (known && wasOpen && tell)
      this.tellEnd(flow.remoteAddress, eidOf(flow.remoteLow, flow.remoteHigh), cubeOf(flow), now, out);
  }

  private endRequest({ id, flow, ours }: Request, now: Micros, out: Sink<FaOutput>): void {
    this.givenUp.add(eidOf(flow.eidLow, flow.eidHigh), flow.remoteAddress, ours, now);
    out.emit({ kind: 'allocated', id, response: -errorNumber('ECANCELED'), data: EMPTY_BYTES });
  }

  private tooLate({ rEid, sEid }: FaReply, now: Micros, out: Sink<FaOutput>): void {
    const to = this.givenUp.take(rEid);
    if (to !== undefined) this.tellEnd(to, sEid, 0, now, out);
  }

  private tellEnd(to: Address, rEid: bigint, cube: QosCube, now: Micros, out: Sink<FaOutput>): void {
    this.farewells.tell({ to, bytes: encodeFa({ kind: 'dealloc', rEid, response: 0 }), cube }, now, sender(out));
  }

  private memberGone(address: Address, now: Micros, out: Sink<FaOutput>): void {
    this.giveUp((flow) => flow.remoteAddress === address, out);
    for (const flow of this.flows.values().filter((one) => one.remoteAddress === address)) {
      const tell = ((flow.user?.features ?? 0) & OapFeature.DEALLOC_MESSAGE) !== 0;
      this.end(flow, tell, now, out);
      out.emit({ kind: 'ended', flow });
    }
  }

  private routesChanged(now: Micros, out: Sink<FaOutput>): void {
    this.giveUp(({ remoteAddress }) => !this.config.canReach(remoteAddress), out);
    this.farewells.routesChanged(now, sender(out));
  }

  private giveUp(hopeless: (flow: FaFlow) => boolean, out: Sink<FaOutput>): void {
    for (const { id, flow } of [...this.requests.values()]) {
      if (!hopeless(flow)) continue;
      this.forget(flow);
      out.emit({ kind: 'allocated', id, response: -errorNumber('EFLOWDOWN'), data: EMPTY_BYTES });
    }
  }

  private forget(flow: FaFlow): boolean {
    this.requests.delete(flow);
    const key = arrivalKey(flow.remoteAddress, eidOf(flow.remoteLow, flow.remoteHigh));
    if (this.arrivals.get(key)?.flow === flow) this.arrivals.delete(key);
    return this.flows.delete(flow);
  }
}

const sender =
  (out: Sink<FaOutput>): FarewellSender =>
  (farewell) =>
    out.emit({ kind: 'send', ...farewell });

const cubeOf = ({ user }: FaFlow): QosCube => (user ? qosCube(user.qos) : 0);

const arrivalKey = (address: Address, eid: bigint): string => `${address}:${eid}`;
