import { QOS_RAW } from '@ouroboros/model';
import { TwoHosts, bytesOf, thrownBy } from '../spec/two-hosts.spec.js';
import * as flow from './index.js';

describe('fccntl', () => {
  it('has the numbers of the specification', () => {
    expect([flow.FLOWFRDONLY, flow.FLOWFWRONLY, flow.FLOWFRDWR, flow.FLOWFDOWN]).toEqual([0, 1, 2, 4]);
    expect([flow.FLOWFRNOBLOCK, flow.FLOWFWNOBLOCK, flow.FLOWFRNOPART, flow.FLOWFWNOPART]).toEqual([
      0x200, 0x400, 0x1000, 0x2000,
    ]);
    const { FLOWSRCVTIMEO, FLOWGRCVTIMEO, FLOWSSNDTIMEO, FLOWGSNDTIMEO, FLOWGQOSSPEC } = flow;
    expect([FLOWSRCVTIMEO, FLOWGRCVTIMEO, FLOWSSNDTIMEO, FLOWGSNDTIMEO, FLOWGQOSSPEC]).toEqual([1, 2, 3, 4, 5]);
    const { FLOWSFLAGS, FLOWGFLAGS, FLOWGRXQLEN, FLOWGTXQLEN, FRCTSFLAGS, FRCTGFLAGS } = flow;
    expect([FLOWSFLAGS, FLOWGFLAGS, FLOWGRXQLEN, FLOWGTXQLEN, FRCTSFLAGS, FRCTGFLAGS]).toEqual([6, 7, 8, 9, 512, 1024]);
  });

  it('sets and gets time-outs; one that is not set cannot be got', async () => {
    const [client] = await new TwoHosts().flows();
    expect(thrownBy(() => flow.fccntl(client, flow.FLOWGRCVTIMEO))).toBe('EPERM');
    flow.fccntl(client, flow.FLOWSRCVTIMEO, 250);
    flow.fccntl(client, flow.FLOWSSNDTIMEO, 0);
    expect([client.rcvTimeoutMs, flow.fccntl(client, flow.FLOWGSNDTIMEO)]).toEqual([250, 0]);
    flow.fccntl(client, flow.FLOWSRCVTIMEO, null);
    expect(thrownBy(() => flow.fccntl(client, flow.FLOWGRCVTIMEO))).toBe('EPERM');
    expect(thrownBy(() => flow.fccntl(client, flow.FLOWSRCVTIMEO, -5))).toBe('EINVAL');
  });

  it('sets flags that exist, and shows that a flow is down', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    expect(flow.fccntl(client, flow.FLOWGFLAGS)).toBe(flow.FLOWFRDWR | flow.FLOWFWNOPART);
    flow.fccntl(client, flow.FLOWSFLAGS, flow.FLOWFRDONLY | flow.FLOWFRNOBLOCK | flow.FLOWFRNOPART);
    expect(client).toMatchObject({ access: 'read', readNoBlock: true, writeNoBlock: false });
    expect(client).toMatchObject({ noPartialRead: true, noPartialWrite: false });
    for (const wrong of [3, flow.FLOWFDOWN, 0o100, -1, 1.5]) {
      expect(thrownBy(() => flow.fccntl(client, flow.FLOWSFLAGS, wrong))).toBe('EINVAL');
    }
    await net.resolve(server.dealloc());
    await net.run(1);
    expect(client.flags & flow.FLOWFDOWN).toBe(flow.FLOWFDOWN);
  });

  it('gives QoS and queue lengths', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    client.tryWrite(bytesOf('a'));
    client.tryWrite(bytesOf('b'));
    await net.run(1);
    expect(flow.fccntl(client, flow.FLOWGQOSSPEC)).toEqual(QOS_RAW);
    expect([flow.fccntl(client, flow.FLOWGTXQLEN), flow.fccntl(server, flow.FLOWGRXQLEN)]).toEqual([2, 2]);
  });

  it('refuses what is no flow, an unknown command, FRCP of a raw flow, a deallocated flow', async () => {
    const net = new TwoHosts();
    const [client] = await net.flows();
    expect(thrownBy(() => flow.fccntl(64 as unknown as flow.Flow, flow.FLOWGFLAGS))).toBe('EBADF');
    expect(thrownBy(() => flow.fccntl(client, 99))).toBe('ENOTSUP');
    expect(thrownBy(() => flow.fccntl(client, flow.FRCTGFLAGS))).toBe('EPERM');
    await net.resolve(client.dealloc());
    expect(thrownBy(() => flow.fccntl(client, flow.FLOWGFLAGS))).toBe('ENOTALLOC');
  });
});
