import type { DemoNode } from '@ouroboros/demo';
import type { Flow } from '@ouroboros/flow';
import { QOS_VOICE } from '@ouroboros/model';
import { Mesh } from './mesh.js';
import { ms, note, pause, quantile } from './measure.js';
import { Sink, shaped } from './shaped.js';
import { Site } from './site.js';

jest.setTimeout(90_000);

const KBPS = 10_000;
const PACKETS = 250;
const BYTES = 160;
const EVERY_MS = 20;

let site: Site;
beforeEach(async () => void (site = await Site.open()));
afterEach(() => site.close());

/** A voice flow between two nodes, both ends of which are in this process and see one clock. */
class Voice {
  private delays: number[] = [];

  private constructor(private readonly flow: Flow) {}

  static async call(from: DemoNode, to: DemoNode): Promise<Voice> {
    const server = site.flows(to);
    await server.bind('voice');
    await to.irm.regName('voice', { layers: ['net'] });
    const accepted = server.accept();
    const voice = new Voice(await site.flows(from).alloc('voice', { qos: QOS_VOICE }));
    void voice.listen(await accepted);
    return voice;
  }

  /** Sends for five seconds; answers the 99th percentile of the delays in ms. */
  async p99(what: string): Promise<number> {
    this.delays = [];
    const packet = Buffer.alloc(BYTES);
    const start = performance.now();
    for (let i = 0; i < PACKETS; i += 1) {
      packet.writeDoubleBE(performance.now());
      await this.flow.write(packet);
      await pause(Math.max(0, start + (i + 1) * EVERY_MS - performance.now()));
    }
    await pause(500);
    const { delays } = this;
    expect(delays.length).toBeGreaterThan(0.98 * PACKETS);
    const [p50, p99] = [quantile(delays, 0.5), quantile(delays, 0.99)];
    note(`voice, ${what}: p50, p99, longest`, `${ms(p50)}, ${ms(p99)}, ${ms(Math.max(...delays))}`);
    return p99;
  }

  private async listen(flow: Flow): Promise<void> {
    const hear = (packet: Uint8Array): void =>
      void this.delays.push(performance.now() - Buffer.from(packet).readDoubleBE());
    try {
      for await (const packet of flow) hear(packet);
    } catch {
      // The flow ends with the site.
    }
  }
}

/** A flood of packets of 1,400 bytes for as long as `during` takes. */
async function beside<T>(at: DemoNode, qos: string, during: () => Promise<T>): Promise<T> {
  const flood = site.start(at, 'ocbr', '-n', 'sink', '-f', '-s', '1400', '-d', '30', '-q', qos);
  await pause(2_000);
  try {
    return await during();
  } finally {
    await flood.kill('SIGINT');
  }
}

it.each([
  ['starts where the link begins', ['a', 'b'], ['a-b'], 'a'],
  ['is relayed to the link', ['a', 'm', 'b'], ['a-m', 'm-b'], 'm'],
] as const)('voice passes bulk that %s', async (where, names, links, narrow) => {
  const mesh = await Mesh.build(site, names, links, {}, shaped([narrow], KBPS));
  const [a, b] = [mesh.get('a'), mesh.get('b')];
  const sink = await Sink.serve(site, b, 'sink');
  const voice = await Voice.call(a, b);
  const idle = await voice.p99('idle');
  for (const qos of ['raw', 'data']) {
    const loaded = await beside(a, qos, () => voice.p99(`beside ${qos} bulk that ${where}`));
    const [rate] = await sink.rates(1);
    note(`the bulk`, `${rate!.toFixed(2)} Mb/s`);
    expect(rate).toBeGreaterThan(5);
    expect(loaded).toBeLessThanOrEqual(2 * idle + 20);
  }
});
