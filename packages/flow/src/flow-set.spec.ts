import { TwoHosts, bytesOf, codeOf, textOf, thrownBy } from '../spec/two-hosts.spec.js';
import { FlowEvent, FlowSet, type FlowSetEvent } from './flow-set.js';

const seen = (events: readonly FlowSetEvent[]): [number, string][] => events.map(({ flow, type }) => [flow.id, type]);

describe('a flow set', () => {
  it('has the event numbers of the specification', () => {
    expect(FlowEvent).toEqual({ PKT: 1, DOWN: 2, UP: 4, ALLOC: 8, DEALLOC: 16, PEER: 32 });
  });

  it('tells which flows have packets, again while any are left', async () => {
    const net = new TwoHosts();
    const [[clientA, serverA], [clientB, serverB]] = [await net.flows(), await net.flows()];
    const set = new FlowSet(net.clock);
    set.add(serverA);
    set.add(serverB);
    const waiting = set.events();
    await net.run(5);
    clientB.tryWrite(bytesOf('b1'));
    clientB.tryWrite(bytesOf('b2'));
    expect(seen(await net.resolve(waiting))).toEqual([[serverB.id, 'PKT']]);
    expect(textOf(await serverB.read())).toBe('b1');
    clientA.tryWrite(bytesOf('a1'));
    await net.run(1);
    expect(seen(await set.events()).sort()).toEqual([
      [serverA.id, 'PKT'],
      [serverB.id, 'PKT'],
    ]);
    serverA.tryRead();
    serverB.tryRead();
    expect(await net.resolve(codeOf(set.events({ timeoutMs: 20 })))).toBe('ETIMEDOUT');
  });

  it('raises an event at once for a flow that is added with queued packets', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    client.tryWrite(bytesOf('x'));
    await net.run(1);
    const set = new FlowSet(net.clock);
    const waiting = set.events();
    set.add(server);
    expect(seen(await waiting)).toEqual([[server.id, 'PKT']]);
  });

  it('raises nothing for keep-alives', async () => {
    const net = new TwoHosts();
    const [, server] = await net.flows({ timeout: 40 });
    const set = new FlowSet(net.clock);
    set.add(server);
    expect(await net.resolve(codeOf(set.events({ timeoutMs: 200 })))).toBe('ETIMEDOUT');
    expect(server.packets.counters.keepAlivesReceived).toBeGreaterThan(10);
  });

  it('tells the end of a flow once: packets first, DEALLOC, PEER', async () => {
    const net = new TwoHosts();
    const [clientA, serverA] = await net.flows();
    const [clientB, serverB] = await net.flows({ timeout: 100 });
    const set = new FlowSet(net.clock);
    set.add(serverA);
    clientA.tryWrite(bytesOf('last'));
    await net.resolve(clientA.dealloc());
    await net.run(1);
    expect(seen(await set.events())).toEqual([
      [serverA.id, 'PKT'],
      [serverA.id, 'DEALLOC'],
    ]);
    serverA.tryRead();
    set.add(serverB);
    clientB.packets.setPeerTimeout(0);
    expect(seen(await net.resolve(set.events()))).toEqual([[serverB.id, 'PEER']]);
    expect(await net.resolve(codeOf(set.events({ timeoutMs: 500 })))).toBe('ETIMEDOUT');
  });

  it('has a flow to itself and gives it free', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    const [one, other] = [new FlowSet(net.clock), new FlowSet(net.clock)];
    one.add(server);
    one.add(server);
    expect([one.has(server), one.size, thrownBy(() => other.add(server))]).toEqual([true, 1, 'EPERM']);
    expect([one.delete(server), one.delete(server)]).toEqual([true, false]);
    other.add(server);
    other.add(client);
    other.zero();
    expect(other.size).toBe(0);
  });

  it('loses a flow that is deallocated, and takes none that is', async () => {
    const net = new TwoHosts();
    const [, server] = await net.flows();
    const set = new FlowSet(net.clock);
    set.add(server);
    await net.resolve(server.dealloc());
    expect([set.size, thrownBy(() => set.add(server))]).toEqual([0, 'ENOTALLOC']);
  });

  it('leaves packets to reads that wait on a member', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    const set = new FlowSet(net.clock);
    set.add(server);
    const events = codeOf(set.events({ timeoutMs: 50 }));
    const reading = server.read();
    client.tryWrite(bytesOf('x'));
    expect(textOf(await net.resolve(reading))).toBe('x');
    expect(await net.resolve(events)).toBe('ETIMEDOUT');
  });

  it('can be iterated and aborted', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.flows();
    const set = new FlowSet(net.clock);
    set.add(server);
    client.tryWrite(bytesOf('x'));
    const next = set[Symbol.asyncIterator]().next();
    expect(await net.resolve(next)).toMatchObject({ value: { flow: server, type: 'PKT' } });
    server.tryRead();
    const abort = new AbortController();
    const waiting = codeOf(set.events({ signal: abort.signal }));
    abort.abort('enough');
    expect(await waiting).toBe('enough');
  });
});
