import { exitStatus, OuroborosError, toOuroborosError, VERSION } from '@ouroboros/model';
import { openFlows, type Flow, type Flows } from '@ouroboros/flow/node';
import { USAGE, parseCommand, type ClientOptions, type ServerOptions } from './arguments.js';
import { faultLine, flowLine, isComplete, summaryJson } from './lines.js';
import { showProgress } from './progress.js';
import { acceptOne } from './serve-name.js';
import { Transfer } from './transfer.js';

const print = (text: string): boolean => process.stdout.write(text);
const remark = (text: string): boolean => process.stderr.write(`${text}\n`);
const FAILED = 1;

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  return stop.signal;
}

function openFlow(flows: Flows, options: ClientOptions | ServerOptions, stop: AbortSignal): Promise<Flow> {
  const { name, waitMs } = options;
  if (options.kind === 'client') return flows.alloc(name, { qos: options.qos, timeoutMs: waitMs, signal: stop });
  return acceptOne(flows, options, stop, () => {
    if (options.verbose) remark(`ocat: listening as ${name}`);
  });
}

async function transfer(flow: Flow, options: ClientOptions | ServerOptions, stop: AbortSignal): Promise<number> {
  if (options.verbose) remark(flowLine(flow));
  const { stdin, stdout, stderr } = process;
  const run = new Transfer(flow, options.input ? stdin : null, stdout, { inputEndsWithPeer: stdin.isTTY });
  const startedAt = performance.now();
  const progressEnds = options.progress ? showProgress(run.count, stderr) : undefined;
  const result = await run.run(stop);
  progressEnds?.();
  const fault = faultLine(result);
  if (fault !== null) remark(fault);
  if (options.json) remark(JSON.stringify(summaryJson(flow, run.count, result, performance.now() - startedAt)));
  return isComplete(result) ? 0 : FAILED;
}

async function runProgram(options: ClientOptions | ServerOptions): Promise<number> {
  const stop = stopSignal();
  const flows = openFlows();
  try {
    return await transfer(await openFlow(flows, options, stop), options, stop);
  } catch (thrown) {
    if (stop.aborted) return FAILED;
    const error = toOuroborosError(thrown);
    remark(`ocat: ${error.message}`);
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
    remark(`ocat: ${thrown.message}`);
    if (thrown.code === 'EINVAL') remark("Try 'ocat --help'.");
    return exitStatus(thrown.code);
  }
}

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
