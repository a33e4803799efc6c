import { OuroborosError } from '@ouroboros/model';
import type { EthernetLink, EthernetNetwork, EthernetPort } from '@ouroboros/ports';
import {
  closeDescriptor,
  deviceNames,
  deviceState,
  holdName,
  loadNative,
  native,
  openPacketSocket,
  receiveFrame,
  type DeviceState,
  type PollHandle,
} from './native/index.js';

/** How often a device is looked at: cheap, and soon enough for an outage to be short. */
const LOOK_MS = 200;
/** Frames taken per turn of the event loop. */
const BATCH = 64;
/** Longest frame: an MTU of 65,535 and the header before it. */
const MAX_FRAME = 65_549;
const MSG_DONTWAIT = 0x40;

/** A socket on the device as it was when this was made. */
interface Attached {
  readonly fd: number;
  readonly poll: PollHandle;
}

/** Ethernet frames by AF_PACKET. */
export class PacketNetwork implements EthernetNetwork {
  async open(device: string, protocol: number | 'llc'): Promise<EthernetPort> {
    await loadNative();
    const eye = openPacketSocket();
    try {
      const found = deviceState(eye, device);
      if (!found) throw new OuroborosError('ENOENT', noDevice(device), { field: 'device' });
      if (found.mac === null)
        throw new OuroborosError('EINVAL', `${device} is no Ethernet device`, { field: 'device' });
      return new PacketPort(device, protocol, eye, holdAlone(device, protocol), found);
    } catch (thrown) {
      closeDescriptor(eye);
      throw thrown;
    }
  }
}

/** Two IPCPs on one device and protocol would take each other's frames. [spec/wire-shims.md Quirk 6] */
function holdAlone(device: string, protocol: number | 'llc'): number {
  const what = protocol === 'llc' ? 'LLC' : `ethertype 0x${protocol.toString(16).toUpperCase().padStart(4, '0')}`;
  const hold = holdName(`ouroboros ${device} ${what}`);
  if (hold !== null) return hold;
  throw new OuroborosError('EEXIST', `another IPCP has ${what} on ${device}`, { field: 'device' });
}

const noDevice = (device: string): string =>
  `there is no device ${device}; there are ${[...deviceNames()].sort().join(', ')}`;

class PacketPort implements EthernetPort {
  onFrame: EthernetPort['onFrame'] = null;
  onLink: EthernetPort['onLink'] = null;
  link: EthernetLink;
  private attached: Attached | null = null;
  private index = 0;
  private closed = false;
  private readonly buffer = new Uint8Array(MAX_FRAME);
  private readonly looking: NodeJS.Timeout;

  /** `eye`: a socket that looks at the device, `hold`: what keeps others away from it; both are closed with the port. */
  constructor(
    private readonly device: string,
    private readonly protocol: number | 'llc',
    private readonly eye: number,
    private readonly hold: number,
    found: DeviceState,
  ) {
    this.link = { state: 'down', mac: found.mac!, mtu: found.mtu };
    this.seen(found);
    this.looking = setInterval(() => this.seen(deviceState(eye, device)), LOOK_MS);
  }

  send(buffer: Uint8Array, offset: number, length: number): boolean {
    if (!this.attached) return false;
    const bytes = offset === 0 ? buffer : buffer.subarray(offset);
    return native().c.send(this.attached.fd, bytes, length, MSG_DONTWAIT) === length;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.looking);
    this.detach();
    closeDescriptor(this.eye);
    closeDescriptor(this.hold);
  }

  /**
   * Attaches to the device when it is up, and again when it is another one by now or the socket had an error. A MAC counts
   * from the moment that frames leave with it: a new device may be given its MAC after it was made.
   */
  private seen(found: DeviceState | null): void {
    const before = this.link;
    const usable = found !== null && found.carries && found.mac !== null;
    if (!usable || found.index !== this.index) this.detach();
    if (usable && !this.attached) this.attach(found.index);
    const state = this.attached ? 'up' : found && found.mac !== null ? 'down' : 'gone';
    const mac = this.attached ? (found?.mac ?? before.mac) : before.mac;
    const mtu = found?.mtu ?? before.mtu;
    if (before.state === state && before.mac === mac && before.mtu === mtu) return;
    this.link = { state, mac, mtu };
    this.onLink?.();
  }

  private attach(index: number): void {
    try {
      const fd = openPacketSocket({ index, protocol: this.protocol });
      this.attached = { fd, poll: native().poll(fd, { readable: true }, () => this.readable()) };
      this.index = index;
    } catch {
      this.attached = null; // The device went away meanwhile: the next look tries again.
    }
  }

  private detach(): void {
    this.attached?.poll.close();
    if (this.attached) closeDescriptor(this.attached.fd);
    this.attached = null;
  }

  private readable(): void {
    for (let i = 0; i < BATCH && this.attached; i += 1) {
      const length = receiveFrame(this.attached.fd, this.buffer);
      if (length > 0) this.onFrame?.(this.buffer, 0, length);
      else if (length < 0) return native().errno() === 'EAGAIN' ? undefined : this.failed();
    }
  }

  /** The device went down: its socket has had its say, and its poll has ended. */
  private failed(): void {
    this.detach();
    this.seen(deviceState(this.eye, this.device));
  }
}
