import { OuroborosError } from '@ouroboros/model';
import { TunDevices } from '@ouroboros/node-runtime';
import type { IpDevice } from '@ouroboros/ports';
import { runTool, serveFlows, type Session } from '@ouroboros/tool-kit';
import { parseCommand, type TunnelOptions } from './arguments.js';
import { MANUAL } from './manual.js';
import { LEAST_MTU, Tunnel, type TunnelCounters } from './tunnel.js';

/** What `oip --json` prints at its end. This shape is documented and kept. */
export interface TunnelJson extends TunnelCounters {
  readonly device: string;
}

interface Running {
  readonly tunnel: Tunnel;
  readonly stop: AbortSignal;
  readonly line: (text: string) => void;
}

async function runClient(options: TunnelOptions, { flows }: Session, { tunnel, stop, line }: Running): Promise<void> {
  const { name, qos, addresses } = options;
  line(`Allocating a flow to ${name}.`);
  const flow = await flows.alloc(name, { qos, signal: stop });
  line('Flow allocated.');
  await tunnel.carry(flow, stop, addresses);
}

async function runServer({ flows, remark }: Session, { tunnel, stop, line }: Running): Promise<void> {
  await flows.ready();
  line('Waiting for a new flow...');
  await serveFlows(
    {
      accept: (signal) => flows.accept({ signal }),
      serve: (flow) => tunnel.carry(flow, stop),
      output: { line, remark },
      newFlow: ({ id }) => `Flow ${id} allocated.`,
    },
    stop,
  );
}

/** Aborts also when somebody removes the device. */
function stopWith(device: IpDevice, stop: AbortSignal): AbortSignal {
  const gone = new AbortController();
  device.onGone = () => gone.abort(new OuroborosError('EIO', `the device ${device.name} was removed`));
  return AbortSignal.any([stop, gone.signal]);
}

async function run(options: TunnelOptions, session: Session): Promise<number> {
  const { addresses, routes, device: name, json, kind } = options;
  const { print } = session;
  const device = await new TunDevices().open({ name, addresses, routes, mtu: LEAST_MTU });
  const tunnel = new Tunnel(device, kind === 'server');
  const stop = stopWith(device, session.stop);
  const line = (text: string): void => {
    if (!json) print(`${text}\n`);
  };
  line(`Tunnel device name is ${device.name}.`);
  const running = { tunnel, stop, line };
  try {
    await (kind === 'client' ? runClient(options, session, running) : runServer(session, running));
    stop.throwIfAborted();
  } catch (thrown) {
    if (!session.stop.aborted) throw thrown;
  } finally {
    line('Shutting down...');
    tunnel.close();
    if (json) print(`${JSON.stringify({ device: device.name, ...tunnel.counters } satisfies TunnelJson)}\n`);
  }
  return 0;
}

void runTool<TunnelOptions>({
  manual: MANUAL,
  parse: parseCommand,
  run,
  failure: (_options, message) => `oip: ${message}`,
});
