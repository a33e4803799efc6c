/** Flows in real time for specs of programs and streams; no tests here. */
import { QOS_RAW, type Micros, type QosSpec } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { MemoryChannelNetwork, SeededRandom } from '@ouroboros/simnet';
import { OapFeature } from '@ouroboros/wire';
import { Flow, PacketFlow } from '../src/index.js';

/** Real time. */
export const clock: Clock = {
  now: () => Math.floor(performance.now() * 1000) as Micros,
  wallNanos: () => process.hrtime.bigint(),
  at: (at, callback) => {
    const timer = setTimeout(callback, Math.max(0, (at - clock.now()) / 1000));
    return () => clearTimeout(timer);
  },
};

/** What peers of ours agree; a C peer agrees 0. */
export const OURS = OapFeature.FRAMES | OapFeature.FRCP_SELECTIVE;

export interface JoinedOptions {
  readonly qos?: QosSpec;
  /** What both ends agreed. */
  readonly features?: number;
}

/** A flow between two processes, both here: the client's end and the server's. */
export async function joinedFlows(flowId = 1, options: JoinedOptions = {}): Promise<[Flow, Flow]> {
  const { qos = QOS_RAW, features = 0 } = options;
  const grant = {
    flowId,
    qos,
    mplMs: 1,
    layerPacket: 0,
    layer: '',
    name: 'hello',
    features,
    crypto: null,
    correlationId: 'c',
  };
  const host = { clock, random: new SeededRandom(1), release: () => Promise.resolve() };
  const network = new MemoryChannelNetwork((callback) => void setImmediate(callback));
  const ticket = new Uint8Array(16);
  const other = network.createHost({ path: '/server' }).expect(ticket);
  const one = await network.createHost().attach('/server', ticket);
  const end = (channel: typeof one, initiator: boolean): Flow =>
    new Flow(new PacketFlow(grant, channel, host, { initiator, crypto: null }), clock);
  return [end(one, true), end(other, false)];
}

/** Ends that hand over flows as they are given, one accept each, then wait until the signal aborts. */
export function acceptOf(flows: Flow[]): (options: { signal: AbortSignal }) => Promise<Flow> {
  return ({ signal }) => {
    const flow = flows.shift();
    if (flow) return Promise.resolve(flow);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  };
}
