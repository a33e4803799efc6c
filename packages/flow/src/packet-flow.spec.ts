import { EMPTY_BYTES } from '@ouroboros/model';
import { OapFeature } from '@ouroboros/wire';
import { TwoHosts, bytesOf, textOf, thrownBy } from '../spec/two-hosts.spec.js';
import type { PacketFlow } from './packet-flow.js';

const send = (flow: PacketFlow, text: string): string => {
  const body = bytesOf(text);
  return flow.send(EMPTY_BYTES, 0, body, 0, body.length);
};

const sendKeepAlive = (flow: PacketFlow): string => flow.send(EMPTY_BYTES, 0, EMPTY_BYTES, 0, 0);

/** Takes everything that comes. */
function collect(flow: PacketFlow): string[] {
  const texts: string[] = [];
  flow.onPacket = (buffer, offset, length) => {
    texts.push(textOf(buffer.subarray(offset, offset + length)));
    return true;
  };
  return texts;
}

describe('a packet flow', () => {
  it('knows what was granted', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows();
    expect(client).toMatchObject({ flowId: 1, name: 'hello', layer: '', mplMs: 1, features: 0, down: null });
    expect(server.correlationId).toBe(client.correlationId);
  });

  it('carries a packet made of head and body in one piece', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows();
    const got = collect(server);
    expect(client.send(bytesOf('head--'), 4, bytesOf('<body>'), 1, 4)).toBe('ok');
    await net.run(1);
    expect(got).toEqual(['headbody']);
    expect(client.counters).toMatchObject({ packetsSent: 1, bytesSent: 8 });
    expect(server.counters).toMatchObject({ packetsReceived: 1, bytesReceived: 8 });
  });

  it('keeps the order and leaves what the taker refuses', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows();
    ['a', 'b', 'c', 'd'].forEach((text) => send(client, text));
    await net.run(1);
    const got: string[] = [];
    const takeUntilC = (buffer: Uint8Array, offset: number, length: number): boolean => {
      const text = textOf(buffer.subarray(offset, offset + length));
      if (text === 'c') return false;
      got.push(text);
      return true;
    };
    expect(server.receive(10, takeUntilC)).toBe(2);
    expect(server.queuedRx()).toBe(2);
    expect(got.concat(collect(server))).toEqual(['a', 'b']);
    await net.run(1);
    expect(server.queuedRx()).toBe(0);
  });

  it('counts empty packets and never delivers them, and reads past them', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows();
    sendKeepAlive(client);
    sendKeepAlive(client);
    send(client, 'data');
    sendKeepAlive(client);
    await net.run(1);
    const got: number[] = [];
    expect(server.receive(1, (_buffer, _offset, length) => got.push(length) > 0)).toBe(1);
    expect(got).toEqual([4]);
    expect(server.hasPacket()).toBe(false);
    expect(server.counters).toMatchObject({ packetsReceived: 1, keepAlivesReceived: 3 });
    expect(client.counters).toMatchObject({ packetsSent: 1, keepAlivesSent: 3 });
  });

  it('does not call a listener for empty packets', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows();
    let calls = 0;
    server.onReadable = () => {
      calls += 1;
      server.onReadable = null;
    };
    sendKeepAlive(client);
    await net.run(1);
    expect(calls).toBe(0);
    send(client, 'x');
    await net.run(1);
    expect(calls).toBe(1);
  });

  it('holds the sender back when nobody takes packets, and calls it when there is room', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows({ timeout: 0 });
    let writable = 0;
    client.onWritable = () => (writable += 1);
    let sent = 0;
    while (send(client, `packet ${sent}`) === 'ok') sent += 1;
    expect(client.counters.sendFull).toBe(1);
    await net.run(50);
    expect([writable, client.queuedTx()]).toEqual([0, sent]);
    const got = collect(server);
    await net.run(50);
    expect(writable).toBe(1);
    expect(got).toEqual(Array.from({ length: sent }, (_, i) => `packet ${i}`));
  });

  it('says that a packet is too large', async () => {
    const net = new TwoHosts();
    const [client] = await net.packetFlows();
    expect(client.send(EMPTY_BYTES, 0, new Uint8Array(client.maxPacket + 1), 0, client.maxPacket + 1)).toBe(
      'too-large',
    );
  });

  it('refuses at once what its layer would drop', async () => {
    const net = new TwoHosts();
    net.exchange.layerPacket = 500;
    const [client, server] = await net.packetFlows();
    const got = collect(server);
    expect([client.maxPacket, client.pathPacket]).toEqual([500, 500]);
    const head = bytesOf('head');
    expect(client.send(head, 4, new Uint8Array(497), 0, 497)).toBe('too-large');
    expect(client.send(head, 4, bytesOf('x'.repeat(496)), 0, 496)).toBe('ok');
    await net.run(5);
    expect(got).toEqual([`head${'x'.repeat(496)}`]);
    expect(client.counters.packetsSent).toBe(1);
  });

  it('goes down when the other side deallocates, after what was sent before', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows();
    const downs: string[] = [];
    client.onDown = (code) => downs.push(code);
    send(server, 'last words');
    await net.resolve(server.dealloc());
    await net.run(1);
    expect(downs).toEqual(['EFLOWDOWN']);
    expect([client.down, client.downEvent]).toEqual(['EFLOWDOWN', 'DEALLOC']);
    expect(client.hasPacket()).toBe(true);
    expect(send(client, 'too late')).toBe('down');
    expect(net.exchange.deallocated).toEqual([{ side: 'server', flowId: 1, lingerMs: 0 }]);
  });

  it('hands the last words over before it says that it is down, even when both come together', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows();
    const got = collect(client);
    client.onDown = (code) => got.push(code);
    ['last', 'words'].forEach((text) => send(server, text));
    server.flush();
    client.ended();
    expect(got).toEqual(['last', 'words', 'EFLOWDOWN']);
    await net.run(1);
    expect(got).toHaveLength(3);
  });

  it('is given back once, however often it is deallocated', async () => {
    const net = new TwoHosts();
    const [client] = await net.packetFlows();
    await net.resolve(Promise.all([client.dealloc(), client.dealloc()]));
    expect(net.exchange.deallocated).toHaveLength(1);
    expect([send(client, 'x'), client.receive(1, () => true), client.queuedRx(), client.queuedTx()]).toEqual([
      'down',
      0,
      0,
      0,
    ]);
  });
});

describe('a framed packet flow', () => {
  const framed = async (): Promise<[TwoHosts, PacketFlow, PacketFlow]> => {
    const net = new TwoHosts();
    net.exchange.features = OapFeature.FRAMES;
    return [net, ...(await net.packetFlows({ timeout: 400 }))];
  };

  it('carries packets longer than its channel takes, and says what goes in one piece', async () => {
    const [net, client, server] = await framed();
    const got = collect(server);
    const long = 'long '.repeat(3000);
    expect(client.send(bytesOf('head'), 4, bytesOf(long), 0, long.length)).toBe('ok');
    await net.run(5);
    expect(got).toEqual([`head${long}`]);
    expect([client.maxPacket, client.pathPacket]).toEqual([1 << 24, 1020]);
    expect(client.statistics()).toMatchObject({ packetsSent: 1, bytesSent: 15_004, pathPacket: 1020 });
  });

  it('counts keep-alives, which keep it up also while nobody reads', async () => {
    const [net, client, server] = await framed();
    sendKeepAlive(client);
    await net.run(5);
    expect(server.counters.keepAlivesReceived).toBe(1);
    await net.run(4000);
    expect([client.down, server.down]).toEqual([null, null]);
    server.setPeerTimeout(0);
    await net.run(600);
    expect([client.down, client.downEvent]).toEqual(['EFLOWPEER', 'PEER']);
  });

  it('cuts for a layer only what every layer should carry', async () => {
    const [, client] = await framed();
    client.cutUpTo = 1500;
    const send = (length: number) => client.send(EMPTY_BYTES, 0, new Uint8Array(length), 0, length);
    expect([send(1500), send(1501)]).toEqual(['ok', 'too-large']);
  });
});

describe('the keep-alives of a packet flow', () => {
  it('keep an idle flow up at both ends', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows({ timeout: 400 });
    await net.run(4000);
    expect([client.down, server.down]).toEqual([null, null]);
    expect(client.counters.keepAlivesSent).toBe(40);
    await net.run(1);
    expect(server.hasPacket()).toBe(false);
    expect(server.counters.keepAlivesReceived).toBe(40);
  });

  it('are not sent while packets flow', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows({ timeout: 400 });
    const got = collect(server);
    for (let i = 0; i < 40; i += 1) {
      send(client, 'x');
      await net.run(50);
    }
    expect([got.length, client.counters.keepAlivesSent]).toEqual([40, 0]);
  });

  it('count as heard even by a process that only writes', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows({ timeout: 400 });
    for (let i = 0; i < 40; i += 1) {
      send(client, 'x');
      send(server, 'y');
      await net.run(50);
    }
    expect([client.down, server.down]).toEqual([null, null]);
  });

  it('find a silent peer after its time-out; what is queued can still be taken', async () => {
    const net = new TwoHosts();
    const [client, server] = await net.packetFlows({ timeout: 400 });
    const downs: string[] = [];
    client.onDown = (code) => downs.push(code);
    send(server, 'last words');
    server.setPeerTimeout(0);
    await net.run(399);
    expect(downs).toEqual([]);
    await net.run(102);
    expect(downs).toEqual(['EFLOWPEER']);
    expect(client.downEvent).toBe('PEER');
    expect(collect(client)).toEqual([]);
    await net.run(1);
    expect(client.counters.packetsReceived).toBe(1);
  });

  it('are off with a time-out of 0, and refuse a time-out that is none', async () => {
    const net = new TwoHosts();
    const [client] = await net.packetFlows({ timeout: 0 });
    await net.run(200_000);
    expect([client.down, client.counters.keepAlivesSent]).toEqual([null, 0]);
    expect(thrownBy(() => client.setPeerTimeout(-1))).toBe('EINVAL');
  });
});
