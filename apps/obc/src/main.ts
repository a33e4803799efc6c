import { toOuroborosError } from '@ouroboros/model';
import { runTool, type Session } from '@ouroboros/tool-kit';
import { USAGE, parseCommand, type ReaderOptions, type WriterOptions } from './arguments.js';
import { encodeMessage, readableText } from './message.js';

const FAILED = 1;

/** 0 when interrupted; a flow that ended by itself is a failure. */
async function read({ layer }: ReaderOptions, { flows, stop, print, remark }: Session): Promise<number> {
  print('Starting a reader.\n');
  const flow = await flows.join(layer, { signal: stop });
  print('New flow.\n');
  try {
    for (;;) print(`Message is ${readableText(await flow.read({ signal: stop }))}.\n`);
  } catch (thrown) {
    if (stop.aborted) return 0;
    remark(`Failed to read: ${toOuroborosError(thrown).message}`);
    return FAILED;
  }
}

async function write({ layer, message }: WriterOptions, { flows, stop }: Session): Promise<number> {
  const flow = await flows.join(layer, { signal: stop });
  await flow.write(encodeMessage(message));
  await flow.dealloc();
  return 0;
}

void runTool<ReaderOptions | WriterOptions>({
  name: 'obc',
  usage: USAGE,
  parse: parseCommand,
  run: (options, session) => (options.kind === 'reader' ? read(options, session) : write(options, session)),
  failure: (_options, message) => `Failed to join broadcast: ${message}`,
});
