import { runTool, type Session } from '@ouroboros/tool-kit';
import { parseCommand, type ClientOptions, type ServerOptions } from './arguments.js';
import { MANUAL } from './manual.js';
import { PerfRun } from './client.js';
import { headerLines, seqnoLine, summaryJson, summaryLines } from './lines.js';
import { PerfServer } from './server.js';

const FAILED = 1;

async function runClient(options: ClientOptions, { flows, stop, print, remark }: Session): Promise<number> {
  const { name, qos, test, json } = options;
  const flow = await flows.alloc(name, { qos, signal: stop });
  if (!json) print(headerLines(options));
  const result = await new PerfRun(flow, options, remark).run(stop);
  await flow.dealloc();
  print(json ? `${JSON.stringify(summaryJson(options, result))}\n` : summaryLines(options, result));
  return (test === 'uni' ? result.sent : result.received) > 0 ? 0 : FAILED;
}

async function runServer({ quiet }: ServerOptions, { flows, stop, print, remark }: Session): Promise<number> {
  await flows.ready();
  const output = {
    line: (text: string) => print(`${text}\n`),
    packet: (flowId: number, seqno: number) => {
      if (!quiet) print(seqnoLine(flowId, seqno, Date.now()));
    },
    remark,
  };
  await new PerfServer((signal) => flows.accept({ signal }), output).run(stop);
  return 0;
}

void runTool<ClientOptions | ServerOptions>({
  manual: MANUAL,
  parse: parseCommand,
  run: (options, session) => (options.kind === 'client' ? runClient(options, session) : runServer(options, session)),
});
