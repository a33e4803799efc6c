import type { Socket } from 'node:net';
import type { ChannelCounters, CheckedOptions } from './channel-options.js';
import {
  MESSAGE_BYTES,
  MessageReader,
  MessageType,
  getUint32,
  putMessage,
  putUint32,
  type ChannelKind,
  type MessageReceiver,
} from './channel-message.js';
import { MAX_RING_BYTES, maxPacketOf } from './ring-memory.js';
import type { StreamCarrier, StreamFlow } from './stream-flow.js';
import type { TurnLoop } from './turn-loop.js';

/** What a connection needs of its host. */
export interface StreamConnectionHost {
  readonly options: CheckedOptions;
  readonly counters: ChannelCounters;
  readonly turns: TurnLoop;
  gone(connection: StreamConnection): void;
}

/** Bytes gathered before they are given to the socket; more than the longest message. */
const CHUNK_BYTES = 131_072;
/** Packets of one flow before the next flow has its turn. */
const PACKETS_PER_ROUND = 64;
/** Bytes that wait in the socket because the other side doesn't read; flows themselves are held back long before. */
const MAX_WAITING = 64 * MAX_RING_BYTES;
const MAX_PACKET = maxPacketOf(MAX_RING_BYTES);

/** One UNIX stream between two processes and the flows on it, portable: nothing but node:net. */
export abstract class StreamConnection implements MessageReceiver, StreamCarrier {
  protected readonly flows: (StreamFlow | undefined)[] = [];
  protected openFlows = 0;
  protected gone = false;
  private readonly reader: MessageReader = new MessageReader(this, MAX_PACKET);
  private sending: StreamFlow[] = [];
  private crediting: StreamFlow[] = [];
  private chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  private start = 0;
  private filled = 0;
  /** The socket takes no more for now. */
  private blocked = false;

  constructor(
    protected readonly host: StreamConnectionHost,
    protected readonly socket: Socket,
  ) {
    socket.on('data', (bytes: Buffer) => this.received(bytes));
    socket.on('drain', () => {
      this.blocked = false;
      this.flush();
    });
    socket.on('end', () => this.hangUp());
    socket.on('error', () => this.hangUp());
    socket.on('close', () => this.hangUp());
  }

  abstract onHello(kind: ChannelKind): boolean;
  abstract onMessage(type: number, slot: number, value: number, bytes: Uint8Array, offset: number): boolean;
  /** The other side has closed its end of the slot; the flow is undefined when this side has, too. */
  protected abstract peerClosed(slot: number, flow: StreamFlow | undefined): void;
  /** This side has closed its end. */
  protected abstract slotClosed(slot: number): void;
  /** The connection is over; the flows have been told. */
  protected abstract hungUp(): void;

  wantSend(flow: StreamFlow): void {
    flow.wantsSend = true;
    this.sending.push(flow);
    this.soon();
  }

  wantCredit(flow: StreamFlow): void {
    flow.wantsCredit = true;
    this.crediting.push(flow);
    this.soon();
  }

  putData(slot: number, bytes: Uint8Array, offset: number, length: number): boolean {
    this.reserve(MESSAGE_BYTES + length);
    putMessage(this.chunk, this.filled, MessageType.DATA, slot, length);
    this.chunk.set(bytes.subarray(offset, offset + length), this.filled + MESSAGE_BYTES);
    this.filled += MESSAGE_BYTES + length;
    return true;
  }

  closed(flow: StreamFlow): void {
    while (flow.send(PACKETS_PER_ROUND)) continue;
    this.flows[flow.slot] = undefined;
    this.openFlows -= 1;
    this.put(MessageType.CLOSE, flow.slot, 0);
    this.slotClosed(flow.slot);
    this.soon();
  }

  violated(): void {
    this.host.counters.violations += 1;
  }

  /** Gives credit and packets to the socket, as far as it takes them. For the end of a turn. */
  flush(): void {
    this.giveCredit();
    while (!this.blocked && this.sending.length > 0) this.sendRound();
    this.writeOut();
  }

  /** Sends what is left and hangs up; the other side has `handshakeMs` to do the same. */
  finish(): void {
    if (this.gone) return;
    this.flush();
    this.hangUp();
  }

  protected addFlow(slot: number, flow: StreamFlow): void {
    this.flows[slot] = flow;
    this.openFlows += 1;
    flow.attach(this, slot);
    flow.end.wantTurn();
  }

  protected refuse(reason: string): false {
    this.host.counters.badHandshakes += 1;
    this.host.options.logger.log('warn', 'packet channel: connection ended', { reason });
    return false;
  }

  protected put(type: number, slot: number, value: number): void {
    this.reserve(MESSAGE_BYTES);
    putMessage(this.chunk, this.filled, type, slot, value);
    this.filled += MESSAGE_BYTES;
  }

  protected putBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.chunk.set(bytes, this.filled);
    this.filled += bytes.length;
    this.soon();
  }

  /** DATA, CREDIT and CLOSE, which both sides may send for the flows that are there. */
  protected onFlowMessage(type: number, slot: number, value: number, bytes: Uint8Array, offset: number): boolean {
    const flow = this.flows[slot];
    if (type === MessageType.CLOSE) {
      flow?.end.peerDown('peer-closed');
      this.peerClosed(slot, flow);
      return true;
    }
    if (type !== MessageType.DATA && type !== MessageType.CREDIT) return false;
    // Of a flow that this side has just closed: the other does not know yet.
    if (!flow) return true;
    const kept =
      type === MessageType.DATA
        ? flow.receive(bytes, offset, value)
        : flow.receiveCredit(value, getUint32(bytes, offset));
    if (!kept) this.violation(flow);
    return true;
  }

  private violation(flow: StreamFlow): void {
    if (flow.end.down !== null) return;
    this.violated();
    flow.end.peerDown('peer-gone');
  }

  private received(bytes: Buffer): void {
    if (this.gone) return;
    if (!this.reader.feed(bytes, bytes.length)) {
      this.refuse('a message that is not allowed here');
      this.flush();
      this.hangUp();
    }
    this.host.turns.run();
  }

  private soon(): void {
    if (!this.host.turns.running) this.host.turns.schedule();
  }

  private giveCredit(): void {
    const flows = this.crediting;
    if (flows.length === 0) return;
    this.crediting = [];
    for (const flow of flows) {
      flow.wantsCredit = false;
      if (flow.closed) continue;
      flow.takeCredit((bytes, packets) => {
        this.reserve(MESSAGE_BYTES + 4);
        this.put(MessageType.CREDIT, flow.slot, bytes);
        putUint32(this.chunk, this.filled, packets);
        this.filled += 4;
      });
    }
  }

  private sendRound(): void {
    const flows = this.sending;
    this.sending = [];
    for (const flow of flows) {
      flow.wantsSend = false;
      if (flow.closed) continue;
      if (this.blocked || flow.send(PACKETS_PER_ROUND)) this.wantSend(flow);
    }
  }

  private reserve(bytes: number): void {
    if (this.filled + bytes <= CHUNK_BYTES) return;
    this.writeOut();
    this.chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    this.start = this.filled = 0;
  }

  private writeOut(): void {
    if (this.filled === this.start) return;
    const bytes = this.chunk.subarray(this.start, this.filled);
    this.start = this.filled;
    if (this.socket.writable && !this.socket.write(bytes)) this.blocked = true;
    if (this.socket.writableLength > MAX_WAITING) this.socket.destroy();
  }

  /** Whatever way it ended: flows down, and both directions shut in good order. */
  private hangUp(): void {
    if (this.gone) return;
    this.gone = true;
    for (const flow of this.flows) {
      flow?.detach();
      flow?.end.peerDown('peer-gone');
    }
    this.flows.length = 0;
    this.shut();
    this.host.gone(this);
    this.hungUp();
  }

  private shut(): void {
    this.socket.end();
    const timer = setTimeout(() => this.socket.destroy(), this.host.options.handshakeMs);
    this.socket.once('close', () => clearTimeout(timer));
    if (this.socket.destroyed) clearTimeout(timer);
  }
}
