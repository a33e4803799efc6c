import type { Counters } from '@ouroboros/ipcp-kit';
import type { DatagramAnswer, DatagramNetwork, DatagramPort } from '@ouroboros/ports';
import type { ShimPeer } from '@ouroboros/shim-flow';
import { UDP_DATA_HEADER, udpEid } from '@ouroboros/wire';
import type { FaultSwitch } from './fault-switch.js';
import { COUNT } from './udp-counters.js';

/** Longest datagram of a UDP4 layer. [spec/wire-shims.md §2.5] */
const MAX_DATAGRAM = 8_980;

/** Where frames go that arrived. The buffer is valid during the call. */
export interface UdpFrameTaker {
  data(eid: number, buffer: Uint8Array, offset: number, length: number, address: string, port: number): void;
  mgmt(bytes: Uint8Array, peer: ShimPeer): void;
}

/** The one socket of a UDP layer: sends, receives, sorts management from data, and obeys the fault switch. */
export class UdpSocket {
  /** Where a data frame is put together; sent by `sendData` before anybody else writes it. */
  readonly frame = new Uint8Array(MAX_DATAGRAM);

  constructor(
    private readonly port: DatagramPort,
    private readonly network: DatagramNetwork,
    private readonly fault: FaultSwitch,
    private readonly counters: Counters,
    taker: UdpFrameTaker,
  ) {
    port.onDatagram = (buffer, offset, length, address, sourcePort): void => {
      if (fault.active && fault.drops(address)) return counters.add(COUNT.dropByFault);
      if (length < UDP_DATA_HEADER) return counters.add(COUNT.dropRunt);
      const eid = udpEid(buffer, offset);
      if (eid !== 0) return taker.data(eid, buffer, offset, length, address, sourcePort);
      if (length > MAX_DATAGRAM) return counters.add(COUNT.dropTooLarge);
      counters.add(COUNT.mgmtReceived);
      taker.mgmt(buffer.slice(offset, offset + length), { address, port: sourcePort });
    };
  }

  /** Sends the first `length` bytes of `frame`. */
  sendData(length: number, peer: ShimPeer): void {
    const { values } = this.counters;
    if (this.fault.active && this.fault.drops(peer.address)) return this.counters.add(COUNT.dropByFault);
    if (!this.port.send(this.frame, 0, length, peer.address, peer.port)) return this.counters.add(COUNT.dropSendBusy);
    values[COUNT.packetsSent]! += 1;
    values[COUNT.bytesSent]! += length - UDP_DATA_HEADER;
  }

  sendMgmt(bytes: Uint8Array, peer: ShimPeer): void {
    if (this.fault.active && this.fault.drops(peer.address)) return this.counters.add(COUNT.dropByFault);
    const sent = this.port.send(bytes, 0, bytes.length, peer.address, peer.port);
    this.counters.add(sent ? COUNT.mgmtSent : COUNT.dropSendBusy);
  }

  /** A management message from a port of its own, and what came back. */
  async ask(bytes: Uint8Array, to: ShimPeer, limitMs: number): Promise<DatagramAnswer> {
    const dropped = (): boolean => this.fault.active && this.fault.drops(to.address);
    if (dropped()) return 'silent';
    this.counters.add(COUNT.mgmtSent);
    const answer = await this.network.ask({ from: this.port.localAddress, to, bytes, limitMs });
    return dropped() ? 'silent' : answer;
  }

  close(): void {
    this.port.onDatagram = null;
    this.port.close();
  }
}
