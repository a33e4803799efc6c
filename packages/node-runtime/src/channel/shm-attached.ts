import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import type { FlowEnd } from '@ouroboros/ports';
import { closeDescriptor, mapMemoryFile, verifyMemoryFile } from '../native/index.js';
import { AttachQueue, kindMismatch } from './attach-queue.js';
import { MessageType, encodeHello, type ChannelKind } from './channel-message.js';
import { CONTROL_AREA_BYTES, MAX_SLOTS } from './control-area.js';
import { isRingSize } from './ring-memory.js';
import type { RingFlowEnd } from './ring-flow-end.js';
import { ShmConnection, type ShmConnectionHost } from './shm-connection.js';
import { openFlow } from './shm-flow.js';
import { KEPT_SLOTS, SlotMemory, flowBytes } from './slot-memory.js';

export interface ShmAttachingHost extends ShmConnectionHost {
  /** Registers an end made here; the result is to be called when its memory is gone. */
  track(make: (onRelease: () => void) => RingFlowEnd): RingFlowEnd;
}

/** A process that asks for one flow after the other finds the connection, and its memory, still there. */
const HANG_UP_AFTER_MS = 1000;

/** A connection that this process made, to attach to flows of the other. It hangs up when it was not used for a while. */
export class ShmAttached extends ShmConnection {
  private readonly requests: AttachQueue;
  private unused: NodeJS.Timeout | undefined;

  constructor(
    private readonly attaching: ShmAttachingHost,
    fd: number,
    readonly path: string,
  ) {
    super(attaching, fd, 1);
    this.requests = new AttachQueue(path, attaching.options.handshakeMs, () => this.hangUpIfUnused());
    this.send(encodeHello('shm'));
  }

  attach(ticket: Uint8Array): Promise<FlowEnd> {
    clearTimeout(this.unused);
    return this.requests.add(ticket, (message) => this.send(message));
  }

  onHello(kind: ChannelKind): boolean {
    if (kind !== 'shm') this.requests.failAll(kindMismatch(this.path, 'shm', kind));
    return kind === 'shm';
  }

  onMessage(type: number, slot: number, value: number): boolean {
    if (this.gone) return true;
    if (this.requests.unanswered === 0) return false;
    if (type === MessageType.REFUSED) {
      this.requests.refused(value);
      this.hangUpIfUnused();
      return true;
    }
    const needed = (this.control ? 0 : 1) + (this.memories[slot] ? 0 : 1);
    if (type !== MessageType.ATTACHED || this.receivedFds.length < needed) return false;
    const files = this.receivedFds.splice(0, needed);
    try {
      return this.attached(slot, value, files);
    } finally {
      files.forEach(closeDescriptor);
    }
  }

  protected signalledVacant(): void {
    // A flow that this side has closed: nothing of it is left here.
  }

  protected slotClosed(): void {
    this.hangUpIfUnused();
  }

  protected hungUp(): void {
    clearTimeout(this.unused);
    this.requests.failAll(new OuroborosError('EPIPE', `the process behind ${this.path} is gone`));
  }

  private attached(slot: number, ringBytes: number, files: readonly number[]): boolean {
    if (slot >= MAX_SLOTS || this.ends[slot] !== undefined || !isRingSize(ringBytes)) return false;
    if ((this.memories[slot]?.ringBytes ?? ringBytes) !== ringBytes) return false;
    try {
      if (!this.control) this.openControl(files[0]!);
    } catch (error) {
      this.requests.failFirst(toOuroborosError(error));
      return false;
    }
    this.attachedFlow(slot, ringBytes, files.at(-1));
    return true;
  }

  private attachedFlow(slot: number, ringBytes: number, file: number | undefined): void {
    try {
      const memory = this.memories[slot] ?? this.newMemory(slot, ringBytes, file!);
      const end = this.attaching.track((gone) => openFlow(memory, this.host.turns, gone));
      this.addEnd(slot, end);
      // The other side may have written, and closed, before.
      this.signalled(slot);
      if (!this.requests.attached(end)) end.close();
    } catch (error) {
      this.requests.failFirst(toOuroborosError(error));
      this.decline(slot);
    }
  }

  private newMemory(slot: number, ringBytes: number, file: number): SlotMemory {
    verifyMemoryFile(file, flowBytes(ringBytes));
    const memory = SlotMemory.map(file, ringBytes, slot);
    if (slot < KEPT_SLOTS) this.memories[slot] = memory;
    return memory;
  }

  private openControl(file: number): void {
    verifyMemoryFile(file, CONTROL_AREA_BYTES);
    this.useControl(mapMemoryFile(file, CONTROL_AREA_BYTES));
  }

  private hangUpIfUnused(): void {
    if (this.openEnds > 0 || !this.requests.empty) return;
    clearTimeout(this.unused);
    this.unused = setTimeout(() => this.destroy(), HANG_UP_AFTER_MS);
  }
}
