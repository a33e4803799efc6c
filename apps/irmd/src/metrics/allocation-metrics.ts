import { Histogram, type MetricSet } from '@ouroboros/metrics';
import { toOuroborosError } from '@ouroboros/model';
import type { Clock, FlowGrant, FlowService } from '@ouroboros/ports';

/** Counts the flows that processes ask for, and how long that takes. */
export class AllocationMetrics {
  private readonly results = new Map<string, number>([['ok', 0]]);
  private readonly seconds = new Histogram();

  constructor(private readonly clock: Clock) {}

  /** The same service, counted. */
  counted(service: FlowService): FlowService {
    const alloc: FlowService['alloc'] = (request, signal) => this.count(service.alloc(request, signal));
    return { ...service, alloc };
  }

  add(out: MetricSet): void {
    for (const [result, count] of this.results) out.add('ouroboros_flow_allocations', count, { result });
    out.add('ouroboros_flow_allocation_seconds', this.seconds.value());
  }

  private async count(allocation: Promise<FlowGrant>): Promise<FlowGrant> {
    const from = this.clock.now();
    let result = 'ok';
    try {
      return await allocation;
    } catch (thrown) {
      result = toOuroborosError(thrown).code;
      throw thrown;
    } finally {
      this.results.set(result, (this.results.get(result) ?? 0) + 1);
      this.seconds.observe((this.clock.now() - from) / 1e6);
    }
  }
}
