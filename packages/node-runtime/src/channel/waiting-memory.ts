import type { Side } from './control-area.js';
import { RING_CONTROL_BYTES, type RingPlace } from './ring-memory.js';

const CONTROL_BYTES = 2 * RING_CONTROL_BYTES;
/** What more flows wait in than these is left to the garbage collector. */
const MAX_FREE = 32;

/** Memory of this process for flows whose other side is still to come; each piece is used again. */
export class WaitingMemory {
  private readonly free: ArrayBuffer[] = [];

  constructor(private readonly ringBytes: number) {}

  take(): ArrayBuffer {
    return this.free.pop() ?? new ArrayBuffer(CONTROL_BYTES + this.ringBytes);
  }

  /** Nobody writes the ring to here before the other side is there: it needs control words, but no data of its own. */
  place(buffer: ArrayBuffer, ring: Side): RingPlace {
    return [buffer, ring * RING_CONTROL_BYTES, CONTROL_BYTES];
  }

  giveBack(buffer: ArrayBuffer): void {
    if (this.free.length === MAX_FREE) return;
    new Uint8Array(buffer, 0, CONTROL_BYTES).fill(0);
    this.free.push(buffer);
  }
}
