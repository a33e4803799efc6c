/**
 * The flows of this host: who holds them, which IPCP carries them.
 *
 * A flow has up to two sides here: holders (processes: one, or two for a direct flow) and a carrier (an IPCP; none for a
 * direct flow). It is forgotten, and its number freed, when both sides are gone.
 *
 * States: alloc-pending (asked for at the IPCP) → allocated → dealloc-pending (one side is gone) → forgotten.
 */
import type { Micros, QosSpec } from '@ouroboros/model';
import type { OapAgreed } from '@ouroboros/oap';
import type { FlowCounts, FlowFacts, FlowProtection } from '@ouroboros/ports';
import type { Core } from './core.js';
import { FlowIds } from './flow-ids.js';
import type { IpcpCalls } from './ipcp-calls.js';
import type { IpcpEntry } from './ipcp-table.js';
import { failure, type Failure } from './messages.js';
import type { ProcessEntry } from './processes.js';

export interface FlowEntry {
  readonly flowId: number;
  name: string;
  /** Empty for a direct flow. */
  layer: string;
  /** Name of the IPCP that carries or carried it; empty for a direct flow. */
  ipcp: string;
  carrier: IpcpEntry | null;
  readonly holders: Set<ProcessEntry>;
  state: 'alloc-pending' | 'allocated' | 'dealloc-pending';
  qos: QosSpec;
  correlationId: string;
  /** Name in the verified certificate of the other host, and how its packets are protected; no secrets. */
  peer: string;
  crypto: FlowProtection | null;
  /** As a holder measured them; 0 = not known. */
  pathPacket: number;
  roundTripMs: number;
  counts: FlowCounts | null;
  readonly since: Micros;
  /** Operations of the carrier for this flow that have not ended. */
  busy: number;
  /** After a start: which side has told of the flow, the other one is waited for. */
  awaits: 'ipcp' | 'process' | null;
  /** Its number is not given again before. */
  restUntil: Micros;
}

export interface NewFlow {
  readonly name: string;
  readonly carrier: IpcpEntry | null;
  readonly qos: QosSpec;
  readonly correlationId: string;
  readonly state: FlowEntry['state'];
  readonly holders: readonly ProcessEntry[];
}

export class FlowTable {
  private readonly ids = new FlowIds();
  private readonly flows = new Map<number, FlowEntry>();
  /**
   * While living processes may still tell of flows that they hold, new flows get high numbers: old flows have low ones.
   */
  adopting = false;

  constructor(
    private readonly core: Core,
    private readonly calls: IpcpCalls,
  ) {}

  get count(): number {
    return this.flows.size;
  }

  get(flowId: number): FlowEntry | undefined {
    return this.flows.get(flowId);
  }

  all(): IterableIterator<FlowEntry> {
    return this.flows.values();
  }

  /** A new flow; undefined when all numbers are in use. */
  open(flow: NewFlow): FlowEntry | undefined {
    const flowId = this.ids.take(this.core.now, this.adopting);
    return flowId === undefined ? undefined : this.add(flowId, flow, null);
  }

  /** A flow that others have told of, under its own number; undefined when that is taken. */
  adopt(flowId: number, flow: NewFlow, awaits: FlowEntry['awaits']): FlowEntry | undefined {
    return this.ids.claim(flowId) ? this.add(flowId, flow, awaits) : undefined;
  }

  /** `agreed`: what both hosts agreed; null for a flow between two processes of this host. */
  allocated(flow: FlowEntry, agreed: OapAgreed | null): void {
    flow.state = 'allocated';
    this.protectedBy(flow, agreed?.crypto ?? null);
    if (agreed) flow.peer = agreed.peer;
    const { flowId, name, layer, correlationId, peer } = flow;
    const where = layer === '' ? 'directly' : `over ${layer}`;
    const how = flow.crypto ? `, ${flow.crypto.cipher} by ${flow.crypto.kex}` : '';
    this.core.report('flow', `flow ${flowId} to ${name} allocated ${where}${how}`, {
      id: correlationId,
      flowId,
      name,
      layer,
      ...(peer !== '' && { peer }),
    });
  }

  /** Notes what may be shown of a flow's protection. */
  protectedBy(flow: FlowEntry, crypto: (FlowProtection & { readonly peer: string }) | null): void {
    flow.peer = crypto?.peer ?? '';
    flow.crypto = crypto && shown(crypto);
  }

  /** What a holder says of the path; nothing from others. */
  note(process: ProcessEntry, { flowId, pathPacket, roundTripMs, counts }: FlowFacts): void {
    const flow = this.flows.get(flowId);
    if (!flow?.holders.has(process)) return;
    flow.pathPacket = pathPacket;
    flow.roundTripMs = roundTripMs;
    flow.counts = counts ?? null;
  }

  /** A process ends a flow that it holds. One that it was not granted yet it can only have guessed. */
  dealloc(process: ProcessEntry, flowId: number, lingerMs: number): Failure | undefined {
    const flow = this.flows.get(flowId);
    if (!flow?.holders.has(process) || flow.state === 'alloc-pending')
      return failure('ENOTALLOC', `flow ${flowId} is not held by this process`);
    flow.holders.delete(process);
    this.ended(flow, lingerMs);
    return undefined;
  }

  /** A process is gone: its flows end, the other holders of its direct flows are told. */
  processGone(process: ProcessEntry): void {
    for (const flow of [...this.flows.values()]) {
      if (!flow.holders.delete(process)) continue;
      this.tellHolders(flow);
      this.ended(flow, 0);
    }
  }

  /** A process attached anew: it takes over a flow from its earlier session. */
  handOver(flow: FlowEntry, from: ProcessEntry, to: ProcessEntry): void {
    flow.holders.delete(from);
    flow.holders.add(to);
  }

  /** The IPCP, or the layer, ended a flow. */
  carrierEnded(flow: FlowEntry): void {
    flow.carrier = null;
    this.tellHolders(flow);
    flow.state = 'dealloc-pending';
    this.forgetIfOver(flow);
  }

  /** An IPCP is gone: the flows that it carried are down. */
  ipcpGone(ipcp: IpcpEntry): void {
    for (const flow of [...this.flows.values()]) if (flow.carrier === ipcp) this.carrierEnded(flow);
  }

  /** Nobody here wants the flow any more. */
  abandon(flow: FlowEntry): void {
    flow.holders.clear();
    this.ended(flow, 0);
  }

  /** An allocation failed at the IPCP, which has nothing of it left. */
  discard(flow: FlowEntry): void {
    flow.holders.clear();
    flow.carrier = null;
    this.forgetIfOver(flow);
  }

  tellHolders(flow: FlowEntry): void {
    if (flow.state === 'alloc-pending') return;
    for (const { session } of flow.holders) this.core.emit({ kind: 'flowDown', process: session, flowId: flow.flowId });
  }

  /** Asks an IPCP to end a flow; nobody waits for the answer, but the number rests until then. */
  deallocAt(flow: FlowEntry, lingerMs: number): void {
    const { carrier, flowId } = flow;
    if (!carrier) return this.forgetIfOver(flow);
    const limitMs = lingerMs + this.core.limits.deallocMs;
    this.restAfter(flow, lingerMs);
    flow.busy += 1;
    this.calls.call(carrier, { op: 'flowDealloc', args: [flowId, lingerMs] }, limitMs, () => {
      flow.busy -= 1;
      if (flow.busy === 0) flow.carrier = null;
      this.forgetIfOver(flow);
    });
  }

  /** Forgets a flow that nobody holds, nobody carries and nobody is working on. */
  forgetIfOver(flow: FlowEntry): void {
    if (flow.holders.size > 0 || flow.carrier || flow.busy > 0 || this.flows.get(flow.flowId) !== flow) return;
    this.flows.delete(flow.flowId);
    this.restAfter(flow, 0);
    this.ids.free(flow.flowId, flow.restUntil);
    this.core.event('flow', `flow ${flow.flowId} to ${flow.name} ended`);
  }

  private ended(flow: FlowEntry, lingerMs: number): void {
    const first = flow.state !== 'dealloc-pending';
    flow.state = 'dealloc-pending';
    const { flowId, name, correlationId } = flow;
    if (first) this.core.log('debug', `flow ${flowId} to ${name} is deallocated`, { id: correlationId, flowId, name });
    if (flow.holders.size === 0) this.deallocAt(flow, lingerMs);
  }

  private add(flowId: number, flow: NewFlow, awaits: FlowEntry['awaits']): FlowEntry {
    const entry: FlowEntry = {
      flowId,
      name: flow.name,
      layer: flow.carrier?.layer?.name ?? '',
      ipcp: flow.carrier?.name ?? '',
      carrier: flow.carrier,
      holders: new Set(flow.holders),
      state: flow.state,
      qos: flow.qos,
      correlationId: flow.correlationId,
      peer: '',
      crypto: null,
      pathPacket: 0,
      roundTripMs: 0,
      counts: null,
      since: this.core.now,
      busy: 0,
      awaits,
      restUntil: this.core.now,
    };
    this.flows.set(flowId, entry);
    return entry;
  }

  private restAfter(flow: FlowEntry, lingerMs: number): void {
    const until = this.core.now + (lingerMs + this.core.limits.quarantineMs) * 1000;
    flow.restUntil = Math.max(flow.restUntil, until) as Micros;
  }
}

const shown = ({ profile, cipher, kex }: FlowProtection): FlowProtection => ({ profile, cipher, kex });
