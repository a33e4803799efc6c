import { OuroborosError, errorNumber, type ErrorCode } from '@ouroboros/model';
import { closeDescriptor, createMemoryFile, mapMemoryFile, peerCredentials } from '../native/index.js';
import { MessageType, TICKET_BYTES, encodeHello, encodeMessage, type ChannelKind } from './channel-message.js';
import { CONTROL_AREA_BYTES, MAX_SLOTS } from './control-area.js';
import { ShmConnection, type ShmConnectionHost } from './shm-connection.js';
import type { OwnedFlow } from './shm-flow.js';
import { KEPT_SLOTS, SlotMemory, flowBytes } from './slot-memory.js';
import type { TicketTable } from './ticket-table.js';
import type { Unfetched } from './unfetched.js';

export interface ShmAcceptingHost extends ShmConnectionHost {
  readonly tickets: TicketTable<OwnedFlow>;
  readonly unfetched: Unfetched;
}

/**
 * A connection that another process made. It owns the memory, hands out slots, and takes a slot back when both sides
 * have closed it. Until its first flow it lives no longer than `handshakeMs`.
 */
export class ShmAccepted extends ShmConnection {
  private readonly uid: number | undefined;
  private readonly vacant: number[] = [];
  /** Slots that this side has closed and the other has not. */
  private readonly halfClosed = new Set<number>();
  private readonly timer: NodeJS.Timeout;
  /** Files that the other side is to get with the next slot. */
  private readonly files: number[] = [];

  constructor(
    private readonly accepting: ShmAcceptingHost,
    fd: number,
  ) {
    super(accepting, fd, 0);
    this.uid = peerCredentials(fd)?.uid;
    this.timer = setTimeout(() => {
      this.refuse('it attached nothing in time');
      this.destroy();
    }, accepting.options.handshakeMs);
  }

  onHello(kind: ChannelKind): boolean {
    this.send(encodeHello('shm'));
    return kind === 'shm';
  }

  onMessage(type: number, _slot: number, _value: number, bytes: Uint8Array, offset: number): boolean {
    if (type !== MessageType.ATTACH || this.receivedFds.length > 0) return false;
    try {
      this.grant(bytes.subarray(offset, offset + TICKET_BYTES));
    } catch (error) {
      if (!(error instanceof OuroborosError)) throw error;
      this.answerRefused(error.code, error.message);
    }
    return true;
  }

  protected signalledVacant(slot: number): void {
    if (!this.halfClosed.has(slot) || !this.control?.peerClosed(slot)) return;
    this.halfClosed.delete(slot);
    this.vacate(slot);
  }

  protected slotClosed(slot: number): void {
    if (this.control?.peerClosed(slot)) this.vacate(slot);
    else this.halfClosed.add(slot);
  }

  protected hungUp(): void {
    clearTimeout(this.timer);
    this.files.forEach(closeDescriptor);
  }

  private grant(ticket: Uint8Array): void {
    if (this.vacant.length === 0 && this.slots === MAX_SLOTS) {
      throw new OuroborosError('EBUSY', `more than ${MAX_SLOTS} flows between two processes`);
    }
    if (!this.control) this.createControl();
    const flow = this.accepting.tickets.take(ticket, this.uid);
    if (flow === 'unknown-ticket') this.accepting.counters.refusedTickets += 1;
    if (flow === 'wrong-user') this.accepting.counters.refusedUsers += 1;
    if (typeof flow === 'string') throw new OuroborosError('EPERM', flow);
    clearTimeout(this.timer);
    const slot = this.vacant.at(-1) ?? this.slots;
    this.settle(flow, slot);
    this.vacant.pop();
    this.addEnd(slot, flow.end);
    const files = this.files.splice(0);
    this.send(encodeMessage(MessageType.ATTACHED, slot, flow.ringBytes), files, () => files.forEach(closeDescriptor));
    if (flow.end.isClosed) {
      flow.end.free();
      return this.closeSlot(slot);
    }
    // What was written before goes to the other side now.
    this.signal(slot);
    flow.end.wantTurn();
  }

  /** Moves the flow into the memory of its slot. ENOMEM, which ends the flow. */
  private settle(flow: OwnedFlow, slot: number): void {
    try {
      flow.moveTo(this.memories[slot] ?? this.newMemory(slot, flow.ringBytes));
    } catch (error) {
      if (flow.end.isClosed) flow.end.free();
      else flow.end.peerDown('peer-gone');
      throw error;
    }
  }

  private newMemory(slot: number, ringBytes: number): SlotMemory {
    const memory = this.newFile('ouroboros-flow', flowBytes(ringBytes), (file) =>
      SlotMemory.map(file, ringBytes, slot),
    );
    if (slot < KEPT_SLOTS) this.memories[slot] = memory;
    return memory;
  }

  private createControl(): void {
    this.useControl(
      this.newFile('ouroboros-control', CONTROL_AREA_BYTES, (file) => mapMemoryFile(file, CONTROL_AREA_BYTES)),
    );
  }

  private newFile<Memory>(name: string, length: number, map: (file: number) => Memory): Memory {
    const file = createMemoryFile(name, length);
    try {
      const memory = map(file);
      this.files.push(file);
      return memory;
    } catch (error) {
      closeDescriptor(file);
      throw error;
    }
  }

  private answerRefused(code: ErrorCode, reason: string): void {
    this.accepting.options.logger.log('warn', 'packet channel: attach refused', { reason, uid: this.uid });
    this.send(encodeMessage(MessageType.REFUSED, 0, errorNumber(code)));
  }

  private vacate(slot: number): void {
    this.control?.reset(slot);
    this.vacant.push(slot);
  }
}
