import type { Flow } from '@ouroboros/flow';
import { encodeMessage, readableText } from '@ouroboros/tool-kit';

/** The name that is served; C knows no other. [spec/tools.md §2] */
export const ECHO_NAME = 'oecho';
const HELLO = 'Client says hi!';
/** Longest message. [spec/tools.md §2] */
const MAX_MESSAGE = 256;
/** C waits without end, for the message and for the answer. */
const PATIENCE_MS = 10_000;

/** The result of `oecho --json`. This shape is documented and kept. */
export interface EchoJson {
  readonly name: string;
  /** The text that was said back. */
  readonly reply: string;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly timeMs: number;
}

/** Says hello, and waits for one answer. Errors of Flow.write and Flow.read. */
export async function sayHello(flow: Flow, stop: AbortSignal, patienceMs = PATIENCE_MS): Promise<EchoJson> {
  flow.access = 'both';
  const message = encodeMessage(HELLO);
  const answer = new Uint8Array(MAX_MESSAGE);
  const startedAt = performance.now();
  await flow.write(message, { timeoutMs: patienceMs, signal: stop });
  const length = await flow.readInto(answer, { timeoutMs: patienceMs, signal: stop });
  const timeMs = Number((performance.now() - startedAt).toFixed(3));
  const reply = readableText(answer.subarray(0, length));
  return { name: ECHO_NAME, reply, sentBytes: message.length, receivedBytes: length, timeMs };
}

/** Sends one message back as it is; gives its text. EMSGSIZE for more than 256 bytes, and errors of Flow.read and Flow.write. */
export async function sayBack(flow: Flow, stop: AbortSignal, patienceMs = PATIENCE_MS): Promise<string> {
  const message = new Uint8Array(MAX_MESSAGE);
  const length = await flow.readInto(message, { timeoutMs: patienceMs, signal: stop });
  await flow.write(message.subarray(0, length), { timeoutMs: patienceMs, signal: stop });
  return readableText(message.subarray(0, length));
}
