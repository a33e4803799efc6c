import { OapFeature } from '@ouroboros/wire';
import { TwoHosts, bytesOf, codeOf, textOf, thrownBy } from '../spec/two-hosts.spec.js';
import type { Flow } from './flow.js';
import { FRCTFLINGER, FRCTFRESCNTL, FRCTFRTX, FRCTGFLAGS, FRCTSFLAGS, FlowSet, fccntl } from './index.js';

const RELIABLE = { inOrder: 1, loss: 0 };

async function opened(features: number, qos = RELIABLE): Promise<[TwoHosts, Flow, Flow]> {
  const net = new TwoHosts();
  net.exchange.features = features;
  return [net, ...(await net.flows(qos))];
}
const OURS = OapFeature.FRAMES | OapFeature.FRCP_SELECTIVE;

describe('finishing a reliable flow of ours', () => {
  it('resolves when the other process has read everything; it then reads EEND and can still write', async () => {
    const [net, client, server] = await opened(OURS);
    await net.resolve(client.write(bytesOf('all of it')));
    let resolved = false;
    const finished = client.finish().then(() => (resolved = true));
    await net.run(500);
    expect(resolved).toBe(false);
    expect(await codeOf(client.write(bytesOf('more')))).toBe('EPIPE');
    expect(textOf(await net.resolve(server.read()))).toBe('all of it');
    expect(await net.resolve(codeOf(server.read()))).toBe('EEND');
    expect(thrownBy(() => server.tryRead())).toBe('EEND');
    await net.resolve(finished);
    await net.resolve(server.write(bytesOf('answer')));
    expect(textOf(await net.resolve(client.read()))).toBe('answer');
    const both = server.finish();
    expect(await net.resolve(codeOf(client.readInto(new Uint8Array(9))))).toBe('EEND');
    await net.resolve(both);
  });

  it('ends an iteration at the other side, after everything', async () => {
    const [net, client, server] = await opened(OURS);
    const texts: string[] = [];
    const reading = (async () => {
      for await (const bytes of server) texts.push(textOf(bytes));
    })();
    for (const text of ['one', 'two']) await net.resolve(client.write(bytesOf(text)));
    await net.resolve(client.finish());
    await net.resolve(reading);
    expect(texts).toEqual(['one', 'two']);
  });

  it('comes after writes that wait, and carries messages longer than any packet', async () => {
    const [net, client, server] = await opened(OURS);
    const long = new Uint8Array(300_000).fill(7);
    const writes = Promise.all([client.write(long), client.write(long), client.write(long)]);
    const finished = client.finish();
    let got = 0;
    while ((await net.resolve(server.read().catch(() => new Uint8Array(0)))).length === long.length) got += 1;
    await net.resolve(Promise.all([writes, finished]));
    expect(got).toBe(3);
    expect(client.statistics).toMatchObject({ packetsSent: 3, bytesSent: 900_000 });
    expect(server.statistics).toMatchObject({ packetsReceived: 3, messages: 3, incompleteMessages: 0 });
  });

  it('wakes who waits for several flows', async () => {
    const [net, client, server] = await opened(OURS);
    const set = new FlowSet(net.clock);
    set.add(server);
    const events = set.events();
    await net.run(5);
    const finished = client.finish();
    expect(await net.resolve(events)).toEqual([{ flow: server, type: 'PKT' }]);
    expect(thrownBy(() => server.tryRead())).toBe('EEND');
    await net.resolve(finished);
    expect(await net.resolve(codeOf(set.events({ timeoutMs: 50 })))).toBe('ETIMEDOUT');
  });

  it('rejects when the other side ends the flow, or this one', async () => {
    const [net, client, server] = await opened(OURS);
    await net.resolve(client.write(bytesOf('unread')));
    const finished = codeOf(client.finish());
    await net.run(50);
    await net.resolve(server.dealloc());
    expect(await net.resolve(finished)).toBe('EFLOWDOWN');
    const [other, near] = await opened(OURS);
    await other.resolve(near.write(bytesOf('unread')));
    const own = codeOf(near.finish());
    await other.run(50);
    await other.resolve(near.dealloc());
    expect(await own).toBe('ENOTALLOC');
  });

  it.each([
    ['a C peer', 0, RELIABLE],
    ['an unreliable flow', OURS, { inOrder: 1, loss: 1 }],
    ['a raw flow', OURS, { inOrder: 0, loss: 1 }],
  ])('is ENOTSUP with %s', async (_what, features, qos) => {
    const [, client] = await opened(features, qos);
    expect(await codeOf(client.finish())).toBe('ENOTSUP');
  });
});

describe('the FRCT flags', () => {
  it('are read and set by fccntl, RTX excepted', async () => {
    const [, client] = await opened(OURS);
    expect(fccntl(client, FRCTGFLAGS)).toBe(FRCTFRTX | FRCTFRESCNTL | FRCTFLINGER);
    fccntl(client, FRCTSFLAGS, FRCTFRESCNTL);
    expect(fccntl(client, FRCTGFLAGS)).toBe(FRCTFRTX | FRCTFRESCNTL);
    expect(thrownBy(() => fccntl(client, FRCTSFLAGS, 8))).toBe('EINVAL');
  });
});
