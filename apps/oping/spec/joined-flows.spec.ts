/** A flow for the specs of this program; no tests here. */
import { QOS_RAW, type Micros } from '@ouroboros/model';
import { Flow, PacketFlow } from '@ouroboros/flow';
import type { Clock } from '@ouroboros/ports';
import { MemoryChannelNetwork, SeededRandom } from '@ouroboros/simnet';

/** Real time. */
export const clock: Clock = {
  now: () => Math.floor(performance.now() * 1000) as Micros,
  wallNanos: () => process.hrtime.bigint(),
  at: (at, callback) => {
    const timer = setTimeout(callback, Math.max(0, (at - clock.now()) / 1000));
    return () => clearTimeout(timer);
  },
};

/** A flow between two processes, both here: the client's end and the server's. */
export async function joinedFlows(flowId = 1): Promise<[Flow, Flow]> {
  const grant = {
    flowId,
    qos: QOS_RAW,
    mplMs: 1,
    layer: '',
    name: 'hello',
    features: 0,
    crypto: null,
    correlationId: 'c',
  };
  const host = { clock, random: new SeededRandom(1), release: () => Promise.resolve() };
  const network = new MemoryChannelNetwork((callback) => void setImmediate(callback));
  const ticket = new Uint8Array(16);
  const other = network.createHost({ path: '/server' }).expect(ticket);
  const one = await network.createHost().attach('/server', ticket);
  return [new Flow(new PacketFlow(grant, one, host), clock), new Flow(new PacketFlow(grant, other, host), clock)];
}
