import { runTool, type Session } from '@ouroboros/tool-kit';
import { parseCommand, type ClientOptions, type ServerOptions } from './arguments.js';
import { MANUAL } from './manual.js';
import { PingRun, type ClientOutput, type ClientResult } from './client.js';
import { headerLines, replyLine, summaryJson, summaryLines, timePrefix } from './lines.js';
import { PingServer } from './server.js';

const FAILED = 1;

function clientOutput(options: ClientOptions, { print, remark }: Session): ClientOutput {
  const { name, timeOfDay } = options;
  const silent = options.quiet || options.json;
  return {
    remark,
    reply: (length, id, rttMs, outOfOrder) => {
      if (silent) return;
      print((timeOfDay ? timePrefix(Date.now()) : '') + replyLine(length, name, id, rttMs, outOfOrder));
    },
  };
}

function printResult(options: ClientOptions, { statistics, timeMs, end }: ClientResult, print: Session['print']): void {
  const { name, size, json } = options;
  if (json) print(`${JSON.stringify(summaryJson(name, size, statistics, timeMs, end))}\n`);
  else print(summaryLines(name, statistics, timeMs));
}

async function runClient(options: ClientOptions, session: Session): Promise<number> {
  const { name, qos } = options;
  const { flows, stop, print } = session;
  const flow = await flows.alloc(name, { qos, signal: stop });
  if (!options.quiet && !options.json) print(headerLines(name, options.size, options.count));
  const run = new PingRun(flow, options, clientOutput(options, session), () => process.hrtime.bigint());
  const result = await run.run(stop);
  await flow.dealloc();
  printResult(options, result, print);
  return result.statistics.received > 0 ? 0 : FAILED;
}

async function runServer(options: ServerOptions, { flows, stop, print, remark }: Session): Promise<number> {
  await flows.ready();
  const output = {
    line: (text: string) => print(`${text}\n`),
    packetLine: (text: string) => {
      if (!options.quiet) print(`${options.timeOfDay ? timePrefix(Date.now()) : ''}${text}\n`);
    },
    remark,
  };
  await new PingServer((signal) => flows.accept({ signal }), options, output).run(stop);
  return 0;
}

void runTool<ClientOptions | ServerOptions>({
  manual: MANUAL,
  parse: (args, remark) => {
    const { options, remarks } = parseCommand(args);
    remarks.forEach(remark);
    return options;
  },
  run: (options, session) => (options.kind === 'client' ? runClient(options, session) : runServer(options, session)),
  failure: ({ kind }, message) => (kind === 'client' ? `Failed to allocate flow: ${message}` : message),
});
