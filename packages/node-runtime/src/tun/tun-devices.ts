import type { IpDevice, IpDeviceConfig, IpDevices } from '@ouroboros/ports';
import {
  RouteSocket,
  closeDescriptor,
  loadNative,
  native,
  openTun,
  type PollHandle,
  type TunDescriptor,
} from '../native/index.js';
import { PacketMerger } from './packet-merger.js';
import { PacketSplitter } from './packet-splitter.js';
import { VIRTIO_HEADER } from './virtio-header.js';

/** Packets after which the event loop has its turn. */
const BATCH = 64;

/** IP devices by TUN. */
export class TunDevices implements IpDevices {
  async open(config: IpDeviceConfig): Promise<IpDevice> {
    await loadNative();
    const tun = openTun(config.name);
    try {
      return new TunDevice(tun, config);
    } catch (thrown) {
      closeDescriptor(tun.fd);
      throw thrown;
    }
  }
}

/**
 * Where the kernel can (virtio headers), a read and a write carry several packets of one TCP connection or UDP flow. `openTun` has asked it; what
 * it cannot do does not occur in what is read, and is not done to what is written.
 */
class TunDevice implements IpDevice {
  onPacket: IpDevice['onPacket'] = null;
  onGone: IpDevice['onGone'] = null;
  refused = 0;
  readonly name: string;
  private readonly fd: number;
  private readonly routes = new RouteSocket();
  private readonly index: number;
  private readonly splitter = new PacketSplitter();
  private readonly merger: PacketMerger;
  /** Bytes before a packet that the kernel knows nothing of. */
  private readonly unseen: number;
  private readonly readBuffer: Uint8Array;
  private readonly writeBuffer: Uint8Array;
  private readonly c = native().c;
  private readonly poll: PollHandle;
  private currentMtu: number;
  private writeDue = false;
  private closed = false;
  private readonly take = (): void => this.takeAll();
  private readonly writeRest = (): void => {
    this.writeDue = false;
    this.write();
  };

  constructor(tun: TunDescriptor, { addresses, routes, mtu }: IpDeviceConfig) {
    this.fd = tun.fd;
    this.name = tun.name;
    this.currentMtu = mtu;
    this.merger = new PacketMerger({ tcp: tun.virtio, udp: tun.udpSegments });
    this.unseen = tun.virtio ? 0 : VIRTIO_HEADER;
    this.readBuffer = this.splitter.bytes.subarray(this.unseen);
    this.writeBuffer = this.merger.bytes.subarray(this.unseen);
    try {
      this.index = this.routes.indexOf(this.name);
      this.routes.setMtu(this.index, mtu);
      for (const address of addresses) this.routes.addAddress(this.index, address);
      this.routes.switchOn(this.index);
      for (const route of routes) this.routes.addRoute(this.index, route);
    } catch (thrown) {
      this.routes.close();
      throw thrown;
    }
    this.poll = native().poll(this.fd, { readable: true }, this.take);
  }

  get mtu(): number {
    return this.currentMtu;
  }

  set mtu(mtu: number) {
    this.routes.setMtu(this.index, mtu);
    this.currentMtu = mtu;
  }

  send(buffer: Uint8Array, offset: number, length: number): void {
    if (!this.merger.add(buffer, offset, length)) {
      this.write();
      this.merger.add(buffer, offset, length);
    }
    if (this.writeDue) return;
    this.writeDue = true;
    process.nextTick(this.writeRest);
  }

  resume(): void {
    if (this.closed) return;
    this.poll.start({ readable: true }, this.take);
    this.takeAll();
  }

  close(): void {
    if (this.closed) return;
    this.write();
    this.closed = true;
    this.poll.close();
    this.routes.close();
    closeDescriptor(this.fd);
  }

  private write(): void {
    const { merger } = this;
    if (merger.packets === 0) return;
    merger.finish();
    const length = merger.length - this.unseen;
    if (this.closed || this.c.write(this.fd, this.writeBuffer, length) !== length) this.refused += merger.packets;
    merger.clear();
  }

  /** What was read is handed on whole, as nothing says later that there is more of it. */
  private takeAll(): void {
    const { splitter } = this;
    for (let packets = 0; !this.closed;) {
      for (; splitter.next(); packets += 1) {
        if (this.onPacket?.(splitter.bytes, splitter.offset, splitter.length) === false) return this.poll.stop();
      }
      if (packets >= BATCH) return;
      const length = this.c.read(this.fd, this.readBuffer, this.readBuffer.length);
      if (length < 0) return this.failed();
      splitter.take(length + this.unseen);
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
