/**
 * Flow allocations of local processes.
 *
 *   direct ─ a local process is bound to the name: wait until it accepts
 *     │ nobody (left) who may
 *   asking ─ all layers are asked for the name, unless they were a moment ago (known-layers.ts)
 *     ├ one has it: remote (remote-attempt.ts) ─ granted
 *     └ none: direct again with a program that is started for the name, else ENAME or ENOSERVER
 *
 * Every state ends also by the caller's time, its cancellation or its death. [spec/architecture.md §4.1]
 */
import { correlationIdOf, type OapAgreed } from '@ouroboros/oap';
import type { FlowAllocRequest, FlowGrant } from '@ouroboros/ports';
import { noServer, type AutoStart } from './auto-start.js';
import { layerNeeded } from './direct-flows.js';
import type { FlowFailures } from './flow-failures.js';
import type { FlowEntry } from './flows.js';
import { goneBelow, goneInWords, standsOn } from './ground.js';
import type { IpcpEntry } from './ipcp-table.js';
import { KnownLayers } from './known-layers.js';
import { chooseLayer, nowhere, type LayerChoice } from './layer-choice.js';
import { failure, type Failure, type RegistryInput } from './messages.js';
import { nameFailure } from './names.js';
import type { ProcessEntry, ProcessTable } from './processes.js';
import { RemoteAttempt, noIds, type RemoteParts } from './remote-attempt.js';
import type { Timer } from './timer-heap.js';
import type { FlowRequest, WaitingRoom } from './waiting-room.js';

/** Maximum packet lifetime of a direct flow in ms. [spec/architecture.md §4.5] */
const DIRECT_MPL_MS = 1;

interface Allocation {
  readonly request: number;
  readonly process: ProcessEntry;
  readonly args: FlowAllocRequest;
  oapId: Uint8Array;
  correlationId: string;
  /** Wall time of the request in ns, and monotonic time of it in µs. */
  readonly wallNanos: bigint;
  readonly at: number;
  timer: Timer | null;
  /** In the state `direct`: its place in the waiting room. */
  waiting: FlowRequest | null;
  /** In the state `remote`. */
  remote: RemoteAttempt | null;
  /** The layers have been asked. */
  asked: boolean;
  over: boolean;
}

export interface AllocationParts extends RemoteParts {
  readonly processes: ProcessTable;
  readonly waiting: WaitingRoom;
  readonly starter: AutoStart;
  readonly failures: FlowFailures;
}

export class Allocations {
  private readonly open = new Map<number, Allocation>();
  private readonly known = new KnownLayers();

  constructor(private readonly parts: AllocationParts) {}

  start(process: ProcessEntry, input: RegistryInput & { kind: 'alloc' }): void {
    const { core } = this.parts;
    const { request, args, wallNanos } = input;
    const fault = nameFailure(args.name, 'name');
    if (fault) return core.fail(request, fault);
    const oapId = core.secrets.draw();
    const correlationId = correlationIdOf(oapId);
    const allocation: Allocation = {
      ...{ request, process, args, oapId, correlationId, wallNanos, at: core.now },
      ...{ timer: null, waiting: null, remote: null, asked: false, over: false },
    };
    const limitMs = args.timeoutMs > 0 ? args.timeoutMs : core.limits.callerMs;
    allocation.timer = core.after(limitMs, () => this.timedOut(allocation, limitMs));
    this.open.set(request, allocation);
    process.requests.add(request);
    core.log('debug', `flow to ${args.name} asked for`, {
      id: correlationId,
      name: args.name,
      pid: process.caller.pid,
    });
    if (this.mayGoDirect(allocation)) this.direct(allocation);
    else this.ask(allocation);
  }

  /** The caller gave up, or is gone; false when there is no such allocation. */
  cancel(request: number, error: Failure): boolean {
    const allocation = this.open.get(request);
    if (!allocation) return false;
    this.fail(allocation, error);
    return true;
  }

  private timedOut(allocation: Allocation, limitMs: number): void {
    const state = allocation.waiting
      ? 'no process accepted'
      : allocation.remote
        ? 'the remote host did not answer'
        : 'no layer answered';
    this.fail(
      allocation,
      failure('ETIMEDOUT', `no flow to ${allocation.args.name} within ${limitMs} ms: ${state}`, { stage: 'time' }),
    );
  }

  // ── direct ──

  /** Whether some living process may take the flow without an IPCP between. */
  private mayGoDirect(allocation: Allocation): boolean {
    return this.layerNeeded(allocation) === undefined && this.isServedHere(allocation);
  }

  private isServedHere(allocation: Allocation): boolean {
    return this.parts.processes.servingName(allocation.args.name).some((server) => this.mayTake(allocation, server));
  }

  private layerNeeded({ args }: Allocation): string | undefined {
    return layerNeeded(this.parts.names.get(args.name), this.parts.core.policy);
  }

  /** Not to itself: a process knows its flows by number, and a direct flow has one number at both ends. */
  private mayTake({ process, args }: Allocation, server: ProcessEntry): boolean {
    if (server === process || server.announcement.channelPath === '' || !server.names.has(args.name)) return false;
    return server.caller.uid === process.caller.uid || this.parts.core.policy.allowOtherUsers;
  }

  private direct(allocation: Allocation): void {
    const { name } = allocation.args;
    const { core, waiting } = this.parts;
    const request: FlowRequest = {
      name,
      mayTake: (server) => this.mayTake(allocation, server),
      taken: (server, accept) => this.accepted(allocation, server, accept),
      refused: (error) => this.notDirect(allocation, error),
    };
    allocation.waiting = request;
    const limitMs = core.limits.acceptWaitMs;
    const late = failure('ENOANSWER', `no process that serves ${name} accepted within ${limitMs} ms`, {
      stage: 'accept',
    });
    waiting.enter(request, limitMs, late);
  }

  /** The last process that could have accepted is gone: another host may serve the name. */
  private notDirect(allocation: Allocation, error: Failure): void {
    allocation.waiting = null;
    if (error.code === 'ENOSERVER' && !allocation.asked) this.ask(allocation);
    else this.fail(allocation, error);
  }

  private accepted(allocation: Allocation, server: ProcessEntry, accept: number): void {
    const { core, flows } = this.parts;
    const { process, args, correlationId } = allocation;
    const holders = [process, server];
    const { name, qos } = args;
    const flow = flows.open({ name, carrier: null, qos, correlationId, state: 'alloc-pending', holders });
    if (!flow) {
      core.fail(accept, noIds);
      return this.fail(allocation, noIds);
    }
    const whole = { layer: '', layerPacket: 0, mplMs: DIRECT_MPL_MS };
    const grant = { flowId: flow.flowId, qos, ...whole, name, correlationId, crypto: null };
    const features = core.options.features;
    const ticket = core.secrets.draw();
    core.reply(accept, {
      ...grant,
      features,
      channel: { path: '', ticket, uid: process.caller.uid },
    } satisfies FlowGrant);
    const path = server.announcement.channelPath;
    this.grant(allocation, flow, { ...grant, features, channel: { path, ticket, uid: server.caller.uid } }, null);
  }

  // ── asking ──

  private ask(allocation: Allocation): void {
    const { now } = this.parts.core;
    const { correlationId, args } = allocation;
    const { name } = args;
    // An IPCP that asks for a lower flow must not be asked for it itself.
    const ipcps = this.parts.ipcps.carriers().filter(({ pid }) => pid !== allocation.process.caller.pid);
    const known = this.known.find(name, ipcps, now);
    if (known) return this.remote(allocation, known);
    allocation.asked = true;
    chooseLayer(this.parts, { name, correlationId }, ipcps, (choice) => {
      if (choice.ipcp) this.known.note(name, ipcps, choice.ipcp, now);
      if (!allocation.over) this.chosen(allocation, choice);
    });
  }

  private chosen(allocation: Allocation, choice: LayerChoice): void {
    if (choice.ipcp) return this.remote(allocation, choice.ipcp);
    const { names, starter } = this.parts;
    const { name } = allocation.args;
    const entry = names.get(name);
    if (!entry) return this.fail(allocation, nowhere(name, choice.asked));
    const here = this.isServedHere(allocation);
    const why = this.layerNeeded(allocation);
    if (why === undefined && (here || starter.ensure(entry))) return this.direct(allocation);
    this.fail(
      allocation,
      here && why !== undefined ? onlyHere(name, why, choice.asked) : this.noProcess(allocation, choice.asked),
    );
  }

  private noProcess({ process, args }: Allocation, asked: string): Failure {
    const servers = this.parts.processes.servingName(args.name);
    if (servers.some(({ caller }) => caller.uid !== process.caller.uid)) {
      return failure('EPERM', `${args.name} is served by another user (${asked})`, { stage: 'policy' });
    }
    return { ...noServer(args.name), message: `no other process serves ${args.name} (${asked})` };
  }

  // ── remote ──

  private remote(allocation: Allocation, ipcp: IpcpEntry): void {
    const { process, args, oapId } = allocation;
    const wallNow = (): bigint => this.wallNow(allocation);
    const attempt = new RemoteAttempt(
      this.parts,
      { process, args, ipcp, oapId, wallNow },
      {
        granted: (flow, grant, agreed) => this.grant(allocation, flow, grant, agreed),
        failed: (error) => this.failedOver(allocation, error),
      },
    );
    allocation.remote = attempt;
    attempt.begin();
  }

  /** Where the layer was known from an earlier flow, the layers are asked after all. */
  private failedOver(allocation: Allocation, error: Failure): void {
    const elsewhere = this.known.failed(allocation.args.name, error.code);
    if (!elsewhere || allocation.asked) return this.fail(allocation, error);
    allocation.remote = null;
    allocation.oapId = this.parts.core.secrets.draw();
    allocation.correlationId = correlationIdOf(allocation.oapId);
    this.ask(allocation);
  }

  private wallNow({ wallNanos, at }: Allocation): bigint {
    return wallNanos + BigInt(Math.round(this.parts.core.now - at)) * 1000n;
  }

  // ── end ──

  private grant(allocation: Allocation, flow: FlowEntry, grant: FlowGrant, agreed: OapAgreed | null): void {
    this.close(allocation);
    this.parts.flows.allocated(flow, agreed);
    standsOn(allocation.process, flow.layer, this.parts);
    this.parts.core.reply(allocation.request, grant);
  }

  private fail(allocation: Allocation, reason: Failure): void {
    if (allocation.over) return;
    const error = this.withGround(allocation, reason);
    const { core, waiting, failures } = this.parts;
    const { remote, waiting: place, correlationId } = allocation;
    const carrier = remote?.ipcp;
    this.close(allocation);
    if (place) waiting.withdraw(place);
    remote?.giveUp();
    const { name } = allocation.args;
    core.log('debug', `no flow to ${name}`, { id: correlationId, code: error.code, why: error.message });
    const { ipcp = '', layer = '' } = carrier ? { ipcp: carrier.name, layer: carrier.layer?.name } : {};
    const { pid } = allocation.process.caller;
    if (error.code !== 'ECANCELED') failures.add({ name, side: 'local', ipcp, layer, correlationId, pid }, error);
    core.fail(allocation.request, { ...error, correlationId });
  }

  /** Where a layer below is gone, that is why. */
  private withGround({ process, remote }: Allocation, error: Failure): Failure {
    const { processes } = this.parts;
    const carrier = remote?.ipcp;
    const stack = [process, ...(carrier ? processes.withPid(carrier.pid) : [])];
    const gone = new Set(stack.flatMap((one) => goneBelow(one, this.parts)));
    return gone.size === 0 ? error : { ...error, message: `${error.message}; ${goneInWords([...gone])}` };
  }

  private close(allocation: Allocation): void {
    allocation.over = true;
    allocation.remote = null;
    this.parts.core.timers.cancel(allocation.timer);
    this.open.delete(allocation.request);
    allocation.process.requests.delete(allocation.request);
  }
}

/** The server is on this host, but there must be a layer between. */
const onlyHere = (name: string, why: string, asked: string): Failure =>
  failure('EPERM', `${name} is served on this host, but in no layer (${asked}): ${why}`, { stage: 'policy' });
