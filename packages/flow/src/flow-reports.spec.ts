import { OapFeature } from '@ouroboros/wire';
import { TwoHosts, bytesOf } from '../spec/two-hosts.spec.js';

const RELIABLE = { inOrder: 1, loss: 0, timeout: 0 };

async function flowsOver(layer: string) {
  const net = new TwoHosts();
  net.exchange.features = OapFeature.FRAMES | OapFeature.FRCP_SELECTIVE;
  net.exchange.layer = layer;
  const [client, server] = await net.packetFlows(RELIABLE);
  server.onPacket = () => true;
  return { net, client, server };
}

describe('what the IRM daemon is told of a flow over a layer', () => {
  it('is its path and round trip, when they are news', async () => {
    const { net, client } = await flowsOver('layer');
    client.send(bytesOf(''), 0, new Uint8Array(3000), 0, 3000);
    await net.run(900);
    expect(net.exchange.reports).toEqual([]);
    await net.run(200);
    const report = net.exchange.reports.find(({ side }) => side === 'client')!;
    expect(report).toMatchObject({ flowId: 1, pathPacket: 1020 });
    expect(report.roundTripMs).toBeGreaterThan(0);
    const told = net.exchange.reports.length;
    await net.run(60_000);
    expect(net.exchange.reports).toHaveLength(told);
  });

  it('is told again to a daemon that was restarted, until the flow ends', async () => {
    const { net, client, server } = await flowsOver('layer');
    await net.run(2000);
    const before = net.exchange.reports.length;
    expect(before).toBeGreaterThan(0);
    net.client.held();
    await net.run(2000);
    expect(net.exchange.reports).toHaveLength(before + 1);
    await net.resolve(Promise.all([client.dealloc(), server.dealloc()]));
    net.client.held();
    await net.run(20_000);
    expect(net.exchange.reports).toHaveLength(before + 1);
  });

  it('is nothing of a flow within the host', async () => {
    const { net } = await flowsOver('');
    await net.run(20_000);
    expect(net.exchange.reports).toEqual([]);
  });
});
