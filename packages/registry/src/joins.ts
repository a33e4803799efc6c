/**
 * Processes that join broadcast layers: the member of this host is asked, and no message leaves the host.
 *
 *   asking ─┬─ granted
 *           └─ failed
 *
 * It ends also by the caller's time, its cancellation or its death. [spec/architecture.md §4.3]
 */
import { QOS_JOINED } from '@ouroboros/model';
import type { FlowGrant, FlowJoined, IpcpFlowJoinRequest } from '@ouroboros/ports';
import { BROADCAST_MTU } from '@ouroboros/wire';
import type { Core } from './core.js';
import type { FlowEntry, FlowTable } from './flows.js';
import { standsOn } from './ground.js';
import type { IpcpCalls } from './ipcp-calls.js';
import type { IpcpEntry, IpcpTable } from './ipcp-table.js';
import { failure, type Failure, type Outcome, type RegistryInput } from './messages.js';
import { nameFailure, type NameTable } from './names.js';
import type { ProcessEntry, ProcessTable } from './processes.js';
import { noIds } from './remote-attempt.js';
import type { Timer } from './timer-heap.js';

interface Join {
  readonly request: number;
  readonly process: ProcessEntry;
  readonly flow: FlowEntry;
  readonly timer: Timer;
}

export interface JoinParts {
  readonly core: Core;
  readonly names: NameTable;
  readonly processes: ProcessTable;
  readonly ipcps: IpcpTable;
  readonly calls: IpcpCalls;
  readonly flows: FlowTable;
}

export class Joins {
  private readonly open = new Map<number, Join>();

  constructor(private readonly parts: JoinParts) {}

  start(process: ProcessEntry, { request, args }: RegistryInput & { kind: 'join' }): void {
    const { core, flows, ipcps } = this.parts;
    const { name, timeoutMs } = args;
    const ipcp = ipcps.memberToJoin(name);
    const fault = nameFailure(name, 'name') ?? (ipcp ? undefined : this.noMember(name));
    if (fault || !ipcp) return core.fail(request, fault!);
    const correlationId = core.secrets.correlationId();
    const holders = [process];
    const flow = flows.open({ name, carrier: ipcp, qos: QOS_JOINED, correlationId, state: 'alloc-pending', holders });
    if (!flow) return core.fail(request, noIds);
    const limitMs = timeoutMs > 0 ? timeoutMs : core.limits.callerMs;
    const timer = core.after(limitMs, () => void this.cancel(request, late(name, limitMs)));
    this.open.set(request, { request, process, flow, timer });
    process.requests.add(request);
    this.ask(request, flow, ipcp, process.caller.uid);
  }

  /** The caller gave up, or is gone; false when there is no such join. */
  cancel(request: number, error: Failure): boolean {
    const join = this.close(request);
    if (!join) return false;
    this.parts.flows.abandon(join.flow);
    this.parts.core.fail(request, error);
    return true;
  }

  private noMember(name: string): Failure {
    const other = [...this.parts.ipcps.all()].find(({ layer }) => layer?.name === name);
    if (!other) return failure('ENAME', `no member of a layer ${name} on this host`, { field: 'name', stage: 'layer' });
    const text = `layer ${name} is of type ${other.type}, which cannot be joined; broadcast layers can`;
    return failure('ENOTSUP', text, { field: 'name', stage: 'layer' });
  }

  /** The number of the flow is not freed before the IPCP has answered, however late. */
  private ask(request: number, flow: FlowEntry, ipcp: IpcpEntry, uid: number): void {
    const { core, names, calls } = this.parts;
    const { flowId, name, qos, correlationId } = flow;
    const ticket = core.secrets.draw();
    const hash = names.hashOf(ipcp.layer!.hash, name);
    const args: IpcpFlowJoinRequest = { flowId, hash, qos, ticket, uid, correlationId };
    const answered = (outcome: Outcome): void => {
      flow.busy -= 1;
      this.answered(request, flow, ticket, outcome);
    };
    const first = (outcome: Outcome, expired: boolean): void => {
      if (expired && !outcome.ok) this.cancel(request, outcome.error);
      else answered(outcome);
    };
    flow.busy += 1;
    calls.call(ipcp, { op: 'flowJoin', args: [args] }, core.limits.flowAllocMs, first, answered);
  }

  private answered(request: number, flow: FlowEntry, ticket: Uint8Array, outcome: Outcome): void {
    const { core, flows } = this.parts;
    const join = this.close(request);
    if (!outcome.ok) {
      flows.discard(flow);
      if (join) core.fail(request, { ...outcome.error, stage: outcome.error.stage ?? 'layer' });
    } else if (join) this.grant(join, ticket, outcome.value as FlowJoined);
    else flows.abandon(flow);
  }

  private grant({ request, process, flow }: Join, ticket: Uint8Array, { mplMs }: FlowJoined): void {
    const { carrier, flowId, qos, layer, name, correlationId } = flow;
    this.parts.flows.allocated(flow, null);
    standsOn(process, layer, this.parts);
    const channel = { path: carrier?.channelPath ?? '', ticket, uid: carrier?.uid ?? 0 };
    const none = { features: 0, crypto: null };
    const grant = { flowId, qos, mplMs, channel, layer, name, correlationId, layerPacket: BROADCAST_MTU, ...none };
    this.parts.core.reply(request, grant satisfies FlowGrant);
  }

  private close(request: number): Join | undefined {
    const join = this.open.get(request);
    if (!join) return undefined;
    this.open.delete(request);
    this.parts.core.timers.cancel(join.timer);
    join.process.requests.delete(request);
    return join;
  }
}

const late = (name: string, limitMs: number): Failure =>
  failure('ETIMEDOUT', `layer ${name} was not joined within ${limitMs} ms`, { stage: 'time' });
