import { isDeepStrictEqual } from 'node:util';
import { endpointText, toOuroborosError, type Endpoint } from '@ouroboros/model';
import { ProcessVitals } from '@ouroboros/node-runtime';
import { certificatesOf, type Places } from '@ouroboros/pki';
import type { Clock, Logger, Management } from '@ouroboros/ports';
import type { ProcessSession } from '@ouroboros/rpc';
import type { MetricsSettings } from '../config/configuration.js';
import { wrappedSession } from '../wrapped-session.js';
import { AllocationMetrics } from './allocation-metrics.js';
import { MetricsServer } from './metrics-server.js';
import { NodeMetrics } from './node-metrics.js';

export interface MetricsServiceParts {
  readonly irm: Management;
  readonly clock: Clock;
  readonly places: Places;
  readonly logger: Logger;
}

/** Metrics of this node while the configuration asks for them. */
export class MetricsService {
  private readonly allocations: AllocationMetrics;
  private readonly node: NodeMetrics;
  private listening: Endpoint | undefined;
  private server: MetricsServer | undefined;

  constructor(private readonly parts: MetricsServiceParts) {
    const { irm, clock, places, logger } = parts;
    this.allocations = new AllocationMetrics(clock);
    const certificates = () => certificatesOf(places, clock);
    const { allocations } = this;
    this.node = new NodeMetrics({ irm, allocations, vitals: new ProcessVitals().look, clock, logger, certificates });
  }

  /** Listens where the settings say. An address that cannot be had is logged: the node works without. */
  async use({ listen }: MetricsSettings): Promise<void> {
    if (isDeepStrictEqual(listen, this.listening)) return;
    this.close();
    this.listening = listen;
    if (!listen) return;
    const { irm, logger } = this.parts;
    const ready = async (): Promise<boolean> => (await irm.status()).ready;
    const server = new MetricsServer(() => this.node.gather(), ready, logger);
    this.server = server;
    try {
      const port = await server.listen(listen);
      logger.log('info', 'metrics are served', { url: `http://${endpointText({ ...listen, port })}/metrics` });
    } catch (thrown) {
      logger.log('error', toOuroborosError(thrown).message);
    }
  }

  /** The session of a process, with its allocations counted. */
  counted(session: ProcessSession): ProcessSession {
    return wrappedSession(session, (service) => this.allocations.counted(service));
  }

  close(): void {
    this.server?.close();
    this.server = undefined;
    this.listening = undefined;
  }
}
