import { openFlows, OuroborosError, type Flow } from '@ouroboros/flow/node';
import { COUNT, ECHO, REPORT, packetOf, readReport, type Received } from './packet.js';
import { percentile } from './percentile.js';
import type { Plan } from './plan.js';

export interface RoundTrip {
  readonly count: number;
  /** Without an answer within a second. */
  readonly lost: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface OneWay {
  readonly sent: number;
  readonly received: number;
  /** Per second, at the receiver, from its first packet to its last. */
  readonly receivedPerS: number;
  readonly receivedMbitPerS: number;
  readonly lostPercent: number;
}

export interface Measured {
  readonly size: number;
  readonly awake: RoundTrip;
  readonly idle: RoundTrip;
  readonly oneWay: OneWay;
}

const ANSWER_LIMIT_MS = 1000;
/** Packets per turn of the event loop, as an application would send that has other things to do. */
const BURST = 64;
/** What is still on its way when the sender stops has arrived after this. */
const DRAIN_MS = 300;
const REPORT_SIZE = 64;
const REPORT_ATTEMPTS = 10;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Allocates one flow to `name` at the node of `runtimeDir` and measures all that the plan asks for. */
export async function measure(runtimeDir: string, name: string, plan: Plan): Promise<Measured[]> {
  const flows = openFlows({ runtimeDir });
  const flow = await flows.alloc(name);
  flow.noPartialRead = true;
  const results: Measured[] = [];
  for (const size of plan.sizes) {
    await roundTrips(flow, size, plan.warmUpMs);
    const awake = await roundTrips(flow, size, plan.awakeMs);
    const idle = await roundTrips(flow, size, Infinity, plan.idleCount, plan.idlePauseMs);
    await oneWay(flow, size, plan.warmUpMs);
    results.push({ size, awake, idle, oneWay: await oneWay(flow, size, plan.oneWayMs) });
  }
  await flows.close();
  return results;
}

async function roundTrips(
  flow: Flow,
  size: number,
  limitMs: number,
  limit = Infinity,
  pauseMs = 0,
): Promise<RoundTrip> {
  const packet = packetOf(ECHO, size);
  const answer = new Uint8Array(size);
  const micros: number[] = [];
  let lost = 0;
  const end = performance.now() + limitMs;
  while (performance.now() < end && micros.length + lost < limit) {
    if (pauseMs > 0) await pause(pauseMs);
    const start = performance.now();
    await flow.write(packet);
    if (await answered(flow, answer)) micros.push((performance.now() - start) * 1000);
    else lost += 1;
  }
  return { count: micros.length, lost, p50Us: percentile(micros, 50), p99Us: percentile(micros, 99) };
}

async function answered(flow: Flow, answer: Uint8Array): Promise<boolean> {
  try {
    await flow.readInto(answer, { timeoutMs: ANSWER_LIMIT_MS });
    return true;
  } catch (thrown) {
    if (thrown instanceof OuroborosError && thrown.code === 'ETIMEDOUT') return false;
    throw thrown;
  }
}

async function oneWay(flow: Flow, size: number, limitMs: number): Promise<OneWay> {
  const packet = packetOf(COUNT, size);
  let sent = 0;
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    for (let i = 0; i < BURST; i += 1) {
      if (!flow.tryWrite(packet)) await flow.write(packet);
      sent += 1;
    }
    await nextTurn();
  }
  await pause(DRAIN_MS);
  const { packets, bytes, spanMs } = await report(flow);
  const seconds = spanMs / 1000;
  return {
    sent,
    received: packets,
    receivedPerS: packets / seconds,
    receivedMbitPerS: (bytes * 8) / 1e6 / seconds,
    lostPercent: (100 * (sent - packets)) / sent,
  };
}

/** Asks the server what it counted; asks again, as a raw flow may lose the question. */
async function report(flow: Flow): Promise<Received> {
  for (let i = 0; i < REPORT_ATTEMPTS; i += 1) {
    await flow.write(packetOf(REPORT, REPORT_SIZE));
    const answer = new Uint8Array(1024);
    if (await answered(flow, answer)) return readReport(trimmed(answer));
  }
  throw new OuroborosError('ETIMEDOUT', 'the server of the measurement does not report');
}

const trimmed = (answer: Uint8Array): Uint8Array => answer.subarray(0, answer.lastIndexOf(0x7d) + 1);
