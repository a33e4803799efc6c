import { MachineDriver } from '@ouroboros/machine';
import { EMPTY_BYTES, NEVER, OuroborosError, errorNumber, fromMs } from '@ouroboros/model';
import { sleep, type IpcpFlowAllocResult } from '@ouroboros/ports';
import { WaitingRoom, type IpcpEnvironment, type UserFlow, type UserFlowRequest } from '@ouroboros/ipcp-kit';
import { OapFeature } from '@ouroboros/wire';
import type { ShimDropReason, ShimFlow, ShimInput, ShimOutput } from './events.js';
import { Inquirer } from './inquirer.js';
import type { ShimPeer, ShimRequest, ShimSaying } from './messages.js';
import { takesDealloc } from './oap-mark.js';
import { SHIM_COUNT as COUNT } from './shim-counters.js';
import { ShimHandshake } from './shim-handshake.js';
import type { ShimPath } from './shim-path.js';
import { ShimUserFlow, type ShimUserFlowParts } from './shim-user-flow.js';
import type { ShimTaker, ShimWire } from './shim-wire.js';

/** How long goodbyes may go on after the last flow has ended. */
const FAREWELL_LIMIT_MS = 200;

const DROP_COUNTER: Readonly<Record<ShimDropReason, number>> = {
  'bad-eid': COUNT.dropBadEid,
  'unknown-eid': COUNT.dropUnknownEid,
  'wrong-peer': COUNT.dropWrongPeer,
  duplicate: COUNT.dropDuplicate,
  'too-many-flows': COUNT.dropTooManyFlows,
  'too-many-pending': COUNT.dropTooManyPending,
};

/** How an attempt to get a flow from one host ended. */
export type AttemptResult = IpcpFlowAllocResult | { readonly failed: 'no-answer' | 'no-eid' | 'ended' };

interface Attempt {
  readonly user: UserFlow;
  settle(result: AttemptResult): void;
}

/** A peer and how many flows there are with it. */
export interface ShimNeighbor<P extends ShimPeer> {
  readonly peer: P;
  open: number;
  pending: number;
}

/** A bootstrapped layer of a shim: joins wire, handshake, and the flows of this host's processes. */
export class ShimLayer<P extends ShimPeer> implements ShimTaker<P> {
  private readonly wire: ShimWire<P>;
  private readonly handshake: ShimHandshake<P>;
  private readonly driver: MachineDriver<ShimInput<P>, ShimOutput<P>>;
  /** By own EID. */
  private readonly flows: (ShimPath<P> | undefined)[];
  private readonly byUser = new Map<UserFlow, ShimPath<P>>();
  private readonly attempts = new Map<number, Attempt>();
  private readonly inquirer: Inquirer<P>;
  private readonly pathParts: ShimUserFlowParts;
  private lastAttempt = 0;

  /** `makeWire`: the wire must bring nothing before it has been returned. */
  constructor(
    private readonly environment: IpcpEnvironment,
    makeWire: (taker: ShimTaker<P>) => ShimWire<P>,
  ) {
    const { clock, counters } = environment;
    this.pathParts = { clock, counters, room: new WaitingRoom() };
    const wire = makeWire(this);
    this.wire = wire;
    this.handshake = new ShimHandshake<P>(wire.eids, wire.dependable);
    this.flows = new Array<ShimPath<P> | undefined>(wire.eids.end);
    this.driver = new MachineDriver(this.handshake, clock, (output) => this.act(output));
    this.inquirer = new Inquirer<P>({
      clock,
      wire,
      flowOf: (eid) => this.handshake.flow(eid),
      unreplied: (eid, { address }) => this.driver.input({ type: 'asked', eid, address }),
      gone: (flow) => this.gone(flow),
    });
  }

  get title(): string {
    return this.wire.title;
  }

  /** Bytes of an OAP message that requests and replies have room for. */
  get oapRoom(): number {
    return Math.min(this.wire.requestRoom, this.wire.replyRoom);
  }

  flowAt(eid: number): ShimPath<P> | undefined {
    return eid < this.wire.eids.end ? this.flows[eid] : undefined;
  }

  said(saying: ShimSaying, peer: P): void {
    if (saying.kind === 'inquiry') return this.inquirer.answer(saying, peer);
    if (saying.kind === 'alive') return this.environment.counters.add(COUNT.dropUnasked);
    const ours = this.wire.dependable || saying.kind === 'dealloc' || takesDealloc(saying.data);
    this.driver.input({ type: 'received', peer, message: saying, ours });
  }

  /** Asks one host for a flow. EMSGSIZE: the OAP request does not fit a management message. */
  attempt(request: UserFlowRequest, peer: P, limitMs: number): Promise<AttemptResult> {
    const { flow: user, qos, hash, data } = request;
    const { requestRoom, title } = this.wire;
    if (data.length > requestRoom) {
      const message = `OAP request of ${data.length} bytes, the ${title} carries ${requestRoom}`;
      return Promise.reject(new OuroborosError('EMSGSIZE', message, { field: 'data' }));
    }
    this.lastAttempt += 1;
    const ref = this.lastAttempt;
    return new Promise((resolve) => {
      const settle = (result: AttemptResult): void => {
        this.attempts.delete(ref);
        resolve(result);
      };
      this.attempts.set(ref, { user, settle });
      this.driver.input({ type: 'open', ref, peer, qos, hash, data, limitMs });
    });
  }

  agreed(user: UserFlow): void {
    const flow = this.byUser.get(user);
    if (!flow) return;
    this.driver.input({ type: 'agreed', eid: flow.shim.eid, dealloc: this.takesDealloc(user) });
    this.watch(flow);
  }

  /** This host ended the flow: the peer is told if it takes that; an attempt under way is given up. */
  userDown(user: UserFlow): void {
    const flow = this.byUser.get(user);
    if (flow) this.close(flow);
  }

  neighbors(): readonly ShimNeighbor<P>[] {
    const byPeer = new Map<string, ShimNeighbor<P>>();
    for (const { peer, state } of this.handshake.all()) {
      const key = `${peer.address} ${peer.port}`;
      const entry = byPeer.get(key) ?? { peer, open: 0, pending: 0 };
      if (state === 'open') entry.open += 1;
      else entry.pending += 1;
      byPeer.set(key, entry);
    }
    return [...byPeer.values()];
  }

  inReach(address: string): void {
    for (const { eid, peer } of [...this.handshake.all()]) {
      if (peer.address === address) this.driver.input({ type: 'asked', eid, address });
    }
  }

  peerGone(address: string): void {
    for (const { eid, peer } of [...this.handshake.all()]) {
      if (peer.address !== address) continue;
      const flow = this.flows[eid];
      if (flow) this.gone(flow);
      else this.driver.input({ type: 'close', eid });
    }
  }

  /** All flows end here and now. */
  endAll(): void {
    for (const flow of this.flows) if (flow) this.gone(flow);
  }

  /** Waits until all goodbyes are said, then closes the wire. */
  async leave(): Promise<void> {
    for (const flow of [...this.handshake.all()]) this.driver.input({ type: 'close', eid: flow.eid });
    if (this.handshake.deadline !== NEVER) await sleep(this.environment.clock, fromMs(FAREWELL_LIMIT_MS));
    this.driver.stop();
    this.inquirer.stop();
    this.wire.close();
  }

  private act(output: ShimOutput<P>): void {
    switch (output.type) {
      case 'send':
        return this.wire.say(output.message, output.peer);
      case 'opening':
        return this.opening(output.ref, output.flow);
      case 'replied':
        return this.replied(output);
      case 'failed':
        return this.failed(output.ref, output.reason);
      case 'arrived':
        return void this.present(output.flow, output.request);
      case 'ended':
        return this.ended(output.flow);
      case 'dropped':
        return this.environment.counters.add(DROP_COUNTER[output.reason]);
    }
  }

  /** From now on data of the peer is taken: it may overtake the reply. [spec/wire-shims.md §2.4] */
  private opening(ref: number, shim: ShimFlow<P>): void {
    const attempt = this.attempts.get(ref);
    if (attempt) this.attach(attempt.user, shim);
  }

  private replied(output: ShimOutput<P> & { type: 'replied' }): void {
    const attempt = this.attempts.get(output.ref);
    const flow = this.flows[output.flow.eid];
    if (!attempt || !flow) return;
    if (output.response === 0) flow.start();
    else this.detach(flow);
    const { response, data } = output;
    attempt.settle({ response, reason: '', ...this.bounds(output.flow.peer), data });
  }

  private failed(ref: number, reason: 'no-answer' | 'no-eid' | 'ended'): void {
    const attempt = this.attempts.get(ref);
    const flow = attempt && this.byUser.get(attempt.user);
    if (flow) this.detach(flow);
    attempt?.settle({ failed: reason });
  }

  private async present(shim: ShimFlow<P>, request: ShimRequest): Promise<void> {
    const { qos, hash, data } = request;
    const result = await this.environment.users.arrive({ hash, qos, ...this.bounds(shim.peer), data });
    const { eid } = shim;
    if (!result.accepted) {
      const { response } = result;
      return this.driver.input({ type: 'answer', eid, response, data: this.fitting(result.data), dealloc: false });
    }
    const { flow: user } = result;
    if (shim.state !== 'arrived') return this.environment.users.end(user);
    if (result.data.length > this.wire.replyRoom) {
      this.environment.users.end(user);
      const response = -errorNumber('EMSGSIZE');
      return this.driver.input({ type: 'answer', eid, response, data: EMPTY_BYTES, dealloc: false });
    }
    const flow = this.attach(user, shim);
    const dealloc = this.takesDealloc(user);
    this.driver.input({ type: 'answer', eid, response: 0, data: result.data, dealloc });
    flow.start();
    this.watch(flow);
  }

  private ended(shim: ShimFlow<P>): void {
    const flow = this.flows[shim.eid];
    if (flow?.shim !== shim) return;
    this.detach(flow);
    this.endUser(flow);
  }

  /** The peer was killed, or started anew, or is out of reach for good. */
  private gone(flow: ShimPath<P>): void {
    this.close(flow);
    this.endUser(flow);
  }

  /** What has arrived is read before the end is seen. */
  private endUser(flow: ShimPath<P>): void {
    const { users } = this.environment;
    const delivered = flow.delivered?.();
    if (delivered) void delivered.then(() => users.end(flow.user));
    else users.end(flow.user);
  }

  private close(flow: ShimPath<P>): void {
    const { user, shim } = flow;
    this.detach(flow);
    this.driver.input({ type: 'close', eid: shim.eid });
    for (const attempt of this.attempts.values()) if (attempt.user === user) attempt.settle({ failed: 'ended' });
  }

  private attach(user: UserFlow, shim: ShimFlow<P>): ShimPath<P> {
    const older = this.byUser.get(user);
    if (older) this.detach(older);
    const flow = this.wire.path?.(user, shim) ?? new ShimUserFlow<P>(user, shim, this.wire, this.pathParts);
    this.flows[shim.eid] = flow;
    this.byUser.set(user, flow);
    return flow;
  }

  private detach(flow: ShimPath<P>): void {
    flow.stop();
    this.inquirer.unwatch(flow);
    if (this.flows[flow.shim.eid] === flow) this.flows[flow.shim.eid] = undefined;
    this.byUser.delete(flow.user);
  }

  private watch(flow: ShimPath<P>): void {
    if (this.wire.inquire && agreed(flow.user, OapFeature.INQUIRY)) this.inquirer.watch(flow);
  }

  private takesDealloc(user: UserFlow): boolean {
    return this.wire.dependable === true || agreed(user, OapFeature.DEALLOC_MESSAGE);
  }

  private bounds(peer: P): Pick<IpcpFlowAllocResult, 'mplMs' | 'layerPacket' | 'wholePacket'> {
    const { mplMs, maxPacket: layerPacket } = this.wire;
    return { mplMs, layerPacket, wholePacket: this.wire.wholePacket?.(peer) ?? 0 };
  }

  /** A reason that does not fit is left out; the response number says enough. */
  private fitting(data: Uint8Array): Uint8Array {
    return data.length <= this.wire.replyRoom ? data : EMPTY_BYTES;
  }
}

const agreed = (user: UserFlow, feature: number): boolean => (user.features & feature) !== 0;
