import { OuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow/node';

/** One packet there and back. The server is oping: it turns type 0 into type 1. */
export async function answersPing(flow: Flow): Promise<void> {
  await flow.write(new Uint8Array(64));
  const reply = await flow.read({ timeoutMs: 3_000 });
  if (reply[3] !== 1) throw new Error(`no reply to a ping, but ${reply.subarray(0, 4).join(' ')}`);
}

/** The error that an allocation ends with, within `limitMs`. */
export async function refusedWithin(limitMs: number, allocation: Promise<Flow>): Promise<OuroborosError> {
  const startedAt = performance.now();
  const outcome = await allocation.catch((thrown: unknown) => thrown);
  if (!(outcome instanceof OuroborosError)) throw new Error('the flow was not refused');
  const tookMs = performance.now() - startedAt;
  if (tookMs > limitMs) throw new Error(`after ${tookMs.toFixed(0)} ms only: ${outcome.message}`);
  return outcome;
}

/** How long a reader waits until its flow is down, in ms. */
export async function downAfter(flow: Flow): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    try {
      await flow.read({ timeoutMs: 10_000 });
    } catch (thrown) {
      if (thrown instanceof OuroborosError && thrown.code === 'EFLOWDOWN') return performance.now() - startedAt;
      throw thrown;
    }
  }
}
