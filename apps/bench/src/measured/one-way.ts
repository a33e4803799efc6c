import { OuroborosError, type Flow } from '@ouroboros/flow/node';
import { cpuWhile, type Watched } from './cpu-time.js';
import { COUNT, REPORT, packetOf, readReport, type Received } from './packet.js';
import { answered } from './round-trip.js';

export interface OneWay {
  readonly sent: number;
  readonly received: number;
  readonly lostPercent: number;
  /** Per second, at the receiver, from its first packet to its last. */
  readonly packetsPerS: number;
  readonly gbitPerS: number;
  readonly perSecond: readonly number[];
  /** Of each process, per packet received. */
  readonly cpuUsPerPacket: Readonly<Record<string, number>>;
}

/** Packets per turn of the event loop, as an application would send that has other things to do. */
const BURST = 64;
/** What is still on its way when the sender stops has arrived after this. */
const DRAIN_MS = 300;
const REPORT_SIZE = 64;
const REPORT_ATTEMPTS = 10;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Writes packets as fast as the flow takes them; what was sent meanwhile is counted at the server. */
export async function oneWay(
  flow: Flow,
  size: number,
  seconds: number,
  warmUpS: number,
  watched: readonly Watched[],
): Promise<OneWay> {
  await send(flow, packetOf(COUNT, size, 1), warmUpS);
  await report(flow);
  const { result, cpuUs } = await cpuWhile(watched, async () => {
    const sent = await send(flow, packetOf(COUNT, size, 2), seconds);
    return { sent, received: await report(flow) };
  });
  return figuresOf(result.sent, result.received, cpuUs);
}

async function send(flow: Flow, packet: Uint8Array, seconds: number): Promise<number> {
  let sent = 0;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    for (let i = 0; i < BURST; i += 1) if (!flow.tryWrite(packet)) await flow.write(packet);
    sent += BURST;
    await nextTurn();
  }
  await pause(DRAIN_MS);
  return sent;
}

function figuresOf(sent: number, received: Received, cpuUs: Readonly<Record<string, number>>): OneWay {
  const { packets, bytes, spanMs, perSecond } = received;
  const seconds = spanMs / 1000;
  const perPacket = Object.entries(cpuUs).map(([process, micros]) => [process, micros / packets] as const);
  return {
    sent,
    received: packets,
    lostPercent: (100 * (sent - packets)) / sent,
    packetsPerS: packets / seconds,
    gbitPerS: (bytes * 8) / 1e9 / seconds,
    perSecond,
    cpuUsPerPacket: Object.fromEntries(perPacket),
  };
}

/** Asks the server what it counted; asks again, as a raw flow may lose the question. */
async function report(flow: Flow): Promise<Received> {
  for (let i = 0; i < REPORT_ATTEMPTS; i += 1) {
    await flow.write(packetOf(REPORT, REPORT_SIZE));
    const answer = new Uint8Array(8192);
    if (await answered(flow, answer)) return readReport(trimmed(answer));
  }
  throw new OuroborosError('ETIMEDOUT', 'the server of the measurement does not report');
}

const trimmed = (answer: Uint8Array): Uint8Array => answer.subarray(0, answer.lastIndexOf(0x7d) + 1);
