import { OuroborosError, fromMs, type Micros } from '@ouroboros/model';
import type { Clock, EthernetLink, EthernetNetwork, EthernetPort } from '@ouroboros/ports';
import { MAC_BROADCAST, macText, readMac } from '@ouroboros/wire';
import type { DatagramFate } from './memory-datagrams.js';

const NO_DELAY: readonly number[] = [0];
const MAC_AT_SOURCE = 6;
const TYPE_AT = 12;
/** Type fields below are lengths. */
const FIRST_ETHERTYPE = 0x0600;
const DEFAULT_MTU = 1_500;

export interface FrameRecord {
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

/**
 * One Ethernet segment in memory, as a switch makes it: frames go to the device with their destination MAC, or to all others.
 * Nothing is lost unless `fate` says so, to which a device is its MAC as text with port 0; `tap` sees each frame that is sent.
 */
export class MemoryEthernet {
  fate: DatagramFate = () => NO_DELAY;
  tap: ((record: FrameRecord) => void) | null = null;
  private readonly devices = new Map<number, MemoryDevice>();

  constructor(private readonly clock: Clock) {}

  /** The network as a host sees it that has one device, `eth0`, with this MAC. */
  host(mac: number, mtu = DEFAULT_MTU): MemoryEthernetHost {
    return new MemoryEthernetHost(this.attach(mac, mtu));
  }

  /** A frame of a stranger. */
  inject(frame: Uint8Array): void {
    this.carry(frame.slice());
  }

  private attach(mac: number, mtu: number): MemoryDevice {
    const device = new MemoryDevice({ state: 'up', mac, mtu }, (frame) => this.carry(frame));
    this.devices.set(mac, device);
    device.onMac = (before): void => {
      this.devices.delete(before);
      this.devices.set(device.link.mac, device);
    };
    return device;
  }

  private carry(bytes: Uint8Array): void {
    const [to, from] = [readMac(bytes, 0), readMac(bytes, MAC_AT_SOURCE)];
    this.tap?.({ from, to, bytes });
    const device = this.devices.get(to);
    const targets = to === MAC_BROADCAST ? [...this.devices.values()] : device ? [device] : [];
    for (const target of targets) if (target.link.mac !== from) this.deliver(from, target, bytes);
  }

  private deliver(from: number, target: MemoryDevice, bytes: Uint8Array): void {
    for (const delayMs of this.fate(endpoint(from), endpoint(target.link.mac), bytes.length)) {
      const at = (this.clock.now() + fromMs(delayMs)) as Micros;
      this.clock.at(at, () => target.take(bytes));
    }
  }
}

/** The device of one host: what its processes open, and a switch for those who hurt it. */
export class MemoryEthernetHost implements EthernetNetwork {
  constructor(private readonly device: MemoryDevice) {}

  async open(device: string, protocol: number | 'llc'): Promise<EthernetPort> {
    if (device === 'eth0') return this.device.open(protocol);
    throw new OuroborosError('ENOENT', `no device ${device}; there is eth0`, { field: 'device' });
  }

  /** The device goes down, comes back, vanishes, or has another address or MTU. */
  change(link: Partial<EthernetLink>): void {
    this.device.change(link);
  }
}

class MemoryDevice {
  onMac: ((before: number) => void) | null = null;
  private readonly ports = new Set<MemoryEthernetPort>();

  constructor(
    public link: EthernetLink,
    private readonly carry: (frame: Uint8Array) => void,
  ) {}

  open(protocol: number | 'llc'): EthernetPort {
    const port = new MemoryEthernetPort(this, protocol, (closed) => this.ports.delete(closed));
    this.ports.add(port);
    return port;
  }

  change(link: Partial<EthernetLink>): void {
    const before = this.link.mac;
    this.link = { ...this.link, ...link };
    if (this.link.mac !== before) this.onMac?.(before);
    for (const port of this.ports) port.onLink?.();
  }

  send(frame: Uint8Array): boolean {
    if (this.link.state === 'up') this.carry(frame);
    return this.link.state === 'up';
  }

  take(frame: Uint8Array): void {
    if (this.link.state !== 'up') return;
    const type = (frame[TYPE_AT]! << 8) | frame[TYPE_AT + 1]!;
    const protocol = type < FIRST_ETHERTYPE ? 'llc' : type;
    for (const port of this.ports) if (port.protocol === protocol) port.onFrame?.(frame, 0, frame.length);
  }
}

class MemoryEthernetPort implements EthernetPort {
  onFrame: EthernetPort['onFrame'] = null;
  onLink: EthernetPort['onLink'] = null;
  private closed = false;

  constructor(
    private readonly device: MemoryDevice,
    readonly protocol: number | 'llc',
    private readonly onClose: (port: MemoryEthernetPort) => void,
  ) {}

  get link(): EthernetLink {
    return this.device.link;
  }

  send(buffer: Uint8Array, offset: number, length: number): boolean {
    return !this.closed && this.device.send(buffer.slice(offset, offset + length));
  }

  close(): void {
    this.closed = true;
    this.onClose(this);
  }
}

const endpoint = (mac: number): string => `${macText(mac)}:0`;
