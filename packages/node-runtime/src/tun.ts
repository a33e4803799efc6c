import type { IpDevice, IpDeviceConfig, IpDevices } from '@ouroboros/ports';
import { RouteSocket, closeDescriptor, loadNative, native, openTun, type PollHandle } from './native/index.js';

/** Longest IP packet that a device can have. */
const MAX_PACKET = 65_535;
/** Packets taken per turn of the event loop. */
const BATCH = 64;

/** IP devices by TUN. */
export class TunDevices implements IpDevices {
  async open(config: IpDeviceConfig): Promise<IpDevice> {
    await loadNative();
    const { fd, name } = openTun(config.name);
    try {
      return new TunDevice(fd, name, config);
    } catch (thrown) {
      closeDescriptor(fd);
      throw thrown;
    }
  }
}

class TunDevice implements IpDevice {
  onPacket: IpDevice['onPacket'] = null;
  onGone: IpDevice['onGone'] = null;
  private readonly routes = new RouteSocket();
  private readonly index: number;
  private readonly buffer = new Uint8Array(MAX_PACKET);
  private readonly c = native().c;
  private readonly poll: PollHandle;
  private readonly take = (): void => this.takeAll();
  private currentMtu: number;
  private closed = false;

  constructor(
    private readonly fd: number,
    readonly name: string,
    { addresses, routes, mtu }: IpDeviceConfig,
  ) {
    this.currentMtu = mtu;
    try {
      this.index = this.routes.indexOf(name);
      this.routes.setMtu(this.index, mtu);
      for (const address of addresses) this.routes.addAddress(this.index, address);
      this.routes.switchOn(this.index);
      for (const route of routes) this.routes.addRoute(this.index, route);
    } catch (thrown) {
      this.routes.close();
      throw thrown;
    }
    this.poll = native().poll(fd, { readable: true }, this.take);
  }

  get mtu(): number {
    return this.currentMtu;
  }

  set mtu(mtu: number) {
    this.routes.setMtu(this.index, mtu);
    this.currentMtu = mtu;
  }

  send(buffer: Uint8Array, length: number): boolean {
    return !this.closed && this.c.write(this.fd, buffer, length) === length;
  }

  resume(): void {
    if (!this.closed) this.poll.start({ readable: true }, this.take);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.poll.close();
    this.routes.close();
    closeDescriptor(this.fd);
  }

  private takeAll(): void {
    for (let i = 0; i < BATCH && !this.closed; i += 1) {
      const length = this.c.read(this.fd, this.buffer, MAX_PACKET);
      if (length > 0 && this.onPacket?.(this.buffer, length) === false) return this.poll.stop();
      if (length < 0) return this.failed();
    }
  }

  /** EAGAIN: nothing is there. EIO: the device is switched off just now. */
  private failed(): void {
    const errno = native().errno();
    if (errno === 'EAGAIN' || errno === 'EIO') return;
    this.close();
    this.onGone?.();
  }
}
