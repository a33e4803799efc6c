import { runTool, serveFlows, type Session } from '@ouroboros/tool-kit';
import { parseCommand, type ClientOptions, type ServerOptions } from './arguments.js';
import { MANUAL } from './manual.js';
import { ECHO_NAME, sayBack, sayHello } from './echo.js';

async function runClient({ qos, json }: ClientOptions, { flows, stop, print }: Session): Promise<number> {
  const flow = await flows.alloc(ECHO_NAME, { qos, signal: stop });
  const result = await sayHello(flow, stop);
  await flow.dealloc();
  print(json ? `${JSON.stringify(result)}\n` : `Server replied with ${result.reply}\n`);
  return 0;
}

async function runServer({ flows, stop, print, remark }: Session): Promise<number> {
  await flows.ready();
  const output = { line: (text: string) => print(`${text}\n`), remark };
  output.line('Starting the server.');
  await serveFlows(
    {
      accept: (signal) => flows.accept({ signal }),
      serve: async (flow) => output.line(`Message from client is ${await sayBack(flow, stop)}.`),
      output,
      newFlow: () => 'New flow.',
    },
    stop,
  );
  return 0;
}

void runTool<ClientOptions | ServerOptions>({
  manual: MANUAL,
  parse: parseCommand,
  run: (options, session) => (options.kind === 'client' ? runClient(options, session) : runServer(session)),
  failure: (_options, message) => `oecho: ${message}`,
});
