import type { IpPrefix } from '@ouroboros/model';

export interface IpDeviceConfig {
  /** Default: the system chooses one. */
  readonly name?: string;
  /** Addresses of this host on the device, and their networks. */
  readonly addresses: readonly IpPrefix[];
  /** Further networks that are reached through the device. */
  readonly routes: readonly IpPrefix[];
  /** Longest packet in bytes, 68 to 65,535; IPv6 needs 1,280. */
  readonly mtu: number;
}

/** A network device whose cable ends in this process: IP packets that the host sends over it come out here. */
export interface IpDevice {
  readonly name: string;
  /** Setting it changes the device. */
  mtu: number;
  /**
   * Hands the packet `buffer[offset … offset+length)`, of at most 65,535 bytes, to the host; it is copied. Packets of one turn of the event loop
   * are handed over together, in their order.
   */
  send(buffer: Uint8Array, offset: number, length: number): void;
  /** Packets that the host did not take. */
  readonly refused: number;
  /**
   * A packet from the host, `buffer[offset … offset+length)`, which is valid during the call and must not be written. Answering false, when it
   * was not yet used, stops the device: the next packets wait in the host, and this one stays as it is until `resume`. Set once.
   */
  onPacket: ((buffer: Uint8Array, offset: number, length: number) => boolean) | null;
  /** The device was removed. */
  onGone: (() => void) | null;
  resume(): void;
  /** Removes the device. Harmless when repeated. */
  close(): void;
}

export interface IpDevices {
  /**
   * Makes a device and switches it on. EPERM: CAP_NET_ADMIN is missing; ENOENT: there is no /dev/net/tun; EBUSY: the name is
   * in use; EINVAL: an address or a route that the system refuses; ENOTSUP: this system has no such devices.
   */
  open(config: IpDeviceConfig): Promise<IpDevice>;
}
