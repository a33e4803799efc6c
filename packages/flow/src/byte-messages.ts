import type { Flow } from './flow.js';
import type { WaitOptions } from './wait-queue.js';

/** Longest message of a stream on a reliable flow: long enough that calls cost little, short enough that nothing waits for its end. */
const RELIABLE_MESSAGE = 65_536;
/** What checksum, protection, frame, FRCP and segment put around a payload, at most. [docs/wire-extensions.md] */
const HEADERS = 64;
const SHORTEST_MESSAGE = 64;

/**
 * How many bytes of a stream go into one message of this flow, now. On flows that lose packets: what the path takes in
 * one piece, so that one lost packet costs one message.
 */
export function streamMessageBytes(flow: Flow): number {
  const wanted = flow.qos.loss === 0 ? RELIABLE_MESSAGE : flow.pathPacket - HEADERS;
  return Math.min(flow.maxPacket, Math.max(wanted, SHORTEST_MESSAGE));
}

/**
 * Writes bytes without boundaries: cut into messages, each written when the flow takes it. `bytes` must not change
 * before. The limits apply to each message. Errors of Flow.write; what went before was written.
 */
export async function writeBytes(flow: Flow, bytes: Uint8Array, options: WaitOptions = {}): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    const message = bytes.subarray(offset, offset + streamMessageBytes(flow));
    if (!flow.tryWrite(message)) await flow.write(message, options);
    offset += message.length;
  }
}
