import { once } from 'node:events';
import { runTool, type Session } from '@ouroboros/tool-kit';
import { parseCommand, type ProxyOptions } from './arguments.js';
import { Journal } from './journal.js';
import { MANUAL } from './manual.js';
import type { Service, ServiceParts } from './service.js';
import { proxyPort } from './socks/proxy-port.js';
import { connectTcp } from './tcp/connect-tcp.js';
import { exposeTcp } from './tcp/expose-tcp.js';
import { connectUdp } from './udp/connect-udp.js';
import { exposeUdp } from './udp/expose-udp.js';

function start(options: ProxyOptions, parts: ServiceParts): Promise<Service> {
  if (options.kind === 'socks') return proxyPort(options, parts);
  if (options.kind === 'expose') return (options.udp ? exposeUdp : exposeTcp)(options, parts);
  return (options.udp ? connectUdp : connectTcp)(options, parts);
}

async function run(options: ProxyOptions, { flows, stop, print }: Session): Promise<number> {
  const journal = new Journal(print, options);
  const service = await start(options, { flows, journal });
  const tell = (): void => journal.tell({ event: 'statistics', ...service.statistics() });
  process.on('SIGUSR1', tell);
  if (!stop.aborted) await once(stop, 'abort');
  await service.close(options.graceMs);
  tell();
  return 0;
}

void runTool<ProxyOptions>({
  manual: MANUAL,
  parse: parseCommand,
  run,
  failure: (_options, message) => `oproxy: ${message}`,
});
