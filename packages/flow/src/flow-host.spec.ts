import { loadCrypto } from '@ouroboros/crypto';
import { OuroborosError, QOS_RAW, fromMs } from '@ouroboros/model';
import { SILENT, type ChannelHost, type FlowEnd, type FlowGrant, type FlowService } from '@ouroboros/ports';
import { TwoHosts, codeOf } from '../spec/two-hosts.spec.js';
import { FlowHost } from './flow-host.js';

const request = { name: 'hello', qos: QOS_RAW, timeoutMs: 1000 };

describe('a flow host', () => {
  it('joins the two ends, one expecting and one attaching', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows();
    expect([client.flowId, server.flowId, client.name]).toEqual([1, 1, 'hello']);
    expect(net.client.busy).toBe(true);
  });

  it('holds flows from their grant to their deallocation, and tells them', async () => {
    const net = new TwoHosts();
    const [client] = await net.packetFlows();
    const { flowId, name, layer, correlationId, qos, mplMs, features } = client;
    const held = { flowId, name, layer, correlationId, qos, mplMs, features };
    expect(net.client.held()).toEqual([{ ...held, allocated: true }]);
    expect(net.server.held()).toEqual([{ ...held, allocated: false }]);
    await net.resolve(client.dealloc());
    expect([net.client.held(), net.client.busy]).toEqual([[], false]);
  });

  it.each([
    ['no name', { ...request, name: '' }, 'EINVAL'],
    ['a name of more than 255 bytes', { ...request, name: 'é'.repeat(128) }, 'EINVAL'],
    ['a time that is none', { ...request, timeoutMs: -1 }, 'EINVAL'],
    ['a QoS outside its bounds', { ...request, qos: { ...QOS_RAW, delay: 2 ** 32 } }, 'EINVAL'],
    ['a bandwidth outside its bounds', { ...request, qos: { ...QOS_RAW, bandwidth: -1n } }, 'EINVAL'],
  ])('asks nobody for %s', async (_what, wrong, code) => {
    const net = new TwoHosts();
    expect(await codeOf(net.client.alloc(wrong))).toBe(code);
    expect(net.exchange.requests).toEqual([]);
  });

  it('hands on why an allocation failed', async () => {
    const net = new TwoHosts();
    expect(await codeOf(net.client.alloc(request))).toBe('ENOSERVER');
    expect(net.client.busy).toBe(false);
  });

  it('goes on accepting after a grant that makes no sense', async () => {
    const net = new TwoHosts();
    net.exchange.nextId = 0;
    const accepted = net.server.accept({ timeoutMs: 0 });
    expect(await net.resolve(codeOf(net.client.alloc(request)))).toBe('EIRMD');
    const second = net.client.alloc(request);
    expect((await net.resolve(accepted)).flowId).toBe(1);
    expect((await net.resolve(second)).flowId).toBe(1);
  });

  it('gives up accepting when the time is over, also after grants that make no sense', async () => {
    const net = new TwoHosts();
    net.exchange.nextId = 0;
    const start = net.clock.now();
    const accepted = codeOf(net.server.accept({ timeoutMs: 300 }));
    const refused = codeOf(net.client.alloc(request));
    expect(await net.resolve(accepted)).toBe('ETIMEDOUT');
    expect(net.clock.now() - start).toBe(fromMs(300));
    expect(await net.resolve(refused)).toBe('EIRMD');
  });

  it('believes the notice that a flow is gone', async () => {
    const net = new TwoHosts();
    const [client] = await net.packetFlows();
    const downs: string[] = [];
    client.onDown = (code) => downs.push(code);
    net.client.flowDown(client.flowId);
    net.client.flowDown(client.flowId);
    net.client.flowDown(77);
    expect([downs, client.down]).toEqual([['EFLOWDOWN'], 'EFLOWDOWN']);
    expect(net.client.held()).toHaveLength(1);
  });

  it('does not end a new flow by deallocating an old one of the same number', async () => {
    const net = new TwoHosts();
    const [old] = await net.packetFlows();
    net.exchange.nextId = 1;
    const [client] = await net.packetFlows();
    expect([old.down, client.down]).toEqual(['EFLOWDOWN', null]);
    await net.resolve(old.dealloc());
    expect(net.exchange.deallocated).toEqual([]);
    expect(net.client.held()).toHaveLength(1);
  });

  it('deallocates everything when it is closed and then refuses', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows();
    await net.resolve(net.client.close());
    await net.run(1);
    expect([client.deallocated, server.down]).toEqual([true, 'EFLOWDOWN']);
    expect(await codeOf(net.client.alloc(request))).toBe('ECANCELED');
  });
});

describe('attaching to a channel', () => {
  /** A host whose grants point to another process, which answers as `answers` say, one per attempt. */
  async function attaching(answers: (string | null)[], layer = '') {
    const net = new TwoHosts();
    const [, spare] = await net.packetFlows();
    const attempts: number[] = [];
    const start = net.clock.now();
    const channels: ChannelHost = {
      path: null,
      expect: () => net.channels.server.expect(new Uint8Array(16).fill(99)),
      attach: () => {
        attempts.push((net.clock.now() - start) / 1000);
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        if (answer === null) return Promise.resolve<FlowEnd>(channels.expect(new Uint8Array(16)));
        return Promise.reject(new OuroborosError(answer as 'EPERM', 'not now'));
      },
      settled: () => Promise.resolve(),
      close: () => undefined,
    };
    const { flowId, qos, mplMs, name, features, correlationId } = spare;
    const bounds = { mplMs, layerPacket: 0 };
    const info = { flowId, qos, ...bounds, layer, name, features, correlationId, crypto: null };
    const grant: FlowGrant = { ...info, channel: { path: '/ipcp', ticket: new Uint8Array(16), uid: 0 } };
    const given: number[] = [];
    const service: FlowService = {
      alloc: () => Promise.resolve(grant),
      join: () => Promise.resolve(grant),
      accept: () => Promise.resolve(grant),
      dealloc: (id) => Promise.resolve(void given.push(id)),
      report: () => undefined,
    };
    const host = new FlowHost({
      service,
      channels,
      clock: net.clock,
      random: net.random,
      crypto: loadCrypto,
      logger: SILENT,
    });
    return { net, host, attempts, given };
  }

  it('is tried again for a moment when the other side is late', async () => {
    const { net, host, attempts } = await attaching(['EPERM', 'ENOENT', null]);
    expect((await net.resolve(host.alloc(request))).flowId).toBe(1);
    expect(attempts).toEqual([0, 1, 3]);
  });

  it('fails within a second when the other side refuses, and gives the flow back', async () => {
    const { net, host, attempts, given } = await attaching(['EPERM']);
    expect(await net.resolve(codeOf(host.alloc(request)))).toBe('EPERM');
    expect(attempts.length).toBeGreaterThan(10);
    expect(attempts.at(-1)).toBeLessThanOrEqual(1000);
    expect([given, host.busy]).toEqual([[1], false]);
  });

  it('fails at once when the other process is gone', async () => {
    const { net, host, attempts } = await attaching(['EPIPE']);
    expect(await net.resolve(codeOf(host.alloc(request)))).toBe('EPIPE');
    expect(attempts).toEqual([0]);
  });

  it('says of a process that does not answer what a layer would say of it', async () => {
    const direct = await attaching(['ETIMEDOUT']);
    expect(await direct.net.resolve(codeOf(direct.host.alloc(request)))).toBe('ENOANSWER');
    const layered = await attaching(['ETIMEDOUT'], 'net');
    expect(await layered.net.resolve(codeOf(layered.host.alloc(request)))).toBe('ETIMEDOUT');
  });

  it('ends early when the flow is reported gone or the caller gives up', async () => {
    const first = await attaching(['EPERM']);
    const gone = codeOf(first.host.alloc(request));
    await first.net.run(10);
    first.host.flowDown(1);
    expect(await first.net.resolve(gone)).toBe('EFLOWDOWN');
    const second = await attaching(['EPERM']);
    const abort = new AbortController();
    const aborted = codeOf(second.host.alloc(request, abort.signal));
    await second.net.run(10);
    abort.abort('enough');
    expect(await second.net.resolve(aborted)).toBe('enough');
    expect([first.given, second.given]).toEqual([[1], [1]]);
  });

  it('believes a notice that overtook its grant', async () => {
    const { net, host } = await attaching([null]);
    const allocating = host.alloc(request);
    host.flowDown(1);
    const flow = await net.resolve(allocating);
    await net.run(1);
    expect(flow.down).toBe('EFLOWDOWN');
  });
});
