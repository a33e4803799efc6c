import { answersPing } from './flows.js';
import { pause } from './measure.js';
import { Site } from './site.js';
jest.setTimeout(60000);
it('leave', async () => {
  const site = await Site.open();
  try {
    const tr = await site.triangle();
    const [n1] = [tr.get('n1'), tr.get('n2')];
    const n4 = await site.node('n4', '127.0.0.4');
    const config = { ip: '127.0.0.4', port: String(site.port), hosts: 'net.n1=127.0.0.1,net.n2=127.0.0.2' };
    await n4.irm.bootstrapIpcp({ name: 'udp', type: 'udp4', layer: 'udp', config });
    for (const wait of [1500]) {
      await n4.irm.createIpcp('net.n4', 'unicast');
      await n4.irm.management.ipcpEnroll({ name: 'net.n4', dst: 'net.n1', layer: 'net', config: {}, autobind: true });
      await n4.irm.connectIpcp({ name: 'net.n4', dst: 'net.n1' });
      const client = site.flows(n1);
      const s = await site.serve(n4, 'four', 'net');
      await answersPing(await client.alloc('four'));
      await pause(wait);
      const counts = async () => [
        await n4.irm.management.ipcpReport('udp', 'counters'),
        ((await n1.irm.showIpcp('net.n1')).status as any).directory,
        await n1.irm.management.ipcpReport('udp', 'counters'),
      ];
      const a = await counts();
      console.log(JSON.stringify(await n4.irm.management.ipcpReport('net.n4', 'directory')));
      await n4.irm.destroyIpcp('net.n4');
      await pause(300);
      const b = await counts();
      console.log(wait, a.map((x, i) => JSON.stringify(x) + '\n' + JSON.stringify(b[i])).join('\n'));
      await s.kill('SIGTERM');
    }
  } finally {
    await site.close();
  }
});
