import type { Socket } from 'node:net';
import { errorNumber, type ErrorCode } from '@ouroboros/model';
import { MessageType, TICKET_BYTES, encodeHello, type ChannelKind } from './channel-message.js';
import { MAX_SLOTS } from './control-area.js';
import { StreamConnection, type StreamConnectionHost } from './stream-connection.js';
import type { StreamFlow } from './stream-flow.js';
import type { TicketTable } from './ticket-table.js';

export interface StreamAcceptingHost extends StreamConnectionHost {
  readonly tickets: TicketTable<StreamFlow>;
}

/**
 * A connection that another process made. It hands out slots, and takes a slot back when both sides have closed it.
 * Until its first flow it lives no longer than `handshakeMs`.
 */
export class StreamAccepted extends StreamConnection {
  private slots = 0;
  private readonly vacant: number[] = [];
  /** Slots that one side has closed: this one, or the other. */
  private readonly closedHere = new Set<number>();
  private readonly closedThere = new Set<number>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly accepting: StreamAcceptingHost,
    socket: Socket,
  ) {
    super(accepting, socket);
    this.timer = setTimeout(() => {
      this.refuse('it attached nothing in time');
      this.finish();
    }, accepting.options.handshakeMs);
  }

  onHello(kind: ChannelKind): boolean {
    this.putBytes(encodeHello('stream'));
    return kind === 'stream';
  }

  onMessage(type: number, slot: number, value: number, bytes: Uint8Array, offset: number): boolean {
    if (type !== MessageType.ATTACH) return this.onFlowMessage(type, slot, value, bytes, offset);
    if (this.vacant.length === 0 && this.slots === MAX_SLOTS) this.answerRefused('EBUSY', 'too many flows');
    else this.grant(bytes.subarray(offset, offset + TICKET_BYTES));
    return true;
  }

  protected peerClosed(slot: number, flow: StreamFlow | undefined): void {
    if (flow) this.closedThere.add(slot);
    else if (this.closedHere.delete(slot)) this.vacant.push(slot);
  }

  protected slotClosed(slot: number): void {
    if (this.closedThere.delete(slot)) this.vacant.push(slot);
    else this.closedHere.add(slot);
  }

  protected hungUp(): void {
    clearTimeout(this.timer);
  }

  private grant(ticket: Uint8Array): void {
    const flow = this.accepting.tickets.take(ticket, undefined);
    if (typeof flow === 'string') {
      this.accepting.counters.refusedTickets += 1;
      return this.answerRefused('EPERM', flow);
    }
    clearTimeout(this.timer);
    const slot = this.vacant.pop() ?? this.slots++;
    this.put(MessageType.ATTACHED, slot, flow.ringBytes);
    this.addFlow(slot, flow);
  }

  private answerRefused(code: ErrorCode, reason: string): void {
    this.accepting.options.logger.log('warn', 'packet channel: attach refused', { reason });
    this.put(MessageType.REFUSED, 0, errorNumber(code));
  }
}
