import { runTool, type Session } from '@ouroboros/tool-kit';
import { parseCommand, type ClientOptions, type ServerOptions } from './arguments.js';
import { MANUAL } from './manual.js';
import { sendConstantly } from './client.js';
import { clientStartLine, receivedJson, receivedLine, sentJson, sentLine, serverStartLine } from './lines.js';
import { countFlows, type CbrOutput } from './server.js';

const FAILED = 1;

async function runClient(options: ClientOptions, { flows, stop, print }: Session): Promise<number> {
  const { name, qos, json } = options;
  const flow = await flows.alloc(name, { qos, signal: stop });
  if (!json) print(clientStartLine(options));
  const count = { packets: 0, bytes: 0, timeMs: 0 };
  try {
    await sendConstantly(flow, options, count, stop);
  } finally {
    print(json ? `${JSON.stringify(sentJson(name, count))}\n` : sentLine(count));
  }
  await flow.dealloc();
  return count.packets > 0 ? 0 : FAILED;
}

async function runServer(options: ServerOptions, { flows, stop, print, remark }: Session): Promise<number> {
  const { intervalSeconds, idleSeconds, json } = options;
  await flows.ready();
  const output: CbrOutput = {
    line: (text) => {
      if (!json) print(`${text}\n`);
    },
    remark,
    count: (flowId, of, count) =>
      print(`${json ? JSON.stringify(receivedJson(flowId, of, count)) : receivedLine(flowId, count)}\n`),
  };
  output.line(serverStartLine(options));
  const times = { intervalMs: intervalSeconds * 1000, idleMs: idleSeconds * 1000 };
  await countFlows((signal) => flows.accept({ signal }), times, output, stop);
  return 0;
}

void runTool<ClientOptions | ServerOptions>({
  manual: MANUAL,
  parse: parseCommand,
  run: (options, session) => (options.kind === 'client' ? runClient(options, session) : runServer(options, session)),
  failure: (_options, message) => `ocbr: ${message}`,
});
