import type { Flow } from '@ouroboros/flow';
import { sendAtRate } from '@ouroboros/tool-kit';
import type { ClientOptions } from './arguments.js';
import type { Count } from './lines.js';
import { putSeqno } from './payload.js';

/** Sends for the duration, or until `stop` aborts. `count` changes while it runs. Errors of Flow.write. */
export async function sendConstantly(
  flow: Flow,
  options: Pick<ClientOptions, 'seconds' | 'size' | 'rate' | 'sleep'>,
  count: { -readonly [Key in keyof Count]: Count[Key] },
  stop: AbortSignal,
): Promise<void> {
  const { seconds, size, rate, sleep } = options;
  flow.access = 'both';
  const stamp = (packet: Uint8Array): void => putSeqno(packet, count.packets);
  const sent = (ms: number): void => {
    count.packets += 1;
    count.bytes += size;
    count.timeMs = ms;
  };
  const sending = { durationMs: seconds * 1000, rate, packet: new Uint8Array(size), stamp, sent, sleep };
  await sendAtRate(flow, sending, stop).catch((thrown: unknown) => {
    if (!stop.aborted) throw thrown;
  });
}
