import type { Counters } from '@ouroboros/ipcp-kit';
import type { DatagramNetwork, DatagramPeer, DatagramPort } from '@ouroboros/ports';
import {
  DESCRIPTOR_EIDS,
  type InquiryAnswer,
  type ShimFlow,
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
  readonly taker: ShimTaker<DatagramPeer>;
}

/** The one socket of a UDP layer: sends, receives, sorts management from packets, and obeys the fault switch. */
export class UdpWire implements ShimWire<DatagramPeer> {
  readonly title = 'UDP layer';
  readonly eids = { ...DESCRIPTOR_EIDS, maxRemote: UDP_MAX_EID };
  readonly mplMs = UDP_MPL_MS;
  readonly requestRoom = UDP_MGMT_MAX - UDP_MGMT_FIXED - UDP_HASH_LENGTH;
  readonly replyRoom = UDP_MGMT_MAX - UDP_MGMT_FIXED;
  readonly maxPacket: number;
  private readonly header = new Uint8Array(UDP_DATA_HEADER);

  constructor(private readonly parts: UdpWireParts) {
    this.maxPacket = parts.family.maxDatagram - UDP_DATA_HEADER;
    parts.port.onDatagram = (buffer, offset, length, from) => this.arrived(buffer, offset, length, from);
  }

  wholePacket(peer: DatagramPeer): number | undefined {
    const whole = this.parts.port.whole?.(peer);
    return whole === undefined ? undefined : Math.min(this.maxPacket, whole - UDP_DATA_HEADER);
  }

  say(saying: ShimSaying, peer: DatagramPeer): void {
    const { counters, port } = this.parts;
    if (this.cutOff(peer.address)) return counters.add(COUNT.dropByFault);
    const bytes = encodeUdpMgmt(toUdp(saying));
    const sent = port.send(peer, bytes, bytes.length, bytes, 0, 0);
    counters.add(sent ? COUNT.mgmtSent : COUNT.dropSendBusy);
  }

  sendPacket({ remoteEid, peer }: ShimFlow<DatagramPeer>, buffer: Uint8Array, offset: number, length: number): void {
    const { counters, port } = this.parts;
    if (length > this.maxPacket) return counters.add(COUNT.dropSendTooLarge);
    if (this.cutOff(peer.address)) return counters.add(COUNT.dropByFault);
    writeUdpEid(this.header, 0, remoteEid);
    const sent = port.send(peer, this.header, UDP_DATA_HEADER, buffer, offset, length);
    if (!sent) return counters.add(COUNT.dropSendBusy);
    counters.values[COUNT.packetsSent]! += 1;
    counters.values[COUNT.bytesSent]! += length;
  }

  awaitRoom(resume: () => void): boolean {
    return this.parts.port.awaitRoom(resume);
  }

  /** Asks from a port of its own, so that the system there can say that nobody has the layer's. */
  async inquire({ eid: sEid, remoteEid: dEid, peer }: ShimFlow<DatagramPeer>, limitMs: number): Promise<InquiryAnswer> {
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

  private arrived(buffer: Uint8Array, offset: number, length: number, from: DatagramPeer): void {
    const { counters, family, taker } = this.parts;
    if (this.cutOff(from.address)) return counters.add(COUNT.dropByFault);
    if (length < UDP_DATA_HEADER) return counters.add(COUNT.dropRunt);
    const eid = udpEid(buffer, offset);
    if (eid === 0) {
      if (length > family.maxDatagram) return counters.add(COUNT.dropTooLarge);
      return this.mgmt(buffer.slice(offset, offset + length), from);
    }
    const flow = taker.flowAt(eid);
    if (!flow) return counters.add(COUNT.dropUnknownEid);
    if (flow.shim.peer !== from && !isSame(flow.shim.peer, from)) return counters.add(COUNT.dropWrongPeer);
    flow.receive(buffer, offset + UDP_DATA_HEADER, length - UDP_DATA_HEADER);
  }

  private mgmt(bytes: Uint8Array, peer: DatagramPeer): void {
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

/** For a peer that the port has forgotten since. */
const isSame = (a: DatagramPeer, b: DatagramPeer): boolean => a.address === b.address && a.port === b.port;
