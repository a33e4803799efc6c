import { MachineDriver } from '@ouroboros/machine';
import { EMPTY_BYTES, NEVER, OuroborosError, errorNumber, fromMs, type JsonValue } from '@ouroboros/model';
import { sleep, type IpcpFlowAllocResult } from '@ouroboros/ports';
import type { IpcpEnvironment, UserFlow, UserFlowRequest } from '@ouroboros/ipcp-kit';
import {
  END_EID,
  ShimHandshake,
  type ShimDropReason,
  type ShimFlow,
  type ShimInput,
  type ShimOutput,
  type ShimPeer,
  type ShimRequest,
} from '@ouroboros/shim-flow';
import {
  OapFeature,
  UDP_HASH_LENGTH,
  UDP_MGMT_FIXED,
  UDP_MGMT_MAX,
  decodeUdpMgmt,
  encodeUdpMgmt,
} from '@ouroboros/wire';
import type { FaultSwitch } from './fault-switch.js';
import { takesDealloc } from './oap-mark.js';
import { COUNT } from './udp-counters.js';
import { UdpFlow } from './udp-flow.js';
import { UdpInquiry } from './udp-inquiry.js';
import { fromUdp, toUdp } from './udp-messages.js';
import { UdpSocket } from './udp-socket.js';

/** Maximum packet lifetime of UDP layers. [spec/wire-shims.md §1.6] */
export const UDP_MPL_MS = 5_000;
const MAX_REQUEST_DATA = UDP_MGMT_MAX - UDP_MGMT_FIXED - UDP_HASH_LENGTH;
const MAX_REPLY_DATA = UDP_MGMT_MAX - UDP_MGMT_FIXED;
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

/** A bootstrapped UDP layer: joins socket, handshake, and the flows of this host's processes. */
export class UdpLayer {
  private readonly handshake = new ShimHandshake();
  private readonly driver: MachineDriver<ShimInput, ShimOutput>;
  /** By own EID. */
  private readonly flows = new Array<UdpFlow | undefined>(END_EID);
  private readonly byUser = new Map<UserFlow, UdpFlow>();
  private readonly attempts = new Map<number, Attempt>();
  private readonly socket: UdpSocket;
  private readonly inquiry: UdpInquiry;
  private lastAttempt = 0;

  constructor(
    private readonly environment: IpcpEnvironment,
    port: ConstructorParameters<typeof UdpSocket>[0],
    fault: FaultSwitch,
  ) {
    const { counters, clock, datagrams } = environment;
    this.driver = new MachineDriver(this.handshake, clock, (output) => this.act(output));
    this.socket = new UdpSocket(port, datagrams, fault, counters, {
      data: (eid, buffer, offset, length, address, sourcePort) => {
        const flow = eid < END_EID ? this.flows[eid] : undefined;
        if (flow) flow.receive(buffer, offset, length, address, sourcePort);
        else counters.add(COUNT.dropUnknownEid);
      },
      mgmt: (bytes, peer) => this.mgmt(bytes, peer),
    });
    this.inquiry = new UdpInquiry({
      clock,
      counters,
      socket: this.socket,
      flowOf: (eid) => this.handshake.flow(eid),
      unreplied: (eid, { address }) => this.driver.input({ type: 'asked', eid, address }),
      gone: (flow) => this.gone(flow),
    });
  }

  /** Asks one host for a flow. EMSGSIZE: the OAP request does not fit a management message. */
  attempt(request: UserFlowRequest, peer: ShimPeer, limitMs: number): Promise<AttemptResult> {
    const { flow: user, qos, hash, data } = request;
    if (data.length > MAX_REQUEST_DATA) {
      const message = `OAP request of ${data.length} bytes, a UDP layer carries ${MAX_REQUEST_DATA}`;
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
    this.driver.input({ type: 'agreed', eid: flow.shim.eid, dealloc: agreed(user, OapFeature.DEALLOC_MESSAGE) });
    if (agreed(user, OapFeature.INQUIRY)) this.inquiry.watch(flow);
  }

  /** This host ended the flow: the peer is told if it takes that; an attempt under way is given up. */
  userDown(user: UserFlow): void {
    const flow = this.byUser.get(user);
    if (!flow) return;
    this.detach(flow);
    this.driver.input({ type: 'close', eid: flow.shim.eid });
    for (const attempt of this.attempts.values()) if (attempt.user === user) attempt.settle({ failed: 'ended' });
  }

  /** Peers with flows, by address. */
  neighbors(): JsonValue {
    const byPeer = new Map<string, { address: string; port: number; open: number; pending: number }>();
    for (const { peer, state } of this.handshake.all()) {
      const key = `${peer.address}:${peer.port}`;
      const entry = byPeer.get(key) ?? { ...peer, open: 0, pending: 0 };
      if (state === 'open') entry.open += 1;
      else entry.pending += 1;
      byPeer.set(key, entry);
    }
    return [...byPeer.values()];
  }

  /** Waits until all goodbyes are said, then closes the socket. */
  async close(): Promise<void> {
    for (const flow of [...this.handshake.all()]) this.driver.input({ type: 'close', eid: flow.eid });
    if (this.handshake.deadline !== NEVER) await sleep(this.environment.clock, fromMs(FAREWELL_LIMIT_MS));
    this.driver.stop();
    this.inquiry.stop();
    this.socket.close();
  }

  private mgmt(bytes: Uint8Array, peer: ShimPeer): void {
    const { counters } = this.environment;
    const decoded = decodeUdpMgmt(bytes);
    if (!decoded.ok) return counters.add(decoded.reason === 'too-short' ? COUNT.dropRunt : COUNT.dropMalformed);
    const { value } = decoded;
    if (value.kind === 'unknown') return counters.add(COUNT.dropUnknownCode);
    if (value.kind === 'inquiry' || value.kind === 'alive') return this.inquiry.received(value, peer);
    const message = fromUdp(value);
    const ours = message.kind === 'dealloc' || takesDealloc(message.data);
    this.driver.input({ type: 'received', peer, message, ours });
  }

  private act(output: ShimOutput): void {
    switch (output.type) {
      case 'send':
        return this.socket.sendMgmt(encodeUdpMgmt(toUdp(output.message)), output.peer);
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
  private opening(ref: number, shim: ShimFlow): void {
    const attempt = this.attempts.get(ref);
    if (attempt) this.attach(attempt.user, shim);
  }

  private replied(output: ShimOutput & { type: 'replied' }): void {
    const attempt = this.attempts.get(output.ref);
    const flow = this.flows[output.flow.eid];
    if (!attempt || !flow) return;
    if (output.response === 0) flow.start();
    else this.detach(flow);
    attempt.settle({ response: output.response, reason: '', mplMs: UDP_MPL_MS, data: output.data });
  }

  private failed(ref: number, reason: 'no-answer' | 'no-eid' | 'ended'): void {
    const attempt = this.attempts.get(ref);
    const flow = attempt && this.byUser.get(attempt.user);
    if (flow) this.detach(flow);
    attempt?.settle({ failed: reason });
  }

  private async present(shim: ShimFlow, request: ShimRequest): Promise<void> {
    const { qos, hash, data } = request;
    const result = await this.environment.users.arrive({ hash, qos, mplMs: UDP_MPL_MS, data });
    const { eid } = shim;
    if (!result.accepted) {
      const { response } = result;
      return this.driver.input({ type: 'answer', eid, response, data: fitting(result.data), dealloc: false });
    }
    const { flow: user } = result;
    if (shim.state !== 'arrived') return this.environment.users.end(user);
    if (result.data.length > MAX_REPLY_DATA) {
      this.environment.users.end(user);
      const response = -errorNumber('EMSGSIZE');
      return this.driver.input({ type: 'answer', eid, response, data: EMPTY_BYTES, dealloc: false });
    }
    const flow = this.attach(user, shim);
    const dealloc = agreed(user, OapFeature.DEALLOC_MESSAGE);
    this.driver.input({ type: 'answer', eid, response: 0, data: result.data, dealloc });
    flow.start();
    if (agreed(user, OapFeature.INQUIRY)) this.inquiry.watch(flow);
  }

  private ended(shim: ShimFlow): void {
    const flow = this.flows[shim.eid];
    if (flow?.shim !== shim) return;
    this.detach(flow);
    this.environment.users.end(flow.user);
  }

  /** The peer was killed, or started anew. */
  private gone(flow: UdpFlow): void {
    this.detach(flow);
    this.driver.input({ type: 'close', eid: flow.shim.eid });
    this.environment.users.end(flow.user);
  }

  private attach(user: UserFlow, shim: ShimFlow): UdpFlow {
    const older = this.byUser.get(user);
    if (older) this.detach(older);
    const flow = new UdpFlow(user, shim, this.socket, this.environment.counters);
    this.flows[shim.eid] = flow;
    this.byUser.set(user, flow);
    return flow;
  }

  private detach(flow: UdpFlow): void {
    flow.stop();
    this.inquiry.unwatch(flow);
    if (this.flows[flow.shim.eid] === flow) this.flows[flow.shim.eid] = undefined;
    this.byUser.delete(flow.user);
  }
}

const agreed = (user: UserFlow, feature: number): boolean => (user.features & feature) !== 0;
/** A reason that does not fit is left out; the response number says enough. */
const fitting = (data: Uint8Array): Uint8Array => (data.length <= MAX_REPLY_DATA ? data : EMPTY_BYTES);
