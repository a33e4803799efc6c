import { OuroborosError, exitStatus, toOuroborosError, VERSION } from '@ouroboros/model';
import { openFlows, type Flow, type Flows } from '@ouroboros/flow/node';
import { USAGE, parseCommand, type ReaderOptions, type WriterOptions } from './arguments.js';
import { encodeMessage, readableText } from './message.js';

const print = (text: string): boolean => process.stdout.write(text);
const remark = (text: string): boolean => process.stderr.write(`${text}\n`);
const FAILED = 1;

/** Aborts on the signals that end obc, and when nobody reads its output any more. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  process.stdout.on('error', () => stop.abort());
  return stop.signal;
}

/** 0 when interrupted; a flow that ended by itself is a failure. */
async function read(flow: Flow, stop: AbortSignal): Promise<number> {
  print('New flow.\n');
  try {
    for (;;) print(`Message is ${readableText(await flow.read({ signal: stop }))}.\n`);
  } catch (thrown) {
    if (stop.aborted) return 0;
    remark(`Failed to read: ${toOuroborosError(thrown).message}`);
    return FAILED;
  }
}

async function run(flows: Flows, options: ReaderOptions | WriterOptions, stop: AbortSignal): Promise<number> {
  if (options.kind === 'reader') print('Starting a reader.\n');
  const flow = await flows.join(options.layer, { signal: stop });
  if (options.kind === 'reader') return read(flow, stop);
  await flow.write(encodeMessage(options.message));
  await flow.dealloc();
  return 0;
}

async function runProgram(options: ReaderOptions | WriterOptions): Promise<number> {
  const stop = stopSignal();
  const flows = openFlows();
  try {
    return await run(flows, options, stop);
  } catch (thrown) {
    if (stop.aborted) return FAILED;
    const error = toOuroborosError(thrown);
    remark(`Failed to join broadcast: ${error.message}`);
    return exitStatus(error.code);
  } finally {
    await flows.close();
  }
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const command = parseCommand(args);
    if (command.kind === 'reader' || command.kind === 'writer') return await runProgram(command);
    print(command.kind === 'help' ? USAGE : `Ouroboros version ${VERSION}\n`);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof OuroborosError)) throw thrown;
    remark(`obc: ${thrown.message}`);
    if (thrown.code === 'EINVAL') remark("Try 'obc --help'.");
    return exitStatus(thrown.code);
  }
}

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
