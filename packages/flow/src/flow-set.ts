import type { Clock } from '@ouroboros/ports';
import type { Flow, FlowWatcher } from './flow.js';
import { WaitQueue, type WaitOptions } from './wait-queue.js';

/**
 * Events of flows; the numbers are those of fqueue. UP and ALLOC are never raised: a flow that is down stays down, and
 * allocation is answered by promise. [spec/architecture.md §8.3, spec/wire-frcp.md §11]
 */
export const FlowEvent = { PKT: 1, DOWN: 2, UP: 4, ALLOC: 8, DEALLOC: 16, PEER: 32 } as const;
export type FlowEventName = keyof typeof FlowEvent;

export interface FlowSetEvent {
  readonly flow: Flow;
  /**
   * PKT: packets can be read. DOWN: the process on the other side of the local queue died. DEALLOC: the flow was ended
   * from the other side. PEER: the far end was not heard for the peer time-out.
   */
  readonly type: FlowEventName;
}

/**
 * Flows that are waited for together. A flow is in one set at most.
 *
 * PKT is raised once per call for each flow with packets, and again by the next call while any are left, so a packet
 * that was not read is not forgotten; read until `tryRead` gives undefined. The other events are raised once per flow.
 * Keep-alives raise nothing. A deallocated flow leaves its set.
 */
export class FlowSet implements AsyncIterable<FlowSetEvent>, FlowWatcher {
  private readonly members = new Map<Flow, { endReported: boolean }>();
  /** Flows that have something to report, or may have. The others are armed and call back. */
  private readonly ready = new Set<Flow>();
  private readonly waiting: WaitQueue;

  constructor(clock: Clock) {
    this.waiting = new WaitQueue(clock, () => undefined);
  }

  get size(): number {
    return this.members.size;
  }

  /** Adds a flow; harmless when it is in this set. Queued packets, or its end, raise their event at once. EPERM when it is in another set, ENOTALLOC. */
  add(flow: Flow): void {
    if (this.members.has(flow)) return;
    flow.joinWatcher(this);
    this.members.set(flow, { endReported: false });
    this.check(flow);
  }

  /** Takes a flow out; false when it was not in. */
  delete(flow: Flow): boolean {
    if (!this.members.delete(flow)) return false;
    this.ready.delete(flow);
    flow.leaveWatcher();
    return true;
  }

  has(flow: Flow): boolean {
    return this.members.has(flow);
  }

  /** Takes all flows out. */
  zero(): void {
    for (const flow of [...this.members.keys()]) this.delete(flow);
  }

  /** Waits for at least one event and gives all that there are. ETIMEDOUT, EINVAL. */
  async events(options: WaitOptions = {}): Promise<FlowSetEvent[]> {
    return this.waiting.wait(() => this.collect(), options);
  }

  /** Events one by one, without end. */
  async *[Symbol.asyncIterator](): AsyncIterator<FlowSetEvent> {
    for (;;) yield* await this.events();
  }

  /** Called by members, as are the two below. */
  readable(flow: Flow): void {
    this.check(flow);
  }

  down(flow: Flow): void {
    this.check(flow);
  }

  deallocated(flow: Flow): void {
    this.delete(flow);
  }

  private check(flow: Flow): void {
    this.ready.add(flow);
    this.waiting.poke();
  }

  private collect(): FlowSetEvent[] | undefined {
    const events: FlowSetEvent[] = [];
    for (const flow of this.ready) this.collectFrom(flow, events);
    return events.length > 0 ? events : undefined;
  }

  private collectFrom(flow: Flow, events: FlowSetEvent[]): void {
    const member = this.members.get(flow);
    const readable = flow.readable;
    if (readable) events.push({ flow, type: 'PKT' });
    if (member && flow.downEvent !== null && !member.endReported) {
      member.endReported = true;
      events.push({ flow, type: flow.downEvent });
    }
    if (readable) return;
    this.ready.delete(flow);
    if (flow.down === null) flow.armWatcher();
  }
}
