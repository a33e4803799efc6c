import { EMPTY_BYTES } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow';
import type { IpDevice, PacketTaker } from '@ouroboros/ports';
import { AddressTable } from './address-table.js';
import { announcement, destinationOf, ipVersion, isAnnouncement, isOneHost, sourceOf } from './ip-packet.js';

/** What was carried, and what was not. */
export interface TunnelCounters {
  sentPackets: number;
  sentBytes: number;
  /** Handed to the host. */
  receivedPackets: number;
  receivedBytes: number;
  /** From the host, for an address that no client has. */
  droppedUnknown: number;
  /** From the host, when the flow took no more or not so much. */
  droppedFull: number;
  /** From a flow, and no IP packet or longer than one can be. */
  droppedInvalid: number;
  /** From a client, with the address of another one. */
  droppedForeign: number;
  /** Of those handed to the host, not taken by it. */
  droppedByHost: number;
}

/** Least MTU of a flow that cuts longer packets: IPv6 needs it. [RFC 8200 §5] */
export const LEAST_MTU = 1280;
const MAX_MTU = 65_535;
/** How often the flows are asked for their longest packet: it changes within seconds. */
const LOOK_MS = 200;
const ANNOUNCE_MS = 10_000;
/** Announcements may be lost. */
const SILENT_MS = 60_000;
const MAX_ADDRESSES = 4096;

export type Announced = readonly { readonly version: 4 | 6; readonly address: Uint8Array }[];

/**
 * Joins an IP device to flows, one packet of the one being one of the other, bare. [spec/tools.md §6] With one flow, all that
 * the host sends goes there, and the host waits when the flow does. With several, a packet goes to the flow from which
 * its destination was heard, and is lost when that takes no more; what is for all goes to each.
 */
export class Tunnel {
  private readonly counts: Omit<TunnelCounters, 'droppedByHost'> = {
    sentPackets: 0,
    sentBytes: 0,
    receivedPackets: 0,
    receivedBytes: 0,
    droppedUnknown: 0,
    droppedFull: 0,
    droppedInvalid: 0,
    droppedForeign: 0,
  };
  private readonly flows = new Map<number, Flow>();
  private readonly addresses = new AddressTable(MAX_ADDRESSES, SILENT_MS);
  /** The flow when there is one only. */
  private only: Flow | null = null;
  private readonly looking: NodeJS.Timeout;

  /** `server`: its flows are of clients, whose addresses are learned. */
  constructor(
    private readonly device: IpDevice,
    private readonly server: boolean,
  ) {
    device.onPacket = (buffer, offset, length) => this.fromHost(buffer, offset, length);
    this.looking = setInterval(() => this.adjustMtu(), LOOK_MS);
  }

  get counters(): TunnelCounters {
    return { ...this.counts, droppedByHost: this.device.refused };
  }

  /** Carries until the flow ends: errors of Flow.read; the signal's reason. `announced`: addresses that the other side is to know. */
  async carry(flow: Flow, stop: AbortSignal, announced: Announced = []): Promise<never> {
    flow.access = 'both';
    const announcing = announce(flow, announced);
    this.join(flow);
    try {
      return await this.receiveAll(flow, stop);
    } finally {
      clearInterval(announcing);
      this.leave(flow);
    }
  }

  close(): void {
    clearInterval(this.looking);
    this.device.close();
  }

  private join(flow: Flow): void {
    this.flows.set(flow.id, flow);
    this.flowsChanged();
  }

  private leave(flow: Flow): void {
    flow.packets.onPacket = null;
    this.flows.delete(flow.id);
    this.addresses.leave(flow.id);
    this.flowsChanged();
  }

  private flowsChanged(): void {
    const [first] = this.flows.values();
    this.only = this.flows.size === 1 ? first! : null;
    this.adjustMtu();
  }

  /** What all flows carry in one piece; those that cut longer packets need not have less than IPv6 needs. */
  private adjustMtu(): void {
    if (this.flows.size === 0) return;
    let mtu = MAX_MTU;
    for (const { wholePacket, maxPacket } of this.flows.values()) {
      mtu = Math.min(mtu, maxPacket, Math.max(wholePacket, LEAST_MTU));
    }
    if (mtu !== this.device.mtu) this.device.mtu = mtu;
  }

  private async receiveAll(flow: Flow, signal: AbortSignal): Promise<never> {
    const take: PacketTaker = (buffer, offset, length) => {
      this.fromFlow(flow, buffer, offset, length);
      return true;
    };
    flow.packets.onPacket = take;
    // Packets pass by the reading, which gives what was there before, and ends with the flow.
    for (;;) {
      const packet = await flow.read({ signal });
      take(packet, 0, packet.length);
    }
  }

  private fromFlow(flow: Flow, packet: Uint8Array, offset: number, length: number): void {
    const { counts } = this;
    const version = length > MAX_MTU ? undefined : ipVersion(packet, offset, length);
    if (version === undefined) counts.droppedInvalid += 1;
    else if (this.server && !this.isHeard(flow, packet, offset, version)) counts.droppedForeign += 1;
    else if (!isAnnouncement(packet, offset, version, length)) {
      this.device.send(packet, offset, length);
      counts.receivedPackets += 1;
      counts.receivedBytes += length;
    }
  }

  private isHeard(flow: Flow, packet: Uint8Array, offset: number, version: 4 | 6): boolean {
    const source = sourceOf(version);
    return (
      !isOneHost(packet, offset, source) || this.addresses.heard(packet, offset, source, flow.id, performance.now())
    );
  }

  /** False: the flow takes no more, the device has to wait. */
  private fromHost(packet: Uint8Array, offset: number, length: number): boolean {
    if (this.only) return this.put(this.only, packet, offset, length, true);
    const version = ipVersion(packet, offset, length);
    if (version === undefined) {
      this.counts.droppedInvalid += 1;
      return true;
    }
    const destination = destinationOf(version);
    if (!isOneHost(packet, offset, destination))
      for (const flow of this.flows.values()) this.put(flow, packet, offset, length, false);
    else this.toOwner(this.addresses.ownerOf(packet, offset, destination), packet, offset, length);
    return true;
  }

  private toOwner(owner: number, packet: Uint8Array, offset: number, length: number): void {
    const flow = this.flows.get(owner);
    if (flow) this.put(flow, packet, offset, length, false);
    else this.counts.droppedUnknown += 1;
  }

  /** False when the packet waits until the flow has taken it. */
  private put(flow: Flow, packet: Uint8Array, offset: number, length: number, mayWait: boolean): boolean {
    const verdict = flow.packets.send(EMPTY_BYTES, 0, packet, offset, length);
    if (verdict === 'ok') {
      this.counts.sentPackets += 1;
      this.counts.sentBytes += length;
      return true;
    }
    if (verdict === 'full' && mayWait) {
      void this.putLater(flow, packet.subarray(offset, offset + length));
      return false;
    }
    this.counts.droppedFull += 1;
    return true;
  }

  /** The device keeps the packet until it resumes. */
  private async putLater(flow: Flow, packet: Uint8Array): Promise<void> {
    try {
      await flow.write(packet);
      this.counts.sentPackets += 1;
      this.counts.sentBytes += packet.length;
    } catch {
      this.counts.droppedFull += 1; // The flow has ended; `carry` says so.
    }
    this.device.resume();
  }
}

/** To peers of ours only: C's would hand it to its host for nothing. */
function announce(flow: Flow, addresses: Announced): NodeJS.Timeout | undefined {
  if (flow.packets.features === 0 || addresses.length === 0) return undefined;
  const packets = addresses.map(({ version, address }) => announcement(version, address));
  const all = (): void => {
    for (const packet of packets) if (flow.down === null && !flow.deallocated) flow.tryWrite(packet);
  };
  all();
  return setInterval(all, ANNOUNCE_MS);
}
