import {
  closeDescriptor,
  createMemoryFile,
  mapMemoryFile,
  verifyMemoryFile,
  type MappedMemory,
} from '../native/index.js';
import type { Side } from './control-area.js';
import { RingConsumer } from './ring-consumer.js';
import { RingFlowEnd } from './ring-flow-end.js';
import { BufferRingMemory, RING_CONTROL_BYTES } from './ring-memory.js';
import { RingProducer } from './ring-producer.js';
import type { TurnLoop } from './turn-loop.js';

/*
 * The memory of one flow: the control words of ring 0 and of ring 1 in one page, the data of ring 0, the data of ring 1.
 * Side 0, which owns the memory, writes ring 0 and reads ring 1.
 */
const PAGE = 4096;
const flowBytes = (ringBytes: number): number => PAGE + 2 * ringBytes;

/** A flow end in memory made here, for the other side to receive as `file`. */
export interface OwnedFlow {
  readonly end: RingFlowEnd;
  /** Closes the descriptor that the other side is to receive; the memory stays mapped. Harmless when repeated. */
  closeFile(): void;
  readonly file: number;
  readonly ringBytes: number;
}

/** ENOMEM. `onRelease` is called when the end is closed and its memory is gone. */
export function createFlow(ringBytes: number, turns: TurnLoop, onRelease: () => void): OwnedFlow {
  const file = createMemoryFile('ouroboros-flow', flowBytes(ringBytes));
  let open = true;
  const closeFile = (): void => {
    if (open) closeDescriptor(file);
    open = false;
  };
  try {
    const memory = mapMemoryFile(file, flowBytes(ringBytes));
    const release = (): void => {
      closeFile();
      onRelease();
    };
    return { end: flowEnd(memory, 0, ringBytes, turns, release), closeFile, file, ringBytes };
  } catch (error) {
    closeFile();
    throw error;
  }
}

/** A flow end in memory that the other side made; checks it first. EPERM, ENOMEM. The caller closes `file`. */
export function openFlow(file: number, ringBytes: number, turns: TurnLoop, onRelease: () => void): RingFlowEnd {
  verifyMemoryFile(file, flowBytes(ringBytes));
  return flowEnd(mapMemoryFile(file, flowBytes(ringBytes)), 1, ringBytes, turns, onRelease);
}

function flowEnd(
  memory: MappedMemory,
  side: Side,
  ringBytes: number,
  turns: TurnLoop,
  onRelease: () => void,
): RingFlowEnd {
  const ring = (index: number): BufferRingMemory =>
    new BufferRingMemory(memory.bytes, index * RING_CONTROL_BYTES, PAGE + index * ringBytes, ringBytes);
  const tx = ring(side);
  const rx = ring(1 - side);
  const release = (): void => {
    tx.release();
    rx.release();
    memory.unmap();
    onRelease();
  };
  return new RingFlowEnd(new RingProducer(tx), new RingConsumer(rx), turns, release);
}
