/**
 * One flow that is asked for over a layer, for an allocation.
 *
 *   loading ─ the files of the name are read
 *     │
 *   asking ─ OAP request → IPCP → OAP response ─┬─ granted
 *     ▲                                         ├─ failed; the other host is told why its response was not taken
 *     └── once more with a stronger offer ◄─────┘ refused for weakness
 *
 * Every state ends also by `giveUp`. [spec/architecture.md §4.1, steps 5 to 11]
 */
import {
  completeOap,
  correlationIdOf,
  forgetOap,
  prepareOap,
  readOapRefusal,
  refusalNotice,
  strongerOffer,
  type OapAgreed,
  type OapExchange,
  type OapRefusalReason,
  type OapSecurity,
} from '@ouroboros/oap';
import { QOS_RAW, errorCodeOf, qosCube } from '@ouroboros/model';
import type { FlowAllocRequest, FlowGrant, IpcpFlowAllocRequest, IpcpFlowAllocResult } from '@ouroboros/ports';
import type { Core } from './core.js';
import { stageOf } from './flow-failures.js';
import type { FlowEntry, FlowTable } from './flows.js';
import type { IpcpCalls } from './ipcp-calls.js';
import type { IpcpEntry, IpcpTable } from './ipcp-table.js';
import { longestPacket } from './longest-packet.js';
import { failure, type Failure, type Outcome } from './messages.js';
import type { NameTable } from './names.js';
import type { ProcessEntry } from './processes.js';
import { oapRoomOf, tooLongFor } from './oap-room.js';
import type { SecurityDesk } from './security-desk.js';

export interface RemoteParts {
  readonly core: Core;
  readonly names: NameTable;
  readonly ipcps: IpcpTable;
  readonly calls: IpcpCalls;
  readonly flows: FlowTable;
  readonly security: SecurityDesk;
}

/** What is asked for. */
export interface RemoteOrder {
  readonly process: ProcessEntry;
  readonly args: FlowAllocRequest;
  readonly ipcp: IpcpEntry;
  /** Of the first attempt. */
  readonly oapId: Uint8Array;
  /** Wall time in ns now. */
  wallNow(): bigint;
}

/** Exactly one of them is called, unless it is given up. */
export interface RemoteHooks {
  granted(flow: FlowEntry, grant: FlowGrant, agreed: OapAgreed): void;
  failed(error: Failure): void;
}

export class RemoteAttempt {
  private flow: FlowEntry | null = null;
  private exchange: OapExchange | null = null;
  private over = false;

  constructor(
    private readonly parts: RemoteParts,
    private readonly order: RemoteOrder,
    private readonly hooks: RemoteHooks,
  ) {}

  get ipcp(): IpcpEntry {
    return this.order.ipcp;
  }

  begin(): void {
    const { process, args, ipcp, oapId } = this.order;
    const caller = this.parts.ipcps.ofPid(process.caller.pid);
    const asked = { role: 'client', name: args.name, carrier: ipcp } as const;
    this.parts.security.find({ ...asked, byIpcp: caller !== undefined, member: caller?.name }, (found) => {
      if (this.over) return;
      if (found.ok) this.ask(found.security, oapId);
      else this.fail(failure(found.code, found.text, { stage: 'policy' }));
    });
  }

  /** Nobody wants the flow any more. */
  giveUp(): void {
    const { flow } = this;
    this.end();
    if (flow) this.parts.flows.abandon(flow);
  }

  private ask(security: OapSecurity, oapId: Uint8Array): void {
    const { core, flows } = this.parts;
    const { process, args, ipcp, wallNow } = this.order;
    const { name, qos } = args;
    const tools = core.options;
    const asked = {
      id: oapId,
      timestampNs: wallNow(),
      features: tools.features,
      name,
      security,
      room: oapRoomOf(ipcp),
    };
    const prepared = prepareOap(asked, tools);
    if (!prepared.ok) return this.fail(failure(prepared.code, prepared.text, { stage: 'policy' }));
    this.exchange = prepared.exchange;
    const tooLong = tooLongFor(ipcp, 'request', prepared.bytes);
    if (tooLong) return this.fail(tooLong);
    const correlationId = correlationIdOf(oapId);
    const { layer } = ipcp;
    // The layer was chosen when the last answer came; meanwhile this IPCP, whose answer was the first, may have died.
    if (!layer) return this.fail(failure('EIPCP', `IPCP ${ipcp.name} is gone`, { stage: 'layer' }));
    const flow = flows.open({ name, carrier: ipcp, qos, correlationId, state: 'alloc-pending', holders: [process] });
    if (!flow) return this.fail(noIds);
    this.flow = flow;
    core.log('debug', `flow to ${name} goes over ${layer.name}`, {
      id: correlationId,
      ipcp: ipcp.name,
      cube: qosCube(qos),
    });
    this.call(flow, prepared.bytes);
  }

  /** The number of a flow is not freed before the IPCP has answered, however late. */
  private call(flow: FlowEntry, data: Uint8Array): void {
    const { flows } = this.parts;
    const request = this.requestFor(flow, data);
    const settled = (outcome: Outcome): void => {
      if (this.flow === flow && outcome.ok) {
        return this.answered(flow, request.ticket, outcome.value as IpcpFlowAllocResult);
      }
      if (outcome.ok && (outcome.value as IpcpFlowAllocResult).response === 0) return flows.abandon(flow);
      const wanted = this.flow === flow;
      if (wanted) this.flow = null;
      flows.discard(flow);
      if (!outcome.ok && wanted) this.fail(withStage(outcome.error));
    };
    this.send(flow, request, settled, () => {
      if (this.flow === flow) this.fail(noAnswer);
    });
  }

  /** `late` is called when there is no answer in time; `settled` when there is one, however late. */
  private send(
    flow: FlowEntry,
    request: IpcpFlowAllocRequest,
    settled: (outcome: Outcome) => void,
    late: () => void,
  ): void {
    const { calls, core } = this.parts;
    const done = (outcome: Outcome): void => {
      flow.busy -= 1;
      settled(outcome);
    };
    const first = (outcome: Outcome, expired: boolean): void => (expired ? late() : done(outcome));
    flow.busy += 1;
    calls.call(this.order.ipcp, { op: 'flowAlloc', args: [request] }, core.limits.flowAllocMs, first, done);
  }

  /** An operator there wants to know too. No flow is asked for, and so no QoS, but the request must have a number. */
  private tell(notice: Uint8Array, correlationId: string): void {
    const { flows } = this.parts;
    const { args, ipcp } = this.order;
    const { name } = args;
    const qos = QOS_RAW;
    const flow = flows.open({ name, carrier: ipcp, qos, correlationId, state: 'dealloc-pending', holders: [] });
    if (!flow) return;
    const settled = (outcome: Outcome): void => {
      if (outcome.ok && (outcome.value as IpcpFlowAllocResult).response === 0) return flows.abandon(flow);
      flows.discard(flow);
    };
    this.send(flow, this.requestFor(flow, notice), settled, () => undefined);
  }

  private requestFor({ flowId, correlationId, qos }: FlowEntry, data: Uint8Array): IpcpFlowAllocRequest {
    const { core, names } = this.parts;
    const { process, args, ipcp } = this.order;
    const { name } = args;
    const hash = names.hashOf(ipcp.layer!.hash, name);
    const spread = names.get(name)?.spread ?? '';
    return { flowId, hash, qos, spread, data, ticket: core.secrets.draw(), uid: process.caller.uid, correlationId };
  }

  private answered(flow: FlowEntry, ticket: Uint8Array, result: IpcpFlowAllocResult): void {
    const exchange = this.exchange!;
    if (result.response !== 0) return this.refused(flow, exchange, result);
    const completed = completeOap(exchange, result.data, this.order.wallNow(), this.parts.core.options);
    if (!completed.ok) {
      // The other host believes that the flow is up: it is told of the end where it can be.
      if (completed.features) this.agreed(flow, completed.features);
      const notice = refusalNotice(exchange, completed, this.order.wallNow());
      this.fail(failure(completed.code, completed.text, { stage: stageOf(completed.code) }));
      if (notice) this.tell(notice, flow.correlationId);
      return;
    }
    const { features, crypto } = completed;
    this.agreed(flow, features);
    const { ipcp } = this.order;
    const channel = { path: ipcp.channelPath, ticket, uid: ipcp.uid };
    const { flowId, layer, name, qos, correlationId } = flow;
    const { mplMs } = result;
    const layerPacket = longestPacket(result, features);
    const grant = { flowId, qos, mplMs, layerPacket, channel, layer, name, correlationId, features, crypto };
    this.end();
    this.hooks.granted(flow, grant, completed);
  }

  private agreed(flow: FlowEntry, features: number): void {
    const { calls, core } = this.parts;
    const { ipcp } = this.order;
    calls.call(ipcp, { op: 'flowAgreed', args: [flow.flowId, features] }, core.limits.deallocMs, (outcome) => {
      if (outcome.ok) return;
      core.log('debug', 'agreed features were not taken', { id: flow.correlationId, why: outcome.error.message });
    });
  }

  private refused(flow: FlowEntry, exchange: OapExchange, result: IpcpFlowAllocResult): void {
    const { core, flows } = this.parts;
    this.flow = null;
    flows.discard(flow);
    const reason = readOapRefusal(exchange, result.data);
    const code = errorCodeOf(reason?.error ?? result.response);
    const stronger = code === 'ECRYPT' ? strongerOffer(exchange, reason) : undefined;
    forgetOap(exchange);
    if (!stronger) return this.fail(refusal(flow, code, reason, result));
    core.log('debug', `asks again with ${stronger.algorithms?.kex}`, { id: flow.correlationId });
    this.ask(stronger, core.secrets.draw());
  }

  /** Somebody may be posing as the other host, or a file of this host is wrong: an operator wants to know. */
  private fail(error: Failure): void {
    const { code, message: why } = error;
    const { args, oapId } = this.order;
    const { name } = args;
    const id = this.flow?.correlationId ?? correlationIdOf(oapId);
    if (code === 'EAUTH' || code === 'ECRYPT')
      this.parts.core.log('warn', `no flow to ${name}: ${why}`, { id, name, code });
    this.giveUp();
    this.hooks.failed(error);
  }

  private end(): void {
    this.over = true;
    this.flow = null;
    if (this.exchange) forgetOap(this.exchange);
    this.exchange = null;
  }
}

export const noIds = failure('ENOMEM', 'all flow numbers of this host are in use');
const noAnswer = failure('ENOANSWER', 'the remote host did not answer', { stage: 'time' });
const withStage = (error: Failure): Failure => ({ ...error, stage: error.stage ?? 'layer' });

/** Why there is no flow: in the words of the far end, else of the layer here, else by the number. */
function refusal(
  { name, layer }: FlowEntry,
  code: Failure['code'],
  reason: OapRefusalReason | undefined,
  result: IpcpFlowAllocResult,
): Failure {
  const stage = stageOf(code);
  if (!reason && result.reason)
    return failure(code, `layer ${layer} refused a flow to ${name}: ${result.reason}`, { stage });
  const why = reason?.text || `error ${Math.abs(reason?.error ?? result.response)} (${code})`;
  return failure(code, `the remote host refused a flow to ${name}: ${why}`, { stage });
}
