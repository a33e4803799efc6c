import type { JsonObject } from '@ouroboros/model';
import { RegistryDriver, type RegistryHost } from '@ouroboros/registry';
import type { Clock, Hash, Logger, Random } from '@ouroboros/ports';
import { ProcessClock } from './process-clock.js';
import type { NodeSecurityParts } from './simulation.js';
import { Stream } from './stream.js';

export interface DaemonParts {
  readonly name: string;
  readonly pid: number;
  /** Of the node: streams outlive the daemon. */
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
  readonly logger: Logger;
  readonly host: RegistryHost;
  readonly directFlows: boolean;
  readonly security: NodeSecurityParts | undefined;
  readonly state: JsonObject | undefined;
}

/** The IRM daemon of a simulated node: the registry of irmd, with streams that break when it dies. */
export class SimDaemon {
  readonly registry: RegistryDriver;
  private readonly streams = new Set<Stream>();
  private readonly clock: Clock;
  private readonly own: ProcessClock;

  constructor({ name, pid, clock, random, hash, logger, host, directFlows, security, state }: DaemonParts) {
    this.clock = clock;
    this.own = new ProcessClock(clock);
    this.registry = new RegistryDriver({
      clock: this.own,
      random,
      hash,
      logger,
      host,
      policy: { directFlows },
      ...security,
      identity: { version: 'simulation', pid, runtimeDir: name },
      ...(state && { state }),
    });
    this.registry.start();
  }

  /** A process connects. */
  open(): Stream {
    const stream = new Stream(this.clock);
    this.streams.add(stream);
    stream.onClose('daemon', () => this.streams.delete(stream));
    return stream;
  }

  /** The daemon dies. */
  crash(): void {
    this.registry.stop();
    for (const stream of this.streams) stream.end('daemon');
    this.own.stop();
  }
}
