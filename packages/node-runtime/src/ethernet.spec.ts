import type { EthernetPort } from '@ouroboros/ports';
import { PacketNetwork } from './ethernet.js';

/** For experiments of one site. [IEEE 802 §9.2.3] */
const ETHERTYPE = 0x88b5;
const network = new PacketNetwork();
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stdout.write('Raw sockets on the loopback device are skipped: they need CAP_NET_RAW.\n');

/** A frame to and from the loopback device, whose MAC is all zeros. */
function frame(type: number, ...payload: number[]): Uint8Array {
  const bytes = new Uint8Array(60);
  bytes.set([type >> 8, type & 255, ...payload], 12);
  return bytes;
}

(isRoot ? describe : describe.skip)('PacketNetwork on the loopback device', () => {
  const ports: EthernetPort[] = [];
  const open = async (protocol: number | 'llc' = ETHERTYPE): Promise<EthernetPort> => {
    const port = await network.open('lo', protocol);
    ports.push(port);
    return port;
  };
  afterEach(() => ports.splice(0).forEach((port) => port.close()));

  const received = (port: EthernetPort): Promise<Uint8Array> =>
    new Promise((resolve) => {
      port.onFrame = (buffer, offset, length) => resolve(buffer.slice(offset, offset + length));
    });

  it('tells what the device is', async () => {
    const { link } = await open();
    expect(link).toEqual({ state: 'up', mac: 0, mtu: expect.any(Number) as number });
  });

  it('carries whole frames of its protocol, and no others', async () => {
    const [dix, llc] = [await open(), await open('llc')];
    const [atDix, atLlc] = [received(dix), received(llc)];
    const other = await open(ETHERTYPE + 1);
    const buffer = new Uint8Array(100);
    for (const bytes of [frame(ETHERTYPE + 1, 9), frame(4, 1), frame(ETHERTYPE, 2)]) {
      buffer.set(bytes, 7);
      expect(other.send(buffer, 7, bytes.length)).toBe(true);
    }
    expect(await atDix).toEqual(frame(ETHERTYPE, 2));
    expect(await atLlc).toEqual(frame(4, 1));
  });

  it('answers false for a frame that the device does not take, and goes on', async () => {
    const port = await open();
    const arrived = received(port);
    expect(port.send(new Uint8Array(65_549), 0, 3)).toBe(false);
    expect(port.send(frame(ETHERTYPE, 1), 0, 60)).toBe(true);
    expect(await arrived).toEqual(frame(ETHERTYPE, 1));
    port.close();
    expect(port.send(frame(ETHERTYPE, 1), 0, 60)).toBe(false);
  });

  it('lets nobody else have the protocol on the device until it is closed', async () => {
    const port = await open();
    await expect(open()).rejects.toMatchObject({
      code: 'EEXIST',
      field: 'device',
      message: 'another IPCP has ethertype 0x88B5 on lo',
    });
    port.close();
    await expect(open()).resolves.toBeDefined();
  });

  it('names the devices that there are', async () => {
    await expect(network.open('nothing0', ETHERTYPE)).rejects.toMatchObject({
      code: 'ENOENT',
      field: 'device',
      message: expect.stringMatching(/^there is no device nothing0; there are .*\blo\b/) as string,
    });
  });
});

(isRoot ? it.skip : it)('without CAP_NET_RAW the error names the capability', async () => {
  await expect(network.open('lo', ETHERTYPE)).rejects.toMatchObject({
    code: 'EPERM',
    message: expect.stringContaining('CAP_NET_RAW') as string,
  });
});
