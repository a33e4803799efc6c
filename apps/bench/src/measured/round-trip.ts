import { OuroborosError, type Flow } from '@ouroboros/flow/node';
import { ECHO, packetOf } from './packet.js';
import { percentile } from '../percentile.js';

export interface RoundTrip {
  readonly count: number;
  /** Without an answer within a second. */
  readonly lost: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

const ANSWER_LIMIT_MS = 1000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Packets that come back, one after the other, with a pause of `pauseMs` before each; 0: back to back. */
export async function roundTrips(flow: Flow, size: number, seconds: number, pauseMs = 0): Promise<RoundTrip> {
  const packet = packetOf(ECHO, size);
  const answer = new Uint8Array(packet.length);
  const micros: number[] = [];
  let lost = 0;
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    if (pauseMs > 0) await pause(pauseMs);
    const start = performance.now();
    if (!flow.tryWrite(packet)) await flow.write(packet);
    if (await answered(flow, answer)) micros.push((performance.now() - start) * 1000);
    else lost += 1;
  }
  return {
    count: micros.length,
    lost,
    p50Us: percentile(micros, 50),
    p99Us: percentile(micros, 99),
    maxUs: percentile(micros, 100),
  };
}

/** True when a packet came within a second; it is in `answer`. */
export async function answered(flow: Flow, answer: Uint8Array): Promise<boolean> {
  if (flow.tryReadInto(answer) !== undefined) return true;
  try {
    await flow.readInto(answer, { timeoutMs: ANSWER_LIMIT_MS });
    return true;
  } catch (thrown) {
    if (thrown instanceof OuroborosError && thrown.code === 'ETIMEDOUT') return false;
    throw thrown;
  }
}
