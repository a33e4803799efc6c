import { readFileSync } from 'node:fs';
import { DgramUdpPort } from './dgram-port.js';
import { NativeUdpPort } from './native-port.js';
import { UdpNetwork, type UdpPort } from './udp-network.js';

/** Both ways to a socket. */
const WAYS = [
  { way: "the system's calls", network: new UdpNetwork(), kind: NativeUdpPort },
  { way: 'node:dgram', network: new UdpNetwork(async () => null), kind: DgramUdpPort },
] as const;

interface Received {
  readonly bytes: number[];
  readonly address: string;
  readonly port: number;
}

/** The next `count` datagrams. */
const receive = (port: UdpPort, count: number): Promise<Received[]> =>
  new Promise((resolve) => {
    const received: Received[] = [];
    port.onDatagram = (buffer, offset, length, from) => {
      received.push({ bytes: [...buffer.subarray(offset, offset + length)], address: from.address, port: from.port });
      if (received.length === count) resolve(received);
    };
  });

const NONE = new Uint8Array(0);
const send = (from: UdpPort, bytes: Uint8Array, address: string, port: number): boolean =>
  from.send(from.peer(address, port), NONE, 0, bytes, 0, bytes.length);
const sendTo = (from: UdpPort, bytes: Uint8Array, { localAddress, localPort }: UdpPort): boolean =>
  send(from, bytes, localAddress, localPort);

describe.each(WAYS)('UDP by $way', ({ network, kind }) => {
  const ports: UdpPort[] = [];
  const bind = async (port = 0, address = '127.0.0.1'): Promise<UdpPort> => {
    const bound = await network.bind(address, port);
    expect(bound).toBeInstanceOf(kind);
    ports.push(bound);
    return bound;
  };
  afterEach(() => ports.splice(0).forEach((port) => port.close()));

  describe('a question', () => {
    const ask = (to: { address: string; port: number }, limitMs = 2000) =>
      network.ask({ from: '127.0.0.1', to, bytes: Uint8Array.of(1, 2), limitMs });

    it('is answered by what comes back', async () => {
      const b = await bind(0, '127.0.0.2');
      b.onDatagram = (buffer, offset, length, from) => void b.send(from, NONE, 0, buffer, offset + 1, length - 1);
      expect(await ask({ address: b.localAddress, port: b.localPort })).toEqual(Uint8Array.of(2));
    });

    it('is refused by a port that nobody has bound, and else remains unanswered', async () => {
      const b = await bind(0, '127.0.0.2');
      const to = { address: b.localAddress, port: b.localPort };
      expect(await ask(to, 20)).toBe('silent');
      b.close();
      expect(await ask(to)).toBe('refused');
      expect(await network.ask({ from: '192.0.2.1', to, bytes: Uint8Array.of(1), limitMs: 2000 })).toBe('silent');
    });
  });

  it('carries datagrams, and tells where they are from', async () => {
    const [a, b] = [await bind(), await bind(0, '127.0.0.2')];
    const arrived = receive(b, 2);
    const to = a.peer(b.localAddress, b.localPort);
    expect(a.send(to, Uint8Array.of(5, 6, 7), 2, Uint8Array.of(9, 1, 2, 3, 9), 1, 3)).toBe(true);
    expect(a.send(to, NONE, 0, NONE, 0, 0)).toBe(true);
    const from = { address: '127.0.0.1', port: a.localPort };
    expect(await arrived).toEqual([
      { bytes: [5, 6, 1, 2, 3], ...from },
      { bytes: [], ...from },
    ]);
  });

  it('carries datagrams over IPv6 as well, and no IPv4 on such a port', async () => {
    const [a, b] = [await bind(0, '::1'), await bind(0, '::1')];
    const arrived = receive(b, 1);
    expect(send(a, Uint8Array.of(7), '127.0.0.1', b.localPort)).toBe(false);
    expect(send(a, Uint8Array.of(7), '0:0::1', b.localPort)).toBe(true);
    expect(await arrived).toEqual([{ bytes: [7], address: '::1', port: a.localPort }]);
    b.close();
    const to = { address: '::1', port: b.localPort };
    expect(await network.ask({ from: '::1', to, bytes: Uint8Array.of(1), limitMs: 2000 })).toBe('refused');
    await expect(network.bind('::1', a.localPort)).rejects.toMatchObject({
      code: 'EEXIST',
      message: expect.stringContaining(`[::1]:${a.localPort}`) as string,
    });
  });

  it('knows the longest datagram that a device takes in one piece, where the system can be asked', async () => {
    const mtu = Number(readFileSync('/sys/class/net/lo/mtu', 'utf8'));
    const [a, b] = [await bind(), await bind(0, '::1')];
    const longest = [a.whole?.(a.peer('127.0.0.1', 1)), b.whole?.(b.peer('::1', 1)), a.whole?.(a.peer('::1', 1))];
    expect(longest).toEqual(
      kind === NativeUdpPort ? [Math.min(mtu, 65_535) - 28, mtu - 48, undefined] : [undefined, undefined, undefined],
    );
  });

  it('sends a copy: the buffer may be used again at once', async () => {
    const [a, b] = [await bind(), await bind()];
    const arrived = receive(b, 50);
    const buffer = new Uint8Array(1);
    for (let i = 0; i < 50; i++) {
      buffer[0] = i;
      expect(sendTo(a, buffer, b)).toBe(true);
    }
    buffer[0] = 255;
    expect((await arrived).map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('names the address of a port in use, and of an address that is not ours', async () => {
    const taken = await bind();
    await expect(network.bind('127.0.0.1', taken.localPort)).rejects.toMatchObject({
      code: 'EEXIST',
      field: 'port',
      message: expect.stringContaining(`127.0.0.1:${taken.localPort}`) as string,
    });
    await expect(network.bind('192.0.2.1', 0)).rejects.toMatchObject({
      code: 'EINVAL',
      field: 'address',
      message: expect.stringContaining('192.0.2.1') as string,
    });
    await expect(network.bind('localhost', 0)).rejects.toMatchObject({ code: 'EINVAL', field: 'address' });
    await expect(network.bind('127.0.0.1', 65_536)).rejects.toMatchObject({ code: 'EINVAL', field: 'port' });
  });

  it('counts what cannot be sent and never throws', async () => {
    const port = await bind();
    const bytes = new Uint8Array(10);
    expect(send(port, bytes, 'example.net', 1)).toBe(false);
    expect(send(port, bytes, '::1', 1)).toBe(false);
    expect(send(port, bytes, '127.0.0.1', 0)).toBe(false);
    expect(send(port, bytes, '127.0.0.1', 70_000)).toBe(false);
    port.close();
    port.close();
    expect(send(port, bytes, '127.0.0.1', 1)).toBe(false);
    expect(port.sendFailures).toBe(5);
  });

  it('loses a datagram that is too large, and goes on', async () => {
    const [a, b] = [await bind(), await bind()];
    const arrived = receive(b, 1);
    sendTo(a, new Uint8Array(70_000), b);
    sendTo(a, Uint8Array.of(1), b);
    expect((await arrived)[0]?.bytes).toEqual([1]);
    expect(a.sendFailures).toBe(1);
  });

  it('counts what it has no room for, and recovers', async () => {
    const [a, b] = [await bind(), await bind()];
    const big = new Uint8Array(60_000);
    let refused = 0;
    for (let i = 0; i < 3000; i++) if (!sendTo(a, big, b)) refused += 1;
    expect(a.sendFailures).toBe(refused);
    let arrived = false;
    b.onDatagram = (_buffer, _offset, length) => void (arrived ||= length === 1);
    while (!arrived) {
      sendTo(a, Uint8Array.of(1), b);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it('names a place by the same object, however often it sends and is sent to', async () => {
    const [a, b] = [await bind(), await bind()];
    const place = b.peer(a.localAddress, a.localPort);
    const seen = new Set<unknown>();
    const all = new Promise<void>((resolve) => {
      let left = 3;
      b.onDatagram = (_buffer, _offset, _length, from) => {
        seen.add(from);
        left -= 1;
        if (left === 0) resolve();
      };
    });
    for (let i = 0; i < 3; i += 1) sendTo(a, Uint8Array.of(i), b);
    await all;
    expect([...seen]).toEqual([place]);
    expect(seen.has(place)).toBe(true);
    expect(b.peer(a.localAddress, a.localPort)).toBe(place);
    expect(b.peer(a.localAddress, 1)).not.toBe(place);
  });

  it.each(['127.0.0.1', '::1'])('keeps lengths and order of a burst of mixed datagrams at %s', async (address) => {
    const [a, b] = [await bind(0, address), await bind(0, address)];
    const lengths = Array.from({ length: 200 }, (_, i) =>
      i % 70 === 69 ? 1_400 : i % 50 === 49 ? 0 : i < 90 ? 64 : 1_403,
    );
    const arrived = receive(b, lengths.length);
    lengths.forEach((length, i) => sendTo(a, new Uint8Array(length).fill(i), b));
    const received = await arrived;
    expect(received.map(({ bytes }) => bytes.length)).toEqual(lengths);
    expect(received.every(({ bytes }, i) => bytes.every((byte) => byte === i % 256))).toBe(true);
  });

  it('sends what was sent before it is closed', async () => {
    const [a, b] = [await bind(), await bind()];
    const arrived = receive(b, 1);
    sendTo(a, Uint8Array.of(3), b);
    a.close();
    expect((await arrived)[0]?.bytes).toEqual([3]);
  });

  it('may be closed while datagrams are handed over: that was the last one', async () => {
    const [a, b, c] = [await bind(), await bind(), await bind()];
    let count = 0;
    const ended = receive(c, 1);
    b.onDatagram = () => {
      count += 1;
      b.close();
      sendTo(a, Uint8Array.of(1), c);
    };
    for (let i = 0; i < 10; i += 1) sendTo(a, new Uint8Array(10), b);
    await ended;
    expect(count).toBe(1);
  });

  it('hands over datagrams between other work: timers and other sockets have their turns', async () => {
    const [a, b] = [await bind(), await bind()];
    const counts: number[] = [];
    let count = 0;
    b.onDatagram = () => void (count += 1);
    const bytes = new Uint8Array(8_000);
    for (let i = 0; i < 400; i += 1) sendTo(a, bytes, b);
    while (count < 400) {
      await new Promise((resolve) => setImmediate(resolve));
      if (count > (counts.at(-1) ?? 0)) counts.push(count);
    }
    expect(counts.length).toBeGreaterThan(3);
  });
});
