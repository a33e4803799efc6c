import { EMPTY_BYTES } from '@ouroboros/model';
import type { PacketTaker } from '@ouroboros/ports';
import { RingConsumer } from './ring-consumer.js';
import { RingFlowEnd, type FlowLink } from './ring-flow-end.js';
import { POPPED, maxPacketOf, privateRing, recordBytes, type RingMemory } from './ring-memory.js';
import { RingProducer } from './ring-producer.js';
import type { TurnLoop } from './turn-loop.js';

/** What a flow asks of the connection that it goes over. */
export interface StreamCarrier {
  /** The flow has packets to send. */
  wantSend(flow: StreamFlow): void;
  /** The flow has credit to give. */
  wantCredit(flow: StreamFlow): void;
  /** Puts a packet into the stream; false = not now. */
  putData(slot: number, bytes: Uint8Array, offset: number, length: number): boolean;
  /** The end was closed here: whatever is unsent must be sent now. */
  closed(flow: StreamFlow): void;
  violated(): void;
}

/**
 * One side of a flow over a stream: a ring in which the writer's packets wait for credit, and one in which the other
 * side's packets wait for the reader. A ring's worth of packets may be sent beyond all credit when the flow is closed,
 * so the receiving ring has twice the size: half a ring of credit, a ring at the end, and what is lost where it wraps.
 */
export class StreamFlow implements FlowLink {
  readonly end: RingFlowEnd;
  slot = -1;
  wantsSend = false;
  wantsCredit = false;
  /** The other side is still to come: until then a closed end is kept. */
  keepsMemory = false;
  private carrier: StreamCarrier | null = null;
  private readonly tx: RingMemory;
  private readonly rx: RingMemory;
  private readonly unsent: RingConsumer;
  private readonly arrived: RingProducer;
  private readonly reader: RingConsumer;
  private readonly window: number;
  private credit: number;
  private readByPeer = 0;
  private creditedBytes = 0;
  private creditedPackets = 0;
  private closing = false;
  private readonly sendOne: PacketTaker = (bytes, offset, length) => this.sendPacket(bytes, offset, length);

  /** `onUnfetched` is called when the end is closed while `keepsMemory`. */
  constructor(
    readonly ringBytes: number,
    turns: TurnLoop,
    onRelease: () => void,
    private readonly onUnfetched: () => void = () => undefined,
  ) {
    const maxPacket = maxPacketOf(ringBytes);
    this.tx = privateRing(ringBytes);
    this.rx = privateRing(2 * ringBytes);
    this.unsent = new RingConsumer(this.tx);
    this.arrived = new RingProducer(this.rx, maxPacket);
    this.reader = new RingConsumer(this.rx, maxPacket);
    this.window = this.credit = ringBytes / 2;
    this.end = new RingFlowEnd(new RingProducer(this.tx), this.reader, turns, () => {
      this.tx.release();
      this.rx.release();
      onRelease();
    });
    this.end.link = this;
  }

  get closed(): boolean {
    return this.closing;
  }

  attach(carrier: StreamCarrier, slot: number): void {
    this.keepsMemory = false;
    this.carrier = carrier;
    this.slot = slot;
    if (!this.closing) return this.published();
    this.closedHere();
    this.end.free();
  }

  detach(): void {
    this.carrier = null;
  }

  published(): void {
    if (this.carrier && !this.wantsSend && this.unsent.hasPackets()) this.carrier.wantSend(this);
  }

  consumed(): void {
    if (this.carrier && !this.wantsCredit && this.reader.recordBytesRead !== this.creditedBytes) {
      this.carrier.wantCredit(this);
    }
  }

  closedHere(): void {
    this.closing = true;
    if (this.keepsMemory) this.onUnfetched();
    this.carrier?.closed(this);
    this.carrier = null;
  }

  violated(): void {
    this.carrier?.violated();
  }

  /** Sends up to `max` packets; answers whether there is more that may be sent. */
  send(max: number): boolean {
    const sent = this.unsent.read(max, this.sendOne);
    if (sent === 0) return false;
    // The count of packets read is the other side's reader's, not that of this consumer.
    this.tx.store(POPPED, this.readByPeer);
    if (this.unsent.takeRoomRequest()) this.end.wantTurn();
    return sent === max && this.unsent.hasPackets();
  }

  /** A packet of the other side; false = it does not keep to its credit. */
  receive(bytes: Uint8Array, offset: number, length: number): boolean {
    if (this.arrived.push(EMPTY_BYTES, 0, bytes, offset, length) !== 'ok') return false;
    this.arrived.publish();
    this.end.wantTurn();
    return true;
  }

  /** The other side has read packets; false = more than were sent. */
  receiveCredit(bytes: number, packets: number): boolean {
    if (this.credit + bytes > this.window) return false;
    this.credit += bytes;
    this.readByPeer = (this.readByPeer + packets) | 0;
    this.tx.store(POPPED, this.readByPeer);
    this.published();
    return true;
  }

  /** Takes the credit to give: calls back with bytes of records and packets read since the last time. */
  takeCredit(give: (bytes: number, packets: number) => void): void {
    const bytes = (this.reader.recordBytesRead - this.creditedBytes) | 0;
    const packets = (this.reader.popped - this.creditedPackets) | 0;
    this.creditedBytes = this.reader.recordBytesRead;
    this.creditedPackets = this.reader.popped;
    if (bytes > 0) give(bytes, packets);
  }

  private sendPacket(bytes: Uint8Array, offset: number, length: number): boolean {
    const cost = recordBytes(length);
    if (!this.closing && cost > this.credit) return false;
    if (!this.carrier?.putData(this.slot, bytes, offset, length)) return false;
    this.credit -= cost;
    return true;
  }
}
