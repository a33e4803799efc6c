import { toOuroborosError } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import { Pacer } from './pacer.js';

export interface Sending {
  readonly durationMs: number;
  /** Bits per second; Infinity = as fast as the flow takes packets. */
  readonly rate: number;
  /** The packet, whose content `stamp` changes before each sending. */
  readonly packet: Uint8Array;
  stamp(packet: Uint8Array): void;
  /** A packet was sent, `ms` after the start. */
  sent(ms: number): void;
  /** Between packets, sleep; else go round the event loop. */
  readonly sleep: boolean;
}

/** Timers are late: one who sleeps makes up for more than one who does not. */
const SLEEPER_LAG_MS = 50;

/** Sends packets at a rate for a time, waiting whenever the flow takes no more. Errors of Flow.write; the signal's reason. */
export async function sendAtRate(flow: Flow, sending: Sending, signal: AbortSignal): Promise<void> {
  const { durationMs, rate, packet, sleep } = sending;
  const startedAt = performance.now();
  const elapsed = (): number => performance.now() - startedAt;
  const pacer = new Pacer((packet.length * 8000) / rate, { sleep, lagMs: sleep ? SLEEPER_LAG_MS : undefined }, elapsed);
  for (;;) {
    await pacer.next(signal);
    const left = durationMs - elapsed();
    if (left <= 0) return;
    sending.stamp(packet);
    if (!flow.tryWrite(packet) && !(await writeWithin(left, flow, packet, signal))) return;
    sending.sent(elapsed());
  }
}

/** False when the flow took no more in the time that was left. */
async function writeWithin(timeoutMs: number, flow: Flow, packet: Uint8Array, signal: AbortSignal): Promise<boolean> {
  try {
    await flow.write(packet, { timeoutMs, signal });
    return true;
  } catch (thrown) {
    if (toOuroborosError(thrown).code === 'ETIMEDOUT') return false;
    throw thrown;
  }
}
