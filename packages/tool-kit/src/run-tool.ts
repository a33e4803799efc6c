import { helpText, type Manual } from '@ouroboros/manual';
import { OuroborosError, VERSION, exitStatus, toOuroborosError } from '@ouroboros/model';
import { openFlows, type Flows } from '@ouroboros/flow/node';
import type { Information } from './options.js';

/** What a running tool works with. */
export interface Session {
  /** At the node of the environment. */
  readonly flows: Flows;
  /** Aborts on SIGINT, SIGTERM and SIGHUP, and when nobody reads the output any more. */
  readonly stop: AbortSignal;
  /** Writes to standard output. */
  print(text: string): void;
  /** Writes a line to standard error. */
  remark(line: string): void;
}

export interface Tool<Command extends { readonly kind: string }> {
  /** The one source of its help, its manual page and its completion. */
  readonly manual: Manual;
  /** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
  parse(args: readonly string[], remark: Session['remark']): Command | Information;
  /** Does it, and answers the exit status. What it throws is printed and becomes one, see `exitStatus`. */
  run(command: Command, session: Session): Promise<number>;
  /** The line about an error of `run`. Default: its message. */
  failure?(command: Command, message: string): string;
  /** The tool itself looks after a standard output that breaks. */
  readonly watchesOutput?: boolean;
}

/** Exit status of a run that failed, or was interrupted before there was a result. */
const FAILED = 1;

const print = (text: string): void => void process.stdout.write(text);
const remark = (line: string): void => void process.stderr.write(`${line}\n`);

/** Runs a tool with the arguments of this process, and sets the exit status. */
export async function runTool<Command extends { readonly kind: string }>(tool: Tool<Command>): Promise<void> {
  process.exitCode = await statusOf(tool, process.argv.slice(2));
}

async function statusOf<Command extends { readonly kind: string }>(
  tool: Tool<Command>,
  args: readonly string[],
): Promise<number> {
  try {
    const command = tool.parse(args, remark);
    if (!isInformation(command)) return await runCommand(tool, command);
    print(command.kind === 'help' ? helpText(tool.manual) : `Ouroboros version ${VERSION}\n`);
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof OuroborosError)) throw thrown;
    remark(`${tool.manual.name}: ${thrown.message}`);
    if (thrown.code === 'EINVAL') remark(`Try '${tool.manual.name} --help'.`);
    return exitStatus(thrown.code);
  }
}

async function runCommand<Command extends { readonly kind: string }>(
  tool: Tool<Command>,
  command: Command,
): Promise<number> {
  const stop = stopSignal(tool.watchesOutput ?? false);
  const flows = openFlows();
  try {
    return await tool.run(command, { flows, stop, print, remark });
  } catch (thrown) {
    if (stop.aborted) return FAILED;
    const { code, message } = toOuroborosError(thrown);
    remark(tool.failure?.(command, message) ?? message);
    return exitStatus(code);
  } finally {
    await flows.close();
  }
}

function stopSignal(outputIsWatched: boolean): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  if (!outputIsWatched) process.stdout.on('error', () => stop.abort());
  return stop.signal;
}

const isInformation = (command: { readonly kind: string }): command is Information =>
  command.kind === 'help' || command.kind === 'version';
