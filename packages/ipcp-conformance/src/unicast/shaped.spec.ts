import { NodeHash } from '@ouroboros/crypto';
import type { Flow } from '@ouroboros/flow';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { unicastType } from '@ouroboros/ipcp-unicast';
import { QOS_DATA, QOS_RAW, QOS_VOICE, type QosSpec } from '@ouroboros/model';
import { Simulation, simType } from '@ouroboros/simnet';
import { lossyType } from '../../../../examples/ipcp-lossy/src/index.js';
import { UnicastNetwork } from './unicast-network.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const types = [simType(lossyType(udp4Type({} as DynamicDns))), simType(unicastType)];

const [NARROW, LEFT, RIGHT, SINK] = [0, 1, 2, 3] as const;
const SHAPED_KBPS = 10_000;
/** More than the narrow link carries, and little enough to simulate what is lost before it. */
const OTHERS_KBPS = 20_000;
const BULK_BYTES = 1400;
const VOICE_BYTES = 160;
const VOICE_EVERY_MS = 20;
/** Slow start, and what it filled, are over. */
const WARM_MS = 1_000;
const MEASURED_MS = 1_500;

/** What arrives on one flow. */
interface Tally {
  bytes: number;
  readonly delaysMs: number[];
}

/** A star around a node that sends at 10 Mbit/s only, to the sink among others. */
class Star {
  readonly sim = new Simulation({ seed: 1, settle, hash: new NodeHash(), types, logLevel: 'info' });
  private readonly net: UnicastNetwork;
  private readonly tallies: Tally[] = [];

  private constructor(congestion: string) {
    const config = (i: number) => ({ rate_kbps: i === NARROW ? SHAPED_KBPS : OTHERS_KBPS });
    this.net = new UnicastNetwork(this.sim, {
      ...{ size: 4, through: [NARROW, NARROW, NARROW], extraLinks: [], config: { congestion } },
      below: { type: 'lossy', config },
    });
  }

  static async build(congestion: string): Promise<Star> {
    const star = new Star(congestion);
    const { sim, net } = star;
    await sim.resolve(net.build());
    const { node, unicast } = net.members[SINK]!;
    const server = await sim.resolve(node.server('sink'));
    server.serve((flow) => void star.count(flow));
    await sim.resolve(node.irm.nameRegister('sink', unicast));
    await sim.run(WARM_MS);
    return star;
  }

  /** Packets say when they were sent. */
  private async count(flow: Flow): Promise<void> {
    const tally: Tally = { bytes: 0, delaysMs: [] };
    this.tallies.push(tally);
    for await (const packet of flow) {
      tally.bytes += packet.length;
      tally.delaysMs.push(this.sim.nowMs - Buffer.from(packet).readDoubleBE());
    }
  }

  /** Sends packets to the sink, every so many ms or as fast as they are taken. */
  async send(at: number, qos: QosSpec, bytes: number, everyMs = 0): Promise<Tally> {
    const { sim, net, tallies } = this;
    const before = tallies.length;
    const flow = await sim.resolve(net.members[at]!.node.app().alloc('sink', { qos }));
    await sim.until(() => tallies.length > before, 1_000);
    const packet = Buffer.alloc(bytes);
    const sending = async (): Promise<never> => {
      for (;;) {
        packet.writeDoubleBE(sim.nowMs);
        await flow.write(packet);
        if (everyMs > 0) await sim.sleep(everyMs);
      }
    };
    void sending();
    return tallies.at(-1)!;
  }

  /** Bits per second that arrive on each flow once they run, while time passes. */
  async rates(flows: readonly Tally[]): Promise<number[]> {
    await this.sim.run(WARM_MS);
    const before = flows.map(({ bytes }) => bytes);
    await this.sim.run(MEASURED_MS);
    return flows.map(({ bytes }, i) => ((bytes - before[i]!) * 8000) / MEASURED_MS);
  }
}

const p99 = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)]!;

describe('through a link of 10 Mbit/s', () => {
  /** The lossy layer holds 10 ms of it; what is more is ours. */
  describe.each([
    ['starts where the link begins', NARROW],
    ['is relayed to the link', LEFT],
  ])('with bulk that %s', (_where, at) => {
    it.each([
      ['raw', QOS_RAW, 0.85],
      ['reliable', QOS_DATA, 0.4],
    ])('voice passes it, %s', async (_qos, qos, share) => {
      const star = await Star.build('mb-ecn');
      const voice = await star.send(RIGHT, QOS_VOICE, VOICE_BYTES, VOICE_EVERY_MS);
      await star.sim.run(MEASURED_MS);
      const idle = p99(voice.delaysMs);
      const bulk = await star.send(at, qos, BULK_BYTES);
      await star.sim.run(WARM_MS);
      const start = voice.delaysMs.length;
      const [rate] = await star.rates([bulk]);
      const loaded = voice.delaysMs.slice(start);
      expect(loaded.length).toBeGreaterThan((0.98 * (WARM_MS + MEASURED_MS)) / VOICE_EVERY_MS);
      expect(p99(loaded)).toBeLessThanOrEqual(2 * idle + 20);
      expect(rate).toBeGreaterThan(share * SHAPED_KBPS * 1000);
    });
  });

  it.each([
    ['starts where the link begins', NARROW],
    ['is relayed to the link', LEFT],
  ])('a flood that %s reaches with mb-ecn 70 %% of what it reaches without', async (_where, from) => {
    const reached = async (congestion: string): Promise<number> => {
      const star = await Star.build(congestion);
      return (await star.rates([await star.send(from, QOS_RAW, BULK_BYTES)]))[0]!;
    };
    expect(await reached('mb-ecn')).toBeGreaterThan(0.7 * (await reached('none')));
  });

  it.each([
    ['start where the link begins', NARROW, NARROW],
    ['are relayed to the link', LEFT, RIGHT],
    ['start here and there', NARROW, RIGHT],
  ])('floods that %s share it', async (_where, first, second) => {
    const star = await Star.build('mb-ecn');
    const flows = [await star.send(first, QOS_RAW, BULK_BYTES), await star.send(second, QOS_RAW, BULK_BYTES)];
    const [one, other] = (await star.rates(flows)) as [number, number];
    expect(one / (one + other)).toBeGreaterThan(0.4);
    expect(one / (one + other)).toBeLessThan(0.6);
    expect(one + other).toBeGreaterThan(0.7 * SHAPED_KBPS * 1000);
  });
});
