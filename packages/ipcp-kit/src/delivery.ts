import { EMPTY_BYTES, fromSeconds } from '@ouroboros/model';
import { sleep, type Clock, type FlowEnd, type WriteVerdict } from '@ouroboros/ports';
import { PacketQueue } from './packet-queue.js';
import { WAITING, type WaitingRoom } from './waiting-room.js';

/** How long the last packets of a flow may wait for its process. */
const LAST_PACKETS = fromSeconds(1);

/**
 * Packets on their way out of the layer to one process. A process that does not run just now finds its channel full; what
 * comes then waits here for a little, so that only one that is too slow for what it is sent loses some. It uses the end's `onWritable`.
 */
export class Delivery {
  private readonly queue: PacketQueue;
  private emptied: (() => void) | null = null;
  private finished: Promise<void> | undefined;

  constructor(
    readonly end: FlowEnd,
    room: WaitingRoom,
  ) {
    this.queue = new PacketQueue(WAITING, room);
    end.onWritable = this.goOn;
  }

  /** 'full': the packet is lost. The bytes are copied. */
  deliver(buffer: Uint8Array, offset: number, length: number): WriteVerdict {
    const { queue, end } = this;
    if (queue.packets === 0) {
      const verdict = end.write(EMPTY_BYTES, 0, buffer, offset, length);
      if (verdict !== 'full') return verdict;
    } else if (length > end.maxPacket) return 'too-large';
    return queue.push(EMPTY_BYTES, 0, buffer, offset, length) ? 'ok' : 'full';
  }

  /** Nothing more is delivered. Resolves when what waits is in the channel, or it took too long; undefined = nothing waits. */
  finish(clock: Clock): Promise<void> | undefined {
    if (this.finished || this.queue.packets === 0) return this.finished;
    const empty = new Promise<void>((resolve) => (this.emptied = resolve));
    this.finished = Promise.race([empty, sleep(clock, LAST_PACKETS)]).then(() => this.queue.clear());
    return this.finished;
  }

  private readonly goOn = (): void => {
    while (this.queue.shift(this.write));
    if (this.queue.packets === 0) this.emptied?.();
  };

  private readonly write = (buffer: Uint8Array, offset: number, length: number): boolean =>
    this.end.write(EMPTY_BYTES, 0, buffer, offset, length) !== 'full';
}
