import { toOuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { encodeMessage, readableText, runTool, type Session } from '@ouroboros/tool-kit';
import { parseCommand, type ReaderOptions, type WriterOptions } from './arguments.js';
import { MANUAL } from './manual.js';

const FAILED = 1;

/** 0 when interrupted; a flow that ended by itself is a failure. */
async function read(flow: Flow, { stop, print, remark }: Session): Promise<number> {
  print('New flow.\n');
  try {
    for (;;) print(`Message is ${readableText(await flow.read({ signal: stop }))}.\n`);
  } catch (thrown) {
    if (stop.aborted) return 0;
    remark(`Failed to read: ${toOuroborosError(thrown).message}`);
    return FAILED;
  }
}

async function run(options: ReaderOptions | WriterOptions, session: Session): Promise<number> {
  const { flows, stop, print } = session;
  if (options.kind === 'reader') print('Starting a reader.\n');
  const flow = await flows.join(options.layer, { signal: stop });
  if (options.kind === 'reader') return read(flow, session);
  await flow.write(encodeMessage(options.message));
  await flow.dealloc();
  return 0;
}

void runTool<ReaderOptions | WriterOptions>({
  manual: MANUAL,
  parse: parseCommand,
  run,
  failure: (_options, message) => `Failed to join broadcast: ${message}`,
});
