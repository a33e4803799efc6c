import type { DatagramPeer, DatagramPort } from '@ouroboros/ports';
import {
  MessageVector,
  closeDescriptor,
  longestWhole,
  mapAnonymous,
  native,
  type MappedMemory,
  type PollHandle,
  type UdpSocket,
} from '../native/index.js';
import { Inbox } from './inbox.js';
import { OUTBOX_BYTES, OUTBOX_VECTOR, Outbox } from './outbox.js';
import { PeerTable, UdpPeer } from './peers.js';
import { RoomQueue } from './room-queue.js';

/** A UDP socket on the system's calls for many datagrams at once: one of them sends what a turn of the event loop brings. */
export class NativeUdpPort implements DatagramPort {
  onDatagram: DatagramPort['onDatagram'] = null;
  readonly localPort: number;
  private readonly fd: number;
  private readonly peers: PeerTable;
  private readonly inbox: Inbox;
  private readonly outbox: Outbox;
  private readonly outgoing: MessageVector;
  private readonly memory: MappedMemory;
  private readonly poll: PollHandle;
  private readonly waiting = new RoomQueue();
  private unsendable = 0;
  private turnEndDue = false;
  private awaitsRoom = false;
  private closed = false;

  constructor(
    { fd, port, segments }: UdpSocket,
    readonly localAddress: string,
    version: 4 | 6,
  ) {
    this.fd = fd;
    this.localPort = port;
    this.peers = new PeerTable(version);
    this.inbox = new Inbox(fd, this.peers, (buffer, offset, length, from) =>
      this.onDatagram?.(buffer, offset, length, from),
    );
    this.memory = mapAnonymous(OUTBOX_BYTES);
    this.outgoing = new MessageVector(fd, OUTBOX_VECTOR, this.memory.address);
    this.outbox = new Outbox(new Uint8Array(this.memory.bytes), this.outgoing, segments);
    this.poll = native().poll(fd, { readable: true }, this.onEvent);
  }

  /** Datagrams that were not sent: no room, no route, bad address, too large, closed. */
  get sendFailures(): number {
    return this.unsendable + this.outbox.failures;
  }

  peer(address: string, port: number): DatagramPeer {
    return this.peers.find(address, port) ?? { address, port };
  }

  whole({ address, port }: DatagramPeer): number | undefined {
    const peer = this.peers.find(address, port);
    return peer && longestWhole(new Uint8Array(peer.name.buffer));
  }

  send(
    to: DatagramPeer,
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    bodyOffset: number,
    bodyLength: number,
  ): boolean {
    const peer = to instanceof UdpPeer ? to : this.peers.find(to.address, to.port);
    if (this.closed || !peer || !this.outbox.put(peer, head, headLength, body, bodyOffset, bodyLength)) {
      this.unsendable += 1;
      return false;
    }
    if (this.turnEndDue) return true;
    this.turnEndDue = true;
    process.nextTick(this.turnEnd);
    return true;
  }

  awaitRoom(resume: () => void): boolean {
    if (!this.outbox.blocked) return false;
    this.waiting.add(resume);
    return true;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.outbox.flush();
    this.poll.close();
    this.inbox.close();
    this.outgoing.release();
    this.memory.unmap();
    closeDescriptor(this.fd);
  }

  private readonly turnEnd = (): void => {
    this.turnEndDue = false;
    if (!this.closed) this.sendWaiting();
  };

  private readonly onEvent = (): void => {
    if (this.awaitsRoom) this.sendWaiting();
    if (this.closed || this.inbox.read() || this.closed) return;
    this.watch(); // After an error the poll has stopped.
  };

  private sendWaiting(): void {
    this.outbox.flush();
    const { blocked } = this.outbox;
    if (this.awaitsRoom !== blocked) {
      this.awaitsRoom = blocked;
      this.watch();
    }
    if (!blocked) this.waiting.resume();
  }

  private watch(): void {
    this.poll.start({ readable: true, writable: this.awaitsRoom }, this.onEvent);
  }
}
