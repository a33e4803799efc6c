import { OuroborosError, exitStatus, toOuroborosError, VERSION } from '@ouroboros/model';
import { openFlows, type Flows } from '@ouroboros/flow/node';
import { USAGE, parseCommand, type ClientOptions, type ServerOptions } from './arguments.js';
import { PingRun, type ClientOutput, type ClientResult } from './client.js';
import { headerLines, replyLine, summaryJson, summaryLines, timePrefix } from './lines.js';
import { PingServer } from './server.js';

const print = (text: string): boolean => process.stdout.write(text);
const remark = (text: string): boolean => process.stderr.write(`${text}\n`);
const FAILED = 1;
const NAME_LIMIT_MS = 20_000;

/** Aborts on the signals that end oping, and when nobody reads its output any more. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  process.stdout.on('error', () => stop.abort());
  return stop.signal;
}

function clientOutput(options: ClientOptions): ClientOutput {
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

function printResult(options: ClientOptions, { statistics, timeMs, end }: ClientResult): void {
  const { name, size, json } = options;
  if (json) print(`${JSON.stringify(summaryJson(name, size, statistics, timeMs, end))}\n`);
  else print(summaryLines(name, statistics, timeMs));
}

async function runClient(flows: Flows, options: ClientOptions, stop: AbortSignal): Promise<number> {
  const { name, qos } = options;
  const flow = await flows.alloc(name, { qos, timeoutMs: NAME_LIMIT_MS, signal: stop });
  if (!options.quiet && !options.json) print(headerLines(name, options.size, options.count));
  const run = new PingRun(flow, options, clientOutput(options), () => process.hrtime.bigint());
  const result = await run.run(stop);
  await flow.dealloc();
  printResult(options, result);
  return result.statistics.received > 0 ? 0 : FAILED;
}

async function runServer(flows: Flows, options: ServerOptions, stop: AbortSignal): Promise<number> {
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

async function runProgram(options: ClientOptions | ServerOptions): Promise<number> {
  const stop = stopSignal();
  const flows = openFlows();
  try {
    return await (options.kind === 'client' ? runClient(flows, options, stop) : runServer(flows, options, stop));
  } catch (thrown) {
    if (stop.aborted) return FAILED;
    const error = toOuroborosError(thrown);
    remark(options.kind === 'client' ? `Failed to allocate flow: ${error.message}` : error.message);
    return exitStatus(error.code);
  } finally {
    await flows.close();
  }
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const { options, remarks } = parseCommand(args);
    remarks.forEach(remark);
    if (options.kind === 'client' || options.kind === 'server') return await runProgram(options);
    print(options.kind === 'help' ? USAGE : `Ouroboros version ${VERSION}\n`);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof OuroborosError)) throw thrown;
    remark(`oping: ${thrown.message}`);
    if (thrown.code === 'EINVAL') remark("Try 'oping --help'.");
    return exitStatus(thrown.code);
  }
}

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
