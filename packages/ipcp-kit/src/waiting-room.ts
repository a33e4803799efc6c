import { queueMemoryOf, type QueueBounds, type QueueMemory } from './packet-queue.js';

/** What one flow may have waiting: some ms of the fastest. */
export const WAITING: QueueBounds = { packets: 16_384, bytes: 1 << 20 };
/** Flows of one IPCP that have something waiting at a time. */
const PLACES = 16;

/** Memory for packets that wait for their processes: for a few flows at a time, as waiting is the exception. */
export class WaitingRoom implements QueueMemory {
  private taken = 0;
  private free: ArrayBuffer | null = null;

  take(): ArrayBuffer | null {
    if (this.taken === PLACES) return null;
    this.taken += 1;
    const memory = this.free ?? new ArrayBuffer(queueMemoryOf(WAITING));
    this.free = null;
    return memory;
  }

  /** One is kept for the next. */
  giveBack(memory: ArrayBuffer): void {
    this.taken -= 1;
    this.free = memory;
  }
}
