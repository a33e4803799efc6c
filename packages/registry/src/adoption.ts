/**
 * After a start of the daemon: living IPCPs and processes register again with the flows that they hold. A flow that both
 * sides tell of goes on; what only one side holds when the time is over is ended at that side; IPCPs that were expected
 * and did not come are treated as dead.
 *
 * States: open (from `begin`, for the adoption time) → closed. Flows that are told of later are ended at once.
 */
import type { HeldFlow } from '@ouroboros/ports';
import { QOS_RAW } from '@ouroboros/model';
import type { Core } from './core.js';
import type { FlowEntry, FlowTable } from './flows.js';
import type { IpcpCalls } from './ipcp-calls.js';
import type { IpcpLife } from './ipcp-life.js';
import type { IpcpEntry, IpcpTable } from './ipcp-table.js';
import type { NameTable } from './names.js';
import type { ProcessEntry, ProcessTable } from './processes.js';

export interface AdoptionParts {
  readonly core: Core;
  readonly names: NameTable;
  readonly processes: ProcessTable;
  readonly ipcps: IpcpTable;
  readonly calls: IpcpCalls;
  readonly flows: FlowTable;
  readonly life: IpcpLife;
}

export class Adoption {
  private open = false;

  constructor(private readonly parts: AdoptionParts) {}

  /** `again`: an earlier daemon has left its state, so that flows of its time may live. */
  begin(again: boolean): void {
    const { core, flows } = this.parts;
    this.open = true;
    flows.adopting = again;
    core.after(core.limits.adoptionMs, () => this.end());
  }

  processAttached(process: ProcessEntry): void {
    for (const held of process.announcement.flows) {
      if (this.takeHeld(process, held)) continue;
      this.parts.core.emit({ kind: 'flowDown', process: process.session, flowId: held.flowId });
    }
  }

  ipcpRegistered(ipcp: IpcpEntry, flows: readonly { readonly flowId: number }[]): void {
    const { calls, core } = this.parts;
    for (const { flowId } of flows) {
      if (this.takeCarried(ipcp, flowId)) continue;
      calls.call(ipcp, { op: 'flowDealloc', args: [flowId, 0] }, core.limits.deallocMs, (outcome) => {
        if (!outcome.ok) core.log('debug', 'an unknown flow was not deallocated', { ipcp: ipcp.name, flowId });
      });
    }
  }

  private takeHeld(process: ProcessEntry, held: HeldFlow): boolean {
    const { flows } = this.parts;
    const flow = flows.get(held.flowId);
    if (!flow) return this.open && this.adoptHeld(process, held);
    const earlier = [...flow.holders].find((holder) => holder.caller.pid === process.caller.pid);
    if (earlier && flow.correlationId === held.correlationId) {
      flows.handOver(flow, earlier, process);
      return true;
    }
    if (flow.awaits !== 'process' || flow.layer !== held.layer || !isSame(flow, held)) return false;
    flow.holders.add(process);
    Object.assign(flow, { name: held.name, qos: held.qos, correlationId: held.correlationId });
    this.parts.flows.protectedBy(flow, held.crypto ?? null);
    return this.complete(flow);
  }

  private adoptHeld(process: ProcessEntry, held: HeldFlow): boolean {
    const { flowId, name, qos, correlationId, layer } = held;
    const awaits = layer === '' ? 'process' : 'ipcp';
    const flow = { name, carrier: null, qos, correlationId, state: 'allocated', holders: [process] } as const;
    const adopted = this.parts.flows.adopt(flowId, flow, awaits);
    if (!adopted) return false;
    adopted.layer = layer;
    this.parts.flows.protectedBy(adopted, held.crypto ?? null);
    return true;
  }

  private takeCarried(ipcp: IpcpEntry, flowId: number): boolean {
    const { flows } = this.parts;
    const flow = flows.get(flowId);
    if (!flow) {
      const unknown = { name: '', qos: QOS_RAW, correlationId: '', state: 'allocated', holders: [] } as const;
      return this.open && flows.adopt(flowId, { ...unknown, carrier: ipcp }, 'process') !== undefined;
    }
    if (flow.awaits !== 'ipcp' || flow.layer !== ipcp.layer?.name) return false;
    flow.carrier = ipcp;
    flow.ipcp = ipcp.name;
    return this.complete(flow);
  }

  private complete(flow: FlowEntry): boolean {
    flow.awaits = null;
    const { correlationId: id, flowId, name } = flow;
    this.parts.core.report('flow', `flow ${flowId} to ${name} adopted`, { id, flowId, name });
    return true;
  }

  private end(): void {
    const { flows, ipcps, life } = this.parts;
    this.open = false;
    flows.adopting = false;
    for (const flow of [...flows.all()]) this.endIfOneSided(flow);
    for (const ipcp of [...ipcps.all()]) if (ipcp.phase === 'expected') life.missing(ipcp);
    this.forgetLostPids();
  }

  private endIfOneSided(flow: FlowEntry): void {
    if (flow.awaits === null) return;
    const { flows, core } = this.parts;
    const { correlationId: id, flowId, name } = flow;
    core.log('info', `flow ${flowId} has only one side left and is ended`, { id, flowId, name, awaits: flow.awaits });
    flow.awaits = null;
    if (flow.carrier) flows.abandon(flow);
    else flows.carrierEnded(flow);
  }

  private forgetLostPids(): void {
    const { names, processes, core } = this.parts;
    for (const { pids } of names.all()) {
      for (const pid of [...pids]) {
        if (processes.withPid(pid).length === 0 && pids.delete(pid)) core.keep();
      }
    }
  }
}

/** An IPCP knows nothing but the number; the two processes of a direct flow both know what flow it is. */
const isSame = (flow: FlowEntry, held: HeldFlow): boolean =>
  flow.carrier !== null || flow.correlationId === held.correlationId;
