import { UdpNetwork, type UdpPort } from './udp.js';

const network = new UdpNetwork();

interface Received {
  readonly bytes: number[];
  readonly address: string;
  readonly port: number;
}

/** The next `count` datagrams. */
const receive = (port: UdpPort, count: number): Promise<Received[]> =>
  new Promise((resolve) => {
    const received: Received[] = [];
    port.onDatagram = (buffer, offset, length, address, from) => {
      received.push({ bytes: [...buffer.subarray(offset, offset + length)], address, port: from });
      if (received.length === count) resolve(received);
    };
  });

describe('UdpNetwork', () => {
  const ports: UdpPort[] = [];
  const bind = async (port = 0, address = '127.0.0.1'): Promise<UdpPort> => {
    const bound = await network.bind(address, port);
    ports.push(bound);
    return bound;
  };
  afterEach(() => ports.splice(0).forEach((port) => port.close()));

  describe('a question', () => {
    const ask = (to: { address: string; port: number }, limitMs = 2000) =>
      network.ask({ from: '127.0.0.1', to, bytes: Uint8Array.of(1, 2), limitMs });

    it('is answered by what comes back', async () => {
      const b = await bind(0, '127.0.0.2');
      b.onDatagram = (buffer, offset, length, address, port) =>
        void b.send(buffer, offset + 1, length - 1, address, port);
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
    expect(a.send(Uint8Array.of(9, 1, 2, 3, 9), 1, 3, b.localAddress, b.localPort)).toBe(true);
    expect(a.send(new Uint8Array(0), 0, 0, b.localAddress, b.localPort)).toBe(true);
    const from = { address: '127.0.0.1', port: a.localPort };
    expect(await arrived).toEqual([
      { bytes: [1, 2, 3], ...from },
      { bytes: [], ...from },
    ]);
  });

  it('carries datagrams over IPv6 as well, and no IPv4 on such a port', async () => {
    const [a, b] = [await bind(0, '::1'), await bind(0, '::1')];
    const arrived = receive(b, 1);
    expect(a.send(Uint8Array.of(7), 0, 1, '127.0.0.1', b.localPort)).toBe(false);
    expect(a.send(Uint8Array.of(7), 0, 1, '::1', b.localPort)).toBe(true);
    expect(await arrived).toEqual([{ bytes: [7], address: '::1', port: a.localPort }]);
    b.close();
    const to = { address: '::1', port: b.localPort };
    expect(await network.ask({ from: '::1', to, bytes: Uint8Array.of(1), limitMs: 2000 })).toBe('refused');
    await expect(network.bind('::1', a.localPort)).rejects.toMatchObject({
      code: 'EEXIST',
      message: expect.stringContaining(`[::1]:${a.localPort}`) as string,
    });
  });

  it('sends a copy: the buffer may be used again at once', async () => {
    const [a, b] = [await bind(), await bind()];
    const arrived = receive(b, 50);
    const buffer = new Uint8Array(1);
    for (let i = 0; i < 50; i++) {
      buffer[0] = i;
      expect(a.send(buffer, 0, 1, b.localAddress, b.localPort)).toBe(true);
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
    expect(port.send(bytes, 0, 10, 'example.net', 1)).toBe(false);
    expect(port.send(bytes, 0, 10, '::1', 1)).toBe(false);
    expect(port.send(bytes, 0, 10, '127.0.0.1', 0)).toBe(false);
    expect(port.send(bytes, 0, 10, '127.0.0.1', 70_000)).toBe(false);
    port.close();
    port.close();
    expect(port.send(bytes, 0, 10, '127.0.0.1', 1)).toBe(false);
    expect(port.sendFailures).toBe(5);
  });

  it('loses a datagram that is too large, and goes on', async () => {
    const [a, b] = [await bind(), await bind()];
    const arrived = receive(b, 1);
    a.send(new Uint8Array(70_000), 0, 70_000, b.localAddress, b.localPort);
    a.send(Uint8Array.of(1), 0, 1, b.localAddress, b.localPort);
    expect((await arrived)[0]?.bytes).toEqual([1]);
    expect(a.sendFailures).toBe(1);
  });

  it('answers false when the system takes no more, and recovers', async () => {
    const [a, b] = [await bind(), await bind()];
    const big = new Uint8Array(60_000);
    let refused = 0;
    for (let i = 0; i < 3000; i++) if (!a.send(big, 0, big.length, b.localAddress, b.localPort)) refused += 1;
    expect(a.sendFailures).toBe(refused);
    const marker = new Promise<void>((resolve) => {
      b.onDatagram = (_buffer, _offset, length) => length === 1 && resolve();
    });
    const sendUntilTaken = (): void => {
      if (!a.send(big, 0, 1, b.localAddress, b.localPort)) setImmediate(sendUntilTaken);
    };
    sendUntilTaken();
    await marker;
  });
});
