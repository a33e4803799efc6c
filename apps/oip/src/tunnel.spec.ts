import { setImmediate as turn } from 'node:timers/promises';
import type { Flow } from '@ouroboros/flow';
import type { IpDevice } from '@ouroboros/ports';
import { OURS, joinedFlows } from '../../../packages/flow/spec/joined-flows.spec.js';
import { Tunnel } from './tunnel.js';

/** A device whose host is the spec. */
class MemoryDevice implements IpDevice {
  readonly name = 'memory';
  mtu = 1280;
  onPacket: IpDevice['onPacket'] = null;
  onGone: IpDevice['onGone'] = null;
  readonly received: Uint8Array[] = [];
  refused = 0;
  stopped = 0;
  closed = false;
  private resumed: (() => void) | null = null;

  send(buffer: Uint8Array, offset: number, length: number): void {
    this.received.push(buffer.slice(offset, offset + length));
  }

  /** The host sends a packet; waits while the device is stopped. */
  async put(packet: Uint8Array): Promise<void> {
    const buffer = Uint8Array.of(0xee, 0xee, ...packet, 0xee);
    if (this.onPacket!(buffer, 2, packet.length)) return;
    this.stopped += 1;
    await new Promise<void>((resolve) => (this.resumed = resolve));
  }

  resume(): void {
    this.resumed?.();
    this.resumed = null;
  }

  close(): void {
    this.closed = true;
  }
}

/** A packet of IPv4 between two hosts of 10.9.0.0/24. */
function packet(source: number, destination: number, length = 28): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([0x45, 0, length >> 8, length & 255, 0, 0, 0, 0, 64, 17, 0, 0, 10, 9, 0, source, 10, 9, 0, destination]);
  return bytes;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

describe('a tunnel', () => {
  const device = (): MemoryDevice => new MemoryDevice();
  const stop = new AbortController();
  const ends: (() => Promise<unknown>)[] = [];
  /** Carries over a flow until the spec ends; answers the other end. */
  async function carry(tunnel: Tunnel, id: number, options = {}): Promise<Flow> {
    const [other, flow] = await joinedFlows(id, options);
    const carrying = tunnel.carry(flow, stop.signal).catch((thrown: unknown) => thrown);
    ends.push(async () => (await other.dealloc(), await carrying));
    return other;
  }
  const opened = (at: MemoryDevice, server: boolean): Tunnel => {
    const tunnel = new Tunnel(at, server);
    ends.push(() => Promise.resolve(tunnel.close()));
    return tunnel;
  };
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  it('carries packets both ways as they are', async () => {
    const host = device();
    const tunnel = opened(host, false);
    const peer = await carry(tunnel, 1);
    await peer.write(packet(1, 2));
    await peer.write(Uint8Array.of(1, 2, 3));
    await host.put(packet(2, 1));
    expect(await peer.read()).toEqual(packet(2, 1));
    await until(() => tunnel.counters.droppedInvalid === 1);
    expect(host.received).toEqual([packet(1, 2)]);
    const counts = { sentPackets: 1, sentBytes: 28, receivedPackets: 1, receivedBytes: 28, droppedInvalid: 1 };
    expect(tunnel.counters).toMatchObject(counts);
  });

  it('stops its host while the only flow takes no more, and loses nothing', async () => {
    const host = device();
    const peer = await carry(opened(host, false), 1);
    const sending = (async () => {
      for (let i = 0; i < 20_000; i += 1) await host.put(packet(2, 1, 100));
    })();
    await until(() => host.stopped > 0);
    for (let i = 0; i < 20_000; i += 1) await peer.read({ timeoutMs: 2000 });
    await sending;
  });

  it('sends each client what is for it, and to each what is for all', async () => {
    const host = device();
    const tunnel = opened(host, true);
    const [two, three] = [await carry(tunnel, 2), await carry(tunnel, 3)];
    await two.write(packet(2, 1));
    await three.write(packet(3, 1));
    await until(() => host.received.length === 2);
    await host.put(packet(1, 3));
    await host.put(packet(1, 2));
    await host.put(packet(1, 9));
    const toAll = packet(1, 0);
    toAll[16] = 224;
    await host.put(toAll);
    expect([await two.read(), await two.read(), two.tryRead()]).toEqual([packet(1, 2), toAll, undefined]);
    expect([await three.read(), await three.read(), three.tryRead()]).toEqual([packet(1, 3), toAll, undefined]);
    expect(tunnel.counters.droppedUnknown).toBe(1);
  });

  it('lets no client speak as another one, while that is there', async () => {
    const host = device();
    const tunnel = opened(host, true);
    const [two, three] = [await carry(tunnel, 2), await carry(tunnel, 3)];
    await two.write(packet(2, 1));
    await until(() => host.received.length === 1);
    await three.write(packet(2, 1));
    await until(() => tunnel.counters.droppedForeign === 1);
    expect(host.received).toHaveLength(1);
    await two.dealloc();
    for (; host.received.length < 2; await turn()) await three.write(packet(2, 1));
  });

  it('is announced by a client of ours, so that the server can call first', async () => {
    const [client, server] = await joinedFlows(1, { features: OURS });
    const [clientHost, serverHost] = [device(), device()];
    const [clientTunnel, serverTunnel] = [opened(clientHost, false), opened(serverHost, true)];
    const address = { version: 4, address: Uint8Array.of(10, 9, 0, 2) } as const;
    const carrying = [
      clientTunnel.carry(client, stop.signal, [address]).catch(() => undefined),
      serverTunnel.carry(server, stop.signal).catch(() => undefined),
    ];
    const other = await carry(serverTunnel, 2);
    for (; clientHost.received.length === 0; await turn()) await serverHost.put(packet(1, 2));
    expect(clientHost.received[0]).toEqual(packet(1, 2));
    expect([serverHost.received, other.tryRead()]).toEqual([[], undefined]);
    await client.dealloc();
    await server.dealloc();
    await Promise.all(carrying);
  });

  it('has the MTU of its narrowest flow, but not below 1280 where flows cut', async () => {
    const host = device();
    const tunnel = opened(host, true);
    const wide = await carry(tunnel, 1);
    expect(host.mtu).toBe(Math.min(wide.maxPacket, 65_535));
    const cutting = await carry(tunnel, 2, { features: OURS });
    expect([host.mtu, cutting.wholePacket]).toEqual([Math.max(1280, Math.min(cutting.wholePacket, 65_535)), host.mtu]);
    await cutting.dealloc();
    await until(() => host.mtu === Math.min(wide.maxPacket, 65_535));
  });

  it('ends with the flow', async () => {
    const [other, flow] = await joinedFlows(1);
    const carrying = opened(device(), false).carry(flow, stop.signal);
    await other.dealloc();
    await expect(carrying).rejects.toMatchObject({ code: 'EFLOWDOWN' });
    await flow.dealloc();
  });
});
