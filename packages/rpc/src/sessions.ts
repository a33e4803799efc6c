import { OuroborosError } from '@ouroboros/model';
import type {
  CancelSignal,
  FlowAcceptRequest,
  FlowAllocRequest,
  FlowArrival,
  FlowFacts,
  FlowGrant,
  FlowJoinRequest,
  FlowService,
  IpcpAnnouncement,
  IpcpOperations,
  IrmUpcalls,
  ProcessAnnouncement,
} from '@ouroboros/ports';
import type { Caller } from './caller.js';
import type { Exchange } from './exchange.js';
import type { Body, Plain } from './frame.js';
import { OPERATION_METHODS } from './operation-methods.js';

/** An attached process. */
export interface ProcessSession {
  readonly caller: Caller;
  /** With the pid of `caller`. */
  readonly announcement: ProcessAnnouncement;
  /** Names who serves the process's calls; until then they get EAGAIN. Signals abort also when the process is gone. */
  serve(service: FlowService): void;
  /** Tells the process that a flow has ended. */
  flowDown(flowId: number): void;
  /** Calls back once when the process has died or detached; at once when it has already. */
  onClose(callback: () => void): void;
  close(): void;
}

/** A registered IPCP. */
export interface IpcpSession {
  readonly caller: Caller;
  /** With the pid of `caller`. */
  readonly announcement: IpcpAnnouncement;
  /** Reject EIPCP when the stream ends. Time-outs are the caller's business. */
  readonly operations: IpcpOperations;
  /** Names who serves the IPCP's upcalls; until then they get EAGAIN. */
  serve(upcalls: IrmUpcalls): void;
  /** Calls back once when the IPCP has died or deregistered; at once when it has already. */
  onClose(callback: () => void): void;
  close(): void;
}

const NOT_READY = 'the IRM daemon is not ready for this yet';

export class AttachedProcess implements ProcessSession {
  private service: FlowService | undefined;

  constructor(
    readonly caller: Caller,
    readonly announcement: ProcessAnnouncement,
    private readonly exchange: Exchange,
  ) {}

  serve(service: FlowService): void {
    this.service = service;
  }

  flowDown(flowId: number): void {
    this.exchange.notify('flowDown', { flowId });
  }

  onClose(callback: () => void): void {
    this.exchange.onEnd(callback);
  }

  close(): void {
    this.exchange.close();
  }

  notice({ name, value }: Body): void {
    if (name === 'facts') this.service?.report(value as FlowFacts);
  }

  async answer({ name, value }: Body, signal: CancelSignal): Promise<Body> {
    if (!this.service) throw new OuroborosError('EAGAIN', NOT_READY);
    if (name === 'alloc') return granted(await this.service.alloc(value as FlowAllocRequest, signal));
    if (name === 'join') return granted(await this.service.join(value as FlowJoinRequest, signal));
    if (name === 'accept') return granted(await this.service.accept(value as FlowAcceptRequest, signal));
    if (name !== 'dealloc') throw new OuroborosError('EINVAL', `'${name}' is not expected now`);
    const { flowId, lingerMs } = value as { readonly flowId: number; readonly lingerMs: number };
    await this.service.dealloc(flowId, lingerMs);
    return { name: 'done', value: {} };
  }
}

/** The key of a flow goes to its process and stays nowhere else. */
const granted = (grant: FlowGrant): Body => ({ name: 'grant', value: grant, secret: grant.crypto?.secret });

export class RegisteredIpcp implements IpcpSession {
  readonly operations: IpcpOperations;
  private upcalls: IrmUpcalls | undefined;

  constructor(
    readonly caller: Caller,
    readonly announcement: IpcpAnnouncement,
    private readonly exchange: Exchange,
  ) {
    this.operations = operationsOver(exchange);
  }

  serve(upcalls: IrmUpcalls): void {
    this.upcalls = upcalls;
  }

  onClose(callback: () => void): void {
    this.exchange.onEnd(callback);
  }

  close(): void {
    this.exchange.close();
  }

  async answer({ name, value }: Body): Promise<Body> {
    if (!this.upcalls) throw new OuroborosError('EAGAIN', NOT_READY);
    if (name !== 'flowArrived') throw new OuroborosError('EINVAL', `'${name}' is not expected now`);
    return { name: 'flowArrivalAnswer', value: await this.upcalls.flowArrived(value as FlowArrival) };
  }

  notice({ name, value }: Body): void {
    if (name === 'flowGone') this.upcalls?.flowGone((value as { readonly flowId: number }).flowId);
  }
}

/** Calls of the interface as requests over a stream. */
function operationsOver(exchange: Exchange): IpcpOperations {
  const names = Object.keys(OPERATION_METHODS) as (keyof IpcpOperations)[];
  const call = async (name: keyof IpcpOperations, args: readonly unknown[]): Promise<unknown> => {
    const { pack, reply, unwrap } = OPERATION_METHODS[name];
    return unwrap((await exchange.call(name, pack(args) as Plain, { reply })) as Plain);
  };
  const methods = names.map((name) => [name, (...args: unknown[]) => call(name, args)]);
  return Object.fromEntries(methods) as IpcpOperations;
}
