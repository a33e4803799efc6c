import { SeededRandom } from '@ouroboros/simnet';
import { ALL_OURS, ORDERED, RELIABLE, Stacked, type StackedOptions } from '../../spec/stacked.spec.js';

const INPUTS = 1_000_000;
/** Packets that arrive between two looks at the bounds. */
const BURST = 1000;

/** Bytes that begin like something known and go on at random; small numbers are frequent, so that some belong together. */
function hostile(random: SeededRandom): Uint8Array {
  const packet = random.bytes(1 + (random.uint32() % 40));
  packet[0] = random.uint32() % 6;
  for (let i = 1; i < packet.length; i += 1) if (random.uint32() % 3 > 0) packet[i] = random.uint32() % 3;
  return packet;
}

const kinds: readonly [string, StackedOptions][] = [
  ['raw', { features: ALL_OURS }],
  ['ordered', { features: ALL_OURS, qos: ORDERED }],
  ['reliable', { features: ALL_OURS, qos: RELIABLE }],
];

describe.each(kinds)('a million hostile packets on a flow that is %s', (_kind, options) => {
  it('are dropped or delivered within all bounds', async () => {
    const random = new SeededRandom(1);
    const flow = await Stacked.open(options);
    let delivered = 0;
    flow.far.top.onReadable = () => void (delivered += flow.far.top.read(BURST, () => true));
    for (let sent = 0; sent < INPUTS; sent += BURST) {
      for (let i = 0; i < BURST; i += 1) flow.path.far.arrive(hostile(random));
      await flow.path.run(10);
      const { reassembly } = flow.far.frames!;
      if (reassembly.bytes > 1 << 25 || reassembly.pending > 8) throw new Error(`bounds are broken after ${sent}`);
    }
    expect([flow.far.top.down, flow.path.far.queuedRx()]).toEqual([null, 0]);
    expect(flow.far.frames!.counters.malformed).toBeGreaterThan(INPUTS / 20);
    if (options.qos === undefined) expect(delivered).toBeGreaterThan(INPUTS / 20);
  });
});
