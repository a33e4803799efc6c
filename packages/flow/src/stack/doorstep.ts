import { EMPTY_BYTES } from '@ouroboros/model';
import type { FlowEnd, PacketTaker, WriteVerdict } from '@ouroboros/ports';
import { Sieve } from './sieve.js';

/** Told of every packet that passes, those of the protocol included. */
export interface DoorWatcher {
  sent(): void;
  received(): void;
  /** An empty packet came. */
  keepAlive(): void;
}

/**
 * The lowest stage: tells of each packet that leaves or enters, whoever made it, so that none needs a keep-alive besides.
 * Keep-alives end here; they have no more than their coming to say.
 */
export class Doorstep extends Sieve {
  private entered = 0;

  constructor(
    below: FlowEnd,
    private readonly watcher: DoorWatcher,
    /** Longest packet that channel and layer carry. */
    private readonly layerPacket: number,
  ) {
    super(below);
  }

  /** The layer would drop what is longer. */
  override get maxPacket(): number {
    return this.layerPacket;
  }

  /** Packets that have arrived so far, those still queued included. */
  get arrivals(): number {
    return this.entered + this.below.queuedRx();
  }

  write(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    if (headLength + length > this.layerPacket) return 'too-large';
    const verdict = this.below.write(head, headLength, body, offset, length);
    if (verdict === 'ok') this.watcher.sent();
    return verdict;
  }

  keepAlive(): WriteVerdict {
    return this.write(EMPTY_BYTES, 0, EMPTY_BYTES, 0, 0);
  }

  override read(max: number, take: PacketTaker): number {
    const before = this.entered;
    const taken = super.read(max, take);
    if (this.entered !== before) this.watcher.received();
    return taken;
  }

  protected arrive(buffer: Uint8Array, offset: number, length: number): boolean {
    if (length === 0) this.watcher.keepAlive();
    else if (!this.give(buffer, offset, length)) return false;
    this.entered += 1;
    return true;
  }
}
