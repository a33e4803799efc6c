import { RingConsumer } from './ring-consumer.js';
import { RingFlowEnd } from './ring-flow-end.js';
import { BufferRingMemory } from './ring-memory.js';
import { RingProducer } from './ring-producer.js';
import type { SlotMemory } from './slot-memory.js';
import type { TurnLoop } from './turn-loop.js';
import type { WaitingMemory } from './waiting-memory.js';

/** A flow made here. What its end writes waits in memory of this process until the other side comes, then in shared memory. */
export class OwnedFlow {
  readonly end: RingFlowEnd;
  private readonly tx: BufferRingMemory;
  private readonly rx: BufferRingMemory;
  private leave: () => void;

  /** `onRelease` is called when the end is closed and its memory given back. */
  constructor(
    readonly ringBytes: number,
    turns: TurnLoop,
    waiting: WaitingMemory,
    onRelease: () => void,
  ) {
    const buffer = waiting.take();
    this.tx = new BufferRingMemory(...waiting.place(buffer, 0), ringBytes);
    this.rx = new BufferRingMemory(...waiting.place(buffer, 1), ringBytes);
    this.leave = () => waiting.giveBack(buffer);
    this.end = new RingFlowEnd(new RingProducer(this.tx), new RingConsumer(this.rx), turns, () => {
      this.tx.release();
      this.rx.release();
      this.leave();
      onRelease();
    });
  }

  /** The other side comes. To be called once, before anything of the flow was read. */
  moveTo(memory: SlotMemory): void {
    this.end.flush();
    this.tx.moveTo(...memory.place(0));
    this.rx.moveTo(...memory.place(1));
    memory.enter();
    this.leave();
    this.leave = () => memory.leave();
  }
}

/** A flow end in memory that the other side made. */
export function openFlow(memory: SlotMemory, turns: TurnLoop, onRelease: () => void): RingFlowEnd {
  const { ringBytes } = memory;
  const tx = new BufferRingMemory(...memory.place(1), ringBytes);
  const rx = new BufferRingMemory(...memory.place(0), ringBytes);
  memory.enter();
  return new RingFlowEnd(new RingProducer(tx), new RingConsumer(rx), turns, () => {
    tx.release();
    rx.release();
    memory.leave();
    onRelease();
  });
}
