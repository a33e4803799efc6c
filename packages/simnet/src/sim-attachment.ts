import { FlowHost } from '@ouroboros/flow';
import type { IpcpOperations, IrmUpcalls } from '@ouroboros/ports';
import type { SimDaemon } from './sim-daemon.js';
import { SimFlowService } from './sim-flow-service.js';
import type { SimProcess } from './sim-process.js';
import type { SimIpcp } from './sim-type.js';

/** What a process has at the IRM daemon; made anew for each daemon. */
export interface Attachment {
  /** A daemon is there, or (null) is gone. */
  daemon(daemon: SimDaemon | null): void;
}

/** The flows of a process: attached to the daemon as an application is, or as the lower side of an IPCP. */
export class FlowAttachment implements Attachment {
  readonly host: FlowHost;
  private readonly service: SimFlowService;

  constructor(private readonly process: SimProcess) {
    const { clock, channels, logger, random, crypto } = process;
    this.service = new SimFlowService(clock);
    this.host = new FlowHost({ service: this.service, channels, clock, random, crypto, logger });
  }

  daemon(daemon: SimDaemon | null): void {
    if (!daemon) return this.service.connected(null);
    const { process, host } = this;
    const stream = daemon.open();
    process.also(() => stream.end('process'));
    this.service.connecting();
    const announcement = {
      pid: process.pid,
      program: process.program,
      args: [],
      channelPath: process.channels.path ?? '',
      flows: host.held(),
    };
    stream.send('daemon', () =>
      daemon.registry.attachProcess({
        caller: process.caller,
        announcement,
        serve: (service) => stream.send('process', () => this.service.connected({ stream, service })),
        flowDown: (flowId) => stream.send('process', () => host.flowDown(flowId)),
        onClose: (closed) => stream.onClose('daemon', closed),
      }),
    );
  }
}

/** An IPCP, registered with the daemon. */
export class IpcpAttachment implements Attachment {
  constructor(
    private readonly process: SimProcess,
    private readonly server: SimIpcp,
  ) {}

  daemon(daemon: SimDaemon | null): void {
    const { process, server } = this;
    if (!daemon) return server.attach(null);
    const stream = daemon.open();
    process.also(() => stream.end('process'));
    const remote = (op: keyof IpcpOperations, args: unknown[]): Promise<unknown> => {
      const operation = server[op] as (...args: unknown[]) => Promise<unknown>;
      return stream.call('process', () => operation.apply(server, args));
    };
    const operations = Object.fromEntries(
      OPERATIONS.map((op) => [op, (...args: unknown[]) => remote(op, args)]),
    ) as unknown as IpcpOperations;
    const announcement = server.announcement();
    stream.send('daemon', () =>
      daemon.registry.attachIpcp({
        caller: process.caller,
        announcement,
        operations,
        serve: (upcalls) =>
          stream.send('process', () =>
            server.attach({
              flowArrived: (arrival) => stream.call('daemon', () => upcalls.flowArrived(arrival)),
              flowGone: (flowId) => stream.send('daemon', () => upcalls.flowGone(flowId)),
            } satisfies IrmUpcalls),
          ),
        onClose: (closed) => stream.onClose('daemon', closed),
      }),
    );
  }
}

const OPERATIONS = [
  ...(['bootstrap', 'enroll', 'connect', 'disconnect', 'register', 'unregister', 'query', 'flowAlloc'] as const),
  ...(['flowJoin', 'flowAgreed', 'flowDealloc', 'report', 'control', 'ribList', 'ribRead'] as const),
] satisfies readonly (keyof IpcpOperations)[];
