import type { Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { DatagramPeer, DatagramPort } from '@ouroboros/ports';
import { RoomQueue } from './room-queue.js';

/** Datagrams that may wait in the process when the system takes no more. */
const MAX_QUEUED_DATAGRAMS = 256;
/** Places that a port remembers; then it forgets all of them, as anybody can pretend to send from anywhere. */
const MAX_PEERS = 4_096;

/** A UDP socket on node:dgram, of one family: for systems whose calls cannot be reached. */
export class DgramUdpPort implements DatagramPort {
  onDatagram: DatagramPort['onDatagram'] = null;
  readonly localAddress: string;
  readonly localPort: number;
  /** Datagrams that were not sent: queue full, no route, bad address, too large, closed. */
  sendFailures = 0;
  private readonly peers = new Map<string, DatagramPeer>();
  private readonly waiting = new RoomQueue();
  private closed = false;
  private readonly onSent = (error: Error | null): void => {
    if (error) this.sendFailures += 1;
    if (!this.closed && !this.isFull()) this.waiting.resume();
  };

  constructor(
    private readonly socket: Socket,
    private readonly family: 4 | 6,
  ) {
    const { address, port } = socket.address();
    this.localAddress = address;
    this.localPort = port;
    socket.on('message', (message, from) =>
      this.onDatagram?.(message, 0, message.length, this.peer(from.address, from.port)),
    );
    socket.on('error', this.onSent);
  }

  peer(address: string, port: number): DatagramPeer {
    const key = `${address} ${port}`;
    const known = this.peers.get(key);
    if (known) return known;
    if (this.peers.size === MAX_PEERS) this.peers.clear();
    const peer = { address, port };
    this.peers.set(key, peer);
    return peer;
  }

  send(
    { address, port }: DatagramPeer,
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    bodyOffset: number,
    bodyLength: number,
  ): boolean {
    if (this.closed || isIP(address) !== this.family || !(port > 0 && port < 65_536) || this.isFull()) {
      this.sendFailures += 1;
      return false;
    }
    const copy = Buffer.allocUnsafe(headLength + bodyLength);
    copy.set(head.subarray(0, headLength));
    copy.set(body.subarray(bodyOffset, bodyOffset + bodyLength), headLength);
    this.socket.send(copy, 0, copy.length, port, address, this.onSent);
    return true;
  }

  awaitRoom(resume: () => void): boolean {
    if (this.closed || !this.isFull()) return false;
    this.waiting.add(resume);
    return true;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.close();
  }

  private isFull(): boolean {
    return this.socket.getSendQueueCount() >= MAX_QUEUED_DATAGRAMS;
  }
}
