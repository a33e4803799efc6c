/** A network device as it is at a moment. */
export interface EthernetLink {
  /** `up`: carries frames; `down`: switched off, or without cable; `gone`: there is no device of this name now. */
  readonly state: 'up' | 'down' | 'gone';
  /** MAC address as a number, first byte highest: that of the device when it was last up. */
  readonly mac: number;
  /** Bytes that a frame may have behind its MACs and its type field; as last known when the device is gone. */
  readonly mtu: number;
}

/** Frames of one protocol on one device. The port outlives the device, and works again when one of that name comes back. */
export interface EthernetPort {
  readonly link: EthernetLink;
  /**
   * Sends a copy of the frame `buffer[offset … offset+length)`, which begins with the destination MAC and is padded. Answers
   * false when the device takes no more now, or is not up: then the frame is lost, as on any cable.
   */
  send(buffer: Uint8Array, offset: number, length: number): boolean;
  /** A whole frame from the destination MAC on, padding included. `buffer` is valid only during the call. Set once. */
  onFrame: ((buffer: Uint8Array, offset: number, length: number) => void) | null;
  /** `link` has changed. */
  onLink: (() => void) | null;
  close(): void;
}

export interface EthernetNetwork {
  /**
   * Opens a device for the frames of one ethertype, or (`llc`) for those with a length in place of an ethertype. ENOENT: no
   * such device, the message says which there are; EINVAL: it is no Ethernet device; EPERM: CAP_NET_RAW is missing; ENOTSUP:
   * this system has no raw sockets. All with field `device` but the last two.
   */
  open(device: string, protocol: number | 'llc'): Promise<EthernetPort>;
}
