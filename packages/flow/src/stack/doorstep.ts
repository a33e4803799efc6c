import type { FlowEnd, PacketTaker, WriteVerdict } from '@ouroboros/ports';
import { Stage } from './stage.js';

/** Told of every packet that passes, empty ones and those of the protocol included. */
export interface DoorWatcher {
  sent(): void;
  received(): void;
}

/** The lowest stage: tells of each packet that leaves or enters, whoever made it, so that none needs a keep-alive besides. */
export class Doorstep extends Stage {
  private entered = 0;
  private taker: PacketTaker = () => false;

  constructor(
    below: FlowEnd,
    private readonly watcher: DoorWatcher,
  ) {
    super(below);
  }

  /** Packets that have arrived so far, those still queued included. */
  get arrivals(): number {
    return this.entered + this.below.queuedRx();
  }

  write(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    const verdict = this.below.write(head, headLength, body, offset, length);
    if (verdict === 'ok') this.watcher.sent();
    return verdict;
  }

  read(max: number, take: PacketTaker): number {
    this.taker = take;
    const taken = this.below.read(max, this.enter);
    if (taken > 0) this.watcher.received();
    return taken;
  }

  private readonly enter: PacketTaker = (buffer, offset, length) => {
    if (!this.taker(buffer, offset, length)) return false;
    this.entered += 1;
    return true;
  };
}
