import type { Counters, UserFlow } from '@ouroboros/ipcp-kit';
import type { PacketTaker } from '@ouroboros/ports';
import type { ShimFlow, WatchedFlow } from '@ouroboros/shim-flow';
import { UDP_DATA_HEADER, writeUdpEid } from '@ouroboros/wire';
import { COUNT } from './udp-counters.js';
import type { UdpSocket } from './udp-socket.js';

/** Largest payload that every receiver takes: a C receiver has room for 8,980 bytes with the EID. [spec/wire-shims.md §2.5] */
export const UDP_MAX_PAYLOAD = 8_976;
/** Packets of one flow per turn of the event loop. */
const BATCH = 64;
/** Up to this length a loop beats the view that `set` needs. */
const LOOP_COPY = 96;

/** The packet path of one flow: user packets get the peer's EID and leave; what arrives goes to the user. */
export class UdpFlow implements WatchedFlow {
  heard = false;
  /** True while user packets are sent; before, they wait in the channel. */
  private sending = false;

  constructor(
    readonly user: UserFlow,
    readonly shim: ShimFlow,
    private readonly socket: UdpSocket,
    private readonly counters: Counters,
  ) {}

  /** The peer has told its EID: what the user wrote so far, and writes from now on, leaves. */
  start(): void {
    if (this.sending) return;
    this.sending = true;
    this.user.end.onReadable = (): void => {
      this.user.end.read(BATCH, this.send);
    };
  }

  stop(): void {
    this.sending = false;
    this.user.end.onReadable = null;
  }

  /** One data frame from the network, its EID ours. Drops are counted: UDP promises nothing. */
  receive(buffer: Uint8Array, offset: number, length: number, address: string, port: number): void {
    const { values } = this.counters;
    const { peer } = this.shim;
    if (peer.address !== address || peer.port !== port) return this.counters.add(COUNT.dropWrongPeer);
    this.heard = true;
    const payload = length - UDP_DATA_HEADER;
    const verdict = this.user.end.write(buffer, 0, buffer, offset + UDP_DATA_HEADER, payload);
    if (verdict === 'ok') {
      values[COUNT.packetsReceived]! += 1;
      values[COUNT.bytesReceived]! += payload;
    } else if (verdict === 'full') this.counters.add(COUNT.dropUserFull);
    else this.counters.add(verdict === 'down' ? COUNT.dropUserDown : COUNT.dropTooLarge);
  }

  private readonly send: PacketTaker = (buffer, offset, length) => {
    if (length > UDP_MAX_PAYLOAD) {
      this.counters.add(COUNT.dropSendTooLarge);
      return true;
    }
    const { frame } = this.socket;
    const { remoteEid, peer } = this.shim;
    writeUdpEid(frame, 0, remoteEid);
    copyInto(frame, UDP_DATA_HEADER, buffer, offset, length);
    this.socket.sendData(UDP_DATA_HEADER + length, peer);
    return true;
  };
}

function copyInto(target: Uint8Array, at: number, source: Uint8Array, offset: number, length: number): void {
  if (length > LOOP_COPY) target.set(source.subarray(offset, offset + length), at);
  else for (let i = 0; i < length; i += 1) target[at + i] = source[offset + i]!;
}
