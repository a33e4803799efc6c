/**
 * Flow requests that arrive from layers.
 *
 * States: read (OAP, QoS, name) → loading (the files of the name) → answered by OAP (the client authenticated, keys made)
 * and the layer lacks nothing for the QoS → waiting for a process that accepts → told: accepted or refused. Exactly one answer goes to the IPCP, also when it is
 * gone (nobody hears it then). No process sees a request that OAP does not let in. [spec/architecture.md §4.1, steps 8
 * and 9; unlike C, which says nothing, every refusal is told at once]
 */
import {
  OapServer,
  answerOap,
  noticeIn,
  refuseOap,
  type OapAgreed,
  type OapFailure,
  type OapOffer,
  type OapRefusalReason,
} from '@ouroboros/oap';
import { EMPTY_BYTES, errorCodeOf, errorNumber } from '@ouroboros/model';
import type { FlowArrival, FlowArrivalAnswer, FlowGrant } from '@ouroboros/ports';
import { noServer, type AutoStart } from './auto-start.js';
import type { Core } from './core.js';
import type { FlowFailures } from './flow-failures.js';
import type { FlowTable } from './flows.js';
import { standsOn } from './ground.js';
import type { IpcpEntry, IpcpTable } from './ipcp-table.js';
import { longestPacket } from './longest-packet.js';
import { failure, type Failure, type RegistryInput } from './messages.js';
import type { NameEntry, NameTable } from './names.js';
import type { ProcessEntry, ProcessTable } from './processes.js';
import { oapRoomOf, tooLongFor } from './oap-room.js';
import { noIds } from './remote-attempt.js';
import type { FoundSecurity, SecurityDesk } from './security-desk.js';
import type { FlowRequest, WaitingRoom } from './waiting-room.js';

interface Arrival {
  readonly id: number;
  readonly ipcp: IpcpEntry;
  readonly flow: FlowArrival;
  readonly offer: OapOffer | undefined;
  /** Wall time of the arrival in ns, and monotonic time of the arrival in µs. */
  readonly wallNanos: bigint;
  readonly at: number;
  /** The name that is asked for; empty while it is not known. */
  name: string;
  waiting: FlowRequest | null;
  /** The OAP response, and what was agreed by it. */
  response: Uint8Array;
  agreed: OapAgreed | null;
}

export interface ArrivalParts {
  readonly core: Core;
  readonly names: NameTable;
  readonly processes: ProcessTable;
  readonly ipcps: IpcpTable;
  readonly flows: FlowTable;
  readonly waiting: WaitingRoom;
  readonly starter: AutoStart;
  readonly security: SecurityDesk;
  readonly failures: FlowFailures;
}

export class Arrivals {
  private readonly open = new Set<Arrival>();
  private readonly oap: OapServer;

  constructor(private readonly parts: ArrivalParts) {
    const { options } = parts.core;
    this.oap = new OapServer(options, options.features);
  }

  /** Requests that wait for files or for a process. */
  get count(): number {
    return this.open.size;
  }

  arrived(ipcp: IpcpEntry, input: RegistryInput & { kind: 'flowArrived' }): void {
    const { core } = this.parts;
    const { flow, wallNanos } = input;
    const read = this.oap.read(flow.data, core.now);
    const arrival: Arrival = {
      ...{ id: input.arrival, ipcp, flow, offer: read.offer, wallNanos, at: core.now },
      ...{ name: '', waiting: null, response: EMPTY_BYTES, agreed: null },
    };
    this.open.add(arrival);
    if (!read.ok) return this.refuse(arrival, failure(read.code, read.text));
    const name = this.nameOf(arrival);
    if ('code' in name) return this.refuse(arrival, name);
    arrival.name = name.name;
    const notice = noticeIn(read.offer);
    if (notice) return this.notTaken(arrival, name, notice);
    core.log('debug', `flow request for ${name.name}`, {
      id: read.offer.correlationId,
      ipcp: ipcp.name,
      name: name.name,
    });
    const question = { role: 'server', name: name.name, carrier: ipcp, byIpcp: false } as const;
    this.parts.security.find(question, (found) => {
      if (this.open.has(arrival)) this.secured(arrival, name, read.offer, found);
    });
  }

  /** No request: the client of an earlier one says why it does not take the flow. */
  private notTaken(arrival: Arrival, { name }: NameEntry, { error, text }: OapRefusalReason): void {
    const code = errorCodeOf(error);
    this.warn(arrival, name, code, `a client did not take its flow to ${name}: ${text}`);
    this.refuse(arrival, failure(code, `the client did not take the flow: ${text}`));
  }

  /** The name that is asked for, or why it is not served. */
  private nameOf({ ipcp, flow }: Arrival): NameEntry | Failure {
    const { core, names } = this.parts;
    if (core.stopping) return failure('EIRMD', 'the IRM daemon stops');
    const name = ipcp.layer ? names.find(ipcp.layer.hash, flow.hash) : undefined;
    // A layer may find names without us (a static directory, old entries): only those that are registered in it are served.
    return name && ipcp.registrations.has(name.name) ? name : failure('ENAME', 'this name is not known here');
  }

  private secured(arrival: Arrival, name: NameEntry, offer: OapOffer, found: FoundSecurity): void {
    if (!found.ok) return this.refuseByOap(arrival, name, found);
    const reply = { security: found.security, timestampNs: this.wallNow(arrival), room: oapRoomOf(arrival.ipcp) };
    const answered = answerOap(offer, reply, this.parts.core.options);
    if (!answered.ok) return this.refuseByOap(arrival, name, answered);
    arrival.response = answered.bytes;
    arrival.agreed = answered.agreed;
    const { lacking } = arrival.flow;
    if (lacking !== '') return this.refuse(arrival, failure('EQOS', lacking));
    const tooLong = tooLongFor(arrival.ipcp, 'response', answered.bytes);
    if (tooLong) return this.refuseByOap(arrival, name, { code: tooLong.code, text: tooLong.message });
    const serving = this.parts.processes.servingName(name.name).length > 0;
    if (!serving && !this.parts.starter.ensure(name)) return this.refuse(arrival, noServer(name.name));
    this.wait(arrival, name.name);
  }

  /** An arrival from an IPCP that is gone already. */
  orphan(id: number): void {
    this.parts.core.emit({ kind: 'answerArrival', arrival: id, answer: refusal(-errorNumber('EIPCP')) });
  }

  /** The IPCP is gone: nobody waits for the answers. */
  ipcpGone(ipcp: IpcpEntry): void {
    for (const arrival of [...this.open]) {
      if (arrival.ipcp === ipcp) this.refuse(arrival, failure('EIPCP', `IPCP ${ipcp.name} is gone`));
    }
  }

  refuseAll(error: Failure): void {
    for (const arrival of [...this.open]) this.refuse(arrival, error);
  }

  private wait(arrival: Arrival, name: string): void {
    const { core, waiting } = this.parts;
    const limitMs = core.limits.acceptWaitMs;
    const request: FlowRequest = {
      name,
      mayTake: (process) => process.names.has(name),
      taken: (process, accept) => this.accepted(arrival, name, process, accept),
      refused: (error) => this.refuse(arrival, error),
    };
    arrival.waiting = request;
    const late = failure('ENOANSWER', `no process that serves ${name} accepted within ${limitMs} ms`, {
      stage: 'accept',
    });
    waiting.enter(request, limitMs, late);
  }

  private accepted(arrival: Arrival, name: string, process: ProcessEntry, accept: number): void {
    const { core, flows } = this.parts;
    const { ipcp, offer, agreed } = arrival;
    const { qos, mplMs } = arrival.flow;
    if (!offer || !agreed) return;
    const { correlationId } = offer;
    const flow = flows.open({ name, carrier: ipcp, qos, correlationId, state: 'alloc-pending', holders: [process] });
    if (!flow) {
      core.fail(accept, noIds);
      return this.refuse(arrival, noIds);
    }
    const { flowId, layer } = flow;
    const ticket = core.secrets.draw();
    const { features, crypto } = agreed;
    const layerPacket = longestPacket(arrival.flow, features);
    const grant = { flowId, qos, mplMs, layerPacket, layer, name, features, correlationId, crypto };
    this.open.delete(arrival);
    const data = arrival.response;
    const { uid } = process.caller;
    // The IPCP first: it is to expect the ticket before the process comes with it.
    this.answer(arrival, { response: 0, data, flowId, ticket, uid, features, correlationId });
    flows.allocated(flow, agreed);
    standsOn(process, flow.layer, this.parts);
    const channel = { path: ipcp.channelPath, ticket, uid: ipcp.uid };
    core.reply(accept, { ...grant, channel } satisfies FlowGrant);
  }

  /** Somebody was kept out, or a file of this host is wrong: an operator wants to know. */
  private refuseByOap(
    arrival: Arrival,
    { name }: NameEntry,
    { code, text, wanted }: Pick<OapFailure, 'text' | 'wanted'> & Pick<Failure, 'code'>,
  ): void {
    this.warn(arrival, name, code, `a flow to ${name} was refused: ${text}`);
    this.refuse(arrival, failure(code, text), wanted);
  }

  private warn({ offer, ipcp }: Arrival, name: string, code: Failure['code'], text: string): void {
    this.parts.core.log('warn', text, { id: offer?.correlationId ?? '', name, ipcp: ipcp.name, code });
  }

  private refuse(arrival: Arrival, error: Failure, wanted?: OapFailure['wanted']): void {
    const { core, waiting, failures } = this.parts;
    const { offer, agreed, name, ipcp } = arrival;
    if (arrival.waiting) waiting.withdraw(arrival.waiting);
    this.open.delete(arrival);
    agreed?.crypto?.secret.fill(0);
    const id = offer?.correlationId ?? '';
    const { code, message: text } = error;
    core.log('debug', 'flow request refused', { id, ipcp: ipcp.name, code, why: text });
    const where = { ipcp: ipcp.name, layer: ipcp.layer?.name ?? '' };
    failures.add({ name, side: 'remote', ...where, correlationId: id, pid: 0 }, error);
    const { response, data } = refuseOap(offer, { code, text, wanted }, this.wallNow(arrival));
    this.answer(arrival, refusal(response, data, id));
  }

  private answer(arrival: Arrival, answer: FlowArrivalAnswer): void {
    this.parts.core.emit({ kind: 'answerArrival', arrival: arrival.id, answer });
  }

  private wallNow(arrival: Arrival): bigint {
    return arrival.wallNanos + BigInt(Math.round(this.parts.core.now - arrival.at)) * 1000n;
  }
}

/** The answer that says no. */
export const refusal = (response: number, data: Uint8Array = EMPTY_BYTES, correlationId = ''): FlowArrivalAnswer => ({
  ...{ response, data, flowId: 0, ticket: EMPTY_BYTES, uid: 0, features: 0 },
  correlationId,
});
