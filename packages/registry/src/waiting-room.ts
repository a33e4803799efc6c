/**
 * Where flow requests meet processes that accept.
 *
 * A request for a name enters; when a process that serves the name is blocked in an accept it is taken at once, else it
 * queues, first come first served, until a process accepts, its time is over, or nobody is left who could take it. The
 * other way round, an accept takes the oldest request for any name of its process, or becomes active for all of them.
 * Which of several active accepts is taken is the name's balancing. [spec/architecture.md §3]
 *
 * States of a request: queued → taken | refused | withdrawn. Of an accept: active → taken | ended.
 */
import type { Core } from './core.js';
import type { Failure } from './messages.js';
import { failure } from './messages.js';
import type { NameTable } from './names.js';
import type { ProcessEntry } from './processes.js';
import type { Timer } from './timer-heap.js';

/** A flow request that waits for a process. Exactly one of `taken` and `refused` is called, unless it is withdrawn. */
export interface FlowRequest {
  readonly name: string;
  mayTake(process: ProcessEntry): boolean;
  taken(process: ProcessEntry, accept: number): void;
  refused(error: Failure): void;
}

interface Queued {
  readonly request: FlowRequest;
  readonly order: number;
  readonly timer: Timer;
}

interface Accept {
  readonly request: number;
  readonly process: ProcessEntry;
  readonly timer: Timer | null;
}

export class WaitingRoom {
  /** Per name: requests in the order of arrival. */
  private readonly queues = new Map<string, Queued[]>();
  /** Per name: active accepts, the next to be taken first. */
  private readonly active = new Map<string, Accept[]>();
  private readonly accepts = new Map<number, Accept>();
  private lastOrder = 0;

  constructor(
    private readonly core: Core,
    private readonly names: NameTable,
  ) {}

  /** Requests that wait for a name. */
  waitingFor(name: string): number {
    return this.queues.get(name)?.length ?? 0;
  }

  /** Lets a request in for at most `limitMs`. It may be taken or refused before this returns. */
  enter(request: FlowRequest, limitMs: number, expired: Failure): void {
    const accept = this.active.get(request.name)?.find(({ process }) => request.mayTake(process));
    if (accept) {
      this.endAccept(accept.request);
      return request.taken(accept.process, accept.request);
    }
    if (this.waitingFor(request.name) >= this.core.limits.waitingPerName) {
      return request.refused(failure('EAGAIN', `too many requests wait for ${request.name}`, { stage: 'accept' }));
    }
    this.lastOrder += 1;
    const timer = this.core.after(limitMs, () => {
      this.withdraw(request);
      request.refused(expired);
    });
    const queue = this.queues.get(request.name) ?? [];
    queue.push({ request, order: this.lastOrder, timer });
    this.queues.set(request.name, queue);
  }

  /** Takes a request out; harmless when it is not there. */
  withdraw(request: FlowRequest): void {
    const queue = this.queues.get(request.name);
    const at = queue?.findIndex((queued) => queued.request === request) ?? -1;
    if (!queue || at < 0) return;
    this.core.timers.cancel(queue[at]!.timer);
    queue.splice(at, 1);
    if (queue.length === 0) this.queues.delete(request.name);
  }

  /** A process accepts; `timeoutMs` 0 = without limit. */
  accept(process: ProcessEntry, request: number, timeoutMs: number): void {
    const oldest = this.oldestFor(process, process.names);
    if (oldest) {
      this.withdraw(oldest.request);
      return oldest.request.taken(process, request);
    }
    const timer = timeoutMs > 0 ? this.core.after(timeoutMs, () => this.acceptExpired(request)) : null;
    const accept: Accept = { request, process, timer };
    process.requests.add(request);
    this.accepts.set(request, accept);
    for (const name of process.names) this.activate(accept, name);
  }

  /** Ends an active accept without a reply; false when there is none. */
  endAccept(request: number): boolean {
    const accept = this.accepts.get(request);
    if (!accept) return false;
    this.core.timers.cancel(accept.timer);
    this.accepts.delete(request);
    accept.process.requests.delete(request);
    for (const name of accept.process.names) this.deactivate(accept, name);
    return true;
  }

  /** Active accepts of a process. */
  acceptsOf(process: ProcessEntry): readonly number[] {
    return [...process.requests].filter((request) => this.accepts.has(request));
  }

  /** The process serves one name more: its active accepts are active for it too. */
  bound(process: ProcessEntry, name: string): void {
    for (const request of this.acceptsOf(process)) {
      const oldest = this.oldestFor(process, [name]);
      if (oldest) {
        this.withdraw(oldest.request);
        this.endAccept(request);
        oldest.request.taken(process, request);
      } else {
        this.activate(this.accepts.get(request)!, name);
      }
    }
  }

  /** The process no longer serves the name. */
  unbound(process: ProcessEntry, name: string): void {
    for (const request of this.acceptsOf(process)) this.deactivate(this.accepts.get(request)!, name);
  }

  /** Refuses the requests for a name that `hopeless` says so of. */
  refuse(name: string, error: Failure, hopeless: (request: FlowRequest) => boolean): void {
    for (const { request } of [...(this.queues.get(name) ?? [])]) {
      if (!hopeless(request)) continue;
      this.withdraw(request);
      request.refused(error);
    }
  }

  private oldestFor(process: ProcessEntry, names: Iterable<string>): Queued | undefined {
    let oldest: Queued | undefined;
    for (const name of names) {
      const first = this.queues.get(name)?.find(({ request }) => request.mayTake(process));
      if (first && (!oldest || first.order < oldest.order)) oldest = first;
    }
    return oldest;
  }

  private acceptExpired(request: number): void {
    this.endAccept(request);
    this.core.fail(request, failure('ETIMEDOUT', 'no flow request in time', { stage: 'time' }));
  }

  /** Spill prefers the process that accepted last, round-robin the one that has waited longest. */
  private activate(accept: Accept, name: string): void {
    const list = this.active.get(name) ?? [];
    if (this.names.get(name)?.balancing === 'round-robin') list.push(accept);
    else list.unshift(accept);
    this.active.set(name, list);
  }

  private deactivate(accept: Accept, name: string): void {
    const list = this.active.get(name);
    const at = list?.indexOf(accept) ?? -1;
    if (!list || at < 0) return;
    list.splice(at, 1);
    if (list.length === 0) this.active.delete(name);
  }
}
