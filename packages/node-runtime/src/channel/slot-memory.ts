import { mapMemoryFile, type MappedMemory } from '../native/index.js';
import type { Side } from './control-area.js';
import { RING_CONTROL_BYTES, type RingPlace } from './ring-memory.js';

/*
 * The memory of one flow: the control words of ring 0 and of ring 1 in one page, the data of ring 0, the data of ring 1.
 * Side 0, which owns the memory, writes ring 0 and reads ring 1.
 */
const PAGE = 4096;
export const flowBytes = (ringBytes: number): number => PAGE + 2 * ringBytes;

/**
 * Slots whose memory stays for their next flow while the connection lives. Both processes have it already: the next flow
 * needs no file, no mapping and no descriptor, which cost more than all else of opening a flow.
 */
export const KEPT_SLOTS = 32;

/** The shared memory of one slot. It is unmapped when no flow is in it and none is to come. */
export class SlotMemory {
  private inUse = false;
  private kept: boolean;

  private constructor(
    private readonly mapped: MappedMemory,
    readonly ringBytes: number,
    slot: number,
  ) {
    this.kept = slot < KEPT_SLOTS;
  }

  /** ENOMEM. The caller closes `file`. */
  static map(file: number, ringBytes: number, slot: number): SlotMemory {
    return new SlotMemory(mapMemoryFile(file, flowBytes(ringBytes)), ringBytes, slot);
  }

  /** Where ring 0 or 1 lies. */
  place(ring: Side): RingPlace {
    return [this.mapped.bytes, ring * RING_CONTROL_BYTES, PAGE + ring * this.ringBytes];
  }

  enter(): void {
    this.inUse = true;
  }

  /** No flow is in it any more. */
  leave(): void {
    this.inUse = false;
    if (!this.kept) this.mapped.unmap();
  }

  /** No further flow is to come. */
  drop(): void {
    this.kept = false;
    if (!this.inUse) this.mapped.unmap();
  }
}
