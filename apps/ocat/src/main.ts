import { fstatSync } from 'node:fs';
import type { Flow } from '@ouroboros/flow';
import { runTool, type Session } from '@ouroboros/tool-kit';
import { parseCommand, type ClientOptions, type ServerOptions } from './arguments.js';
import { MANUAL } from './manual.js';
import { faultLine, flowLine, isComplete, summaryJson } from './lines.js';
import { showProgress } from './progress.js';
import { FileInput } from './file-input.js';
import { acceptOne } from './serve-name.js';
import { Transfer, type TransferInput } from './transfer.js';

const FAILED = 1;

function openFlow(options: ClientOptions | ServerOptions, { flows, stop, remark }: Session): Promise<Flow> {
  const { name, waitMs } = options;
  if (options.kind === 'client') return flows.alloc(name, { qos: options.qos, timeoutMs: waitMs, signal: stop });
  return acceptOne(flows, options, stop, () => {
    if (options.verbose) remark(`ocat: listening as ${name}`);
  });
}

/** Standard input. */
function input(): TransferInput {
  const { stdin } = process;
  return fstatSync(stdin.fd).isFile() ? new FileInput(stdin.fd) : stdin;
}

async function transfer(options: ClientOptions | ServerOptions, session: Session): Promise<number> {
  const { stop, remark } = session;
  const flow = await openFlow(options, session);
  if (options.verbose) remark(flowLine(flow));
  const { stdin, stdout, stderr } = process;
  const run = new Transfer(flow, options.input ? input() : null, stdout, { inputEndsWithPeer: stdin.isTTY });
  const startedAt = performance.now();
  const progressEnds = options.progress ? showProgress(run.count, stderr) : undefined;
  const result = await run.run(stop);
  progressEnds?.();
  const fault = faultLine(result);
  if (fault !== null) remark(fault);
  if (options.json) remark(JSON.stringify(summaryJson(flow, run.count, result, performance.now() - startedAt)));
  return isComplete(result) ? 0 : FAILED;
}

void runTool<ClientOptions | ServerOptions>({
  manual: MANUAL,
  parse: parseCommand,
  run: transfer,
  failure: (_options, message) => `ocat: ${message}`,
  watchesOutput: true,
});
