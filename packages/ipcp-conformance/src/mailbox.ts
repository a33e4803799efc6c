import type { Flow } from '@ouroboros/flow';

/** Flows that were accepted and wait for the story to take them, in order. */
export class Mailbox {
  private readonly flows: Flow[] = [];
  private readonly takers: ((flow: Flow) => void)[] = [];

  put(flow: Flow): void {
    const taker = this.takers.shift();
    if (taker) taker(flow);
    else this.flows.push(flow);
  }

  take(): Promise<Flow> {
    const flow = this.flows.shift();
    return flow ? Promise.resolve(flow) : new Promise((resolve) => this.takers.push(resolve));
  }
}
