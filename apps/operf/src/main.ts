import { OuroborosError, exitStatus, toOuroborosError, VERSION } from '@ouroboros/model';
import { openFlows, type Flows } from '@ouroboros/flow/node';
import { USAGE, parseCommand, type ClientOptions, type ServerOptions } from './arguments.js';
import { PerfRun } from './client.js';
import { headerLines, seqnoLine, summaryJson, summaryLines } from './lines.js';
import { PerfServer } from './server.js';

const print = (text: string): boolean => process.stdout.write(text);
const remark = (text: string): boolean => process.stderr.write(`${text}\n`);
const FAILED = 1;
const NAME_LIMIT_MS = 20_000;

/** Aborts on the signals that end operf, and when nobody reads its output any more. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  process.stdout.on('error', () => stop.abort());
  return stop.signal;
}

async function runClient(flows: Flows, options: ClientOptions, stop: AbortSignal): Promise<number> {
  const { name, qos, test, json } = options;
  const flow = await flows.alloc(name, { qos, timeoutMs: NAME_LIMIT_MS, signal: stop });
  if (!json) print(headerLines(options));
  const result = await new PerfRun(flow, options, remark).run(stop);
  await flow.dealloc();
  print(json ? `${JSON.stringify(summaryJson(options, result))}\n` : summaryLines(options, result));
  return (test === 'uni' ? result.sent : result.received) > 0 ? 0 : FAILED;
}

async function runServer(flows: Flows, { quiet }: ServerOptions, stop: AbortSignal): Promise<number> {
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

async function runProgram(options: ClientOptions | ServerOptions): Promise<number> {
  const stop = stopSignal();
  const flows = openFlows();
  try {
    return await (options.kind === 'client' ? runClient(flows, options, stop) : runServer(flows, options, stop));
  } catch (thrown) {
    if (stop.aborted) return FAILED;
    const error = toOuroborosError(thrown);
    remark(error.message);
    return exitStatus(error.code);
  } finally {
    await flows.close();
  }
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const command = parseCommand(args);
    if (command.kind === 'client' || command.kind === 'server') return await runProgram(command);
    print(command.kind === 'help' ? USAGE : `Ouroboros version ${VERSION}\n`);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof OuroborosError)) throw thrown;
    remark(`operf: ${thrown.message}`);
    if (thrown.code === 'EINVAL') remark("Try 'operf --help'.");
    return exitStatus(thrown.code);
  }
}

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
