import type { Counters } from '@ouroboros/ipcp-kit';
import type { DatagramNetwork, DatagramPort } from '@ouroboros/ports';
import {
  DESCRIPTOR_EIDS,
  copyInto,
  type InquiryAnswer,
  type ShimFlow,
  type ShimPeer,
  type ShimSaying,
  type ShimTaker,
  type ShimWire,
} from '@ouroboros/shim-flow';
import {
  UDP_DATA_HEADER,
  UDP_HASH_LENGTH,
  UDP_MAX_EID,
  UDP_MGMT_FIXED,
  UDP_MGMT_MAX,
  decodeUdpMgmt,
  encodeUdpMgmt,
  udpEid,
  writeUdpEid,
} from '@ouroboros/wire';
import type { FaultSwitch } from './fault-switch.js';
import { COUNT } from './udp-counters.js';
import type { UdpFamily } from './udp-family.js';
import { fromUdp, toUdp } from './udp-messages.js';

/** Maximum packet lifetime of UDP layers. [spec/wire-shims.md §1.6] */
export const UDP_MPL_MS = 5_000;

export interface UdpWireParts {
  readonly family: UdpFamily;
  readonly port: DatagramPort;
  readonly network: DatagramNetwork;
  readonly fault: FaultSwitch;
  readonly counters: Counters;
  readonly taker: ShimTaker<ShimPeer>;
}

/** The one socket of a UDP layer: sends, receives, sorts management from packets, and obeys the fault switch. */
export class UdpWire implements ShimWire<ShimPeer> {
  readonly title = 'UDP layer';
  readonly eids = { ...DESCRIPTOR_EIDS, maxRemote: UDP_MAX_EID };
  readonly mplMs = UDP_MPL_MS;
  readonly requestRoom = UDP_MGMT_MAX - UDP_MGMT_FIXED - UDP_HASH_LENGTH;
  readonly replyRoom = UDP_MGMT_MAX - UDP_MGMT_FIXED;
  readonly maxPacket: number;
  private readonly frame: Uint8Array;

  constructor(private readonly parts: UdpWireParts) {
    const { maxDatagram } = parts.family;
    this.frame = new Uint8Array(maxDatagram);
    this.maxPacket = maxDatagram - UDP_DATA_HEADER;
    parts.port.onDatagram = (buffer, offset, length, address, port) =>
      this.arrived(buffer, offset, length, address, port);
  }

  say(saying: ShimSaying, peer: ShimPeer): void {
    const { counters, port } = this.parts;
    if (this.cutOff(peer.address)) return counters.add(COUNT.dropByFault);
    const bytes = encodeUdpMgmt(toUdp(saying));
    const sent = port.send(bytes, 0, bytes.length, peer.address, peer.port);
    counters.add(sent ? COUNT.mgmtSent : COUNT.dropSendBusy);
  }

  sendPacket({ remoteEid, peer }: ShimFlow, buffer: Uint8Array, offset: number, length: number): void {
    const { counters, port } = this.parts;
    if (length > this.maxPacket) return counters.add(COUNT.dropSendTooLarge);
    if (this.cutOff(peer.address)) return counters.add(COUNT.dropByFault);
    writeUdpEid(this.frame, 0, remoteEid);
    copyInto(this.frame, UDP_DATA_HEADER, buffer, offset, length);
    const sent = port.send(this.frame, 0, UDP_DATA_HEADER + length, peer.address, peer.port);
    if (!sent) return counters.add(COUNT.dropSendBusy);
    counters.values[COUNT.packetsSent]! += 1;
    counters.values[COUNT.bytesSent]! += length;
  }

  awaitRoom(resume: () => void): boolean {
    return this.parts.port.awaitRoom?.(resume) ?? false;
  }

  /** Asks from a port of its own, so that the system there can say that nobody has the layer's. */
  async inquire({ eid: sEid, remoteEid: dEid, peer }: ShimFlow, limitMs: number): Promise<InquiryAnswer> {
    const { counters, network, port } = this.parts;
    if (this.cutOff(peer.address)) return 'silent';
    counters.add(COUNT.mgmtSent);
    const bytes = encodeUdpMgmt({ kind: 'inquiry', sEid, dEid });
    const answer = await network.ask({ from: port.localAddress, to: peer, bytes, limitMs });
    if (this.cutOff(peer.address)) return 'silent';
    if (answer === 'silent' || answer === 'refused') return answer;
    const decoded = decodeUdpMgmt(answer);
    if (!decoded.ok) return 'silent';
    const { value } = decoded;
    if ((value.kind !== 'alive' && value.kind !== 'dealloc') || value.sEid !== dEid || value.dEid !== sEid)
      return 'silent';
    return value.kind === 'alive' ? 'alive' : 'unknown';
  }

  close(): void {
    const { port } = this.parts;
    port.onDatagram = null;
    port.close();
  }

  private arrived(buffer: Uint8Array, offset: number, length: number, address: string, port: number): void {
    const { counters, family, taker } = this.parts;
    if (this.cutOff(address)) return counters.add(COUNT.dropByFault);
    if (length < UDP_DATA_HEADER) return counters.add(COUNT.dropRunt);
    const eid = udpEid(buffer, offset);
    if (eid === 0) {
      if (length > family.maxDatagram) return counters.add(COUNT.dropTooLarge);
      return this.mgmt(buffer.slice(offset, offset + length), { address, port });
    }
    const flow = taker.flowAt(eid);
    if (!flow) return counters.add(COUNT.dropUnknownEid);
    const { peer } = flow.shim;
    if (peer.address !== address || peer.port !== port) return counters.add(COUNT.dropWrongPeer);
    flow.receive(buffer, offset + UDP_DATA_HEADER, length - UDP_DATA_HEADER);
  }

  private mgmt(bytes: Uint8Array, peer: ShimPeer): void {
    const { counters, taker } = this.parts;
    counters.add(COUNT.mgmtReceived);
    const decoded = decodeUdpMgmt(bytes);
    if (!decoded.ok) return counters.add(decoded.reason === 'too-short' ? COUNT.dropRunt : COUNT.dropMalformed);
    if (decoded.value.kind === 'unknown') return counters.add(COUNT.dropUnknownCode);
    taker.said(fromUdp(decoded.value), peer);
  }

  private cutOff(address: string): boolean {
    const { fault } = this.parts;
    return fault.active && fault.drops(address);
  }
}
