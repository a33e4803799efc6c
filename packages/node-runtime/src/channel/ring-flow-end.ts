import type { DownReason, FlowEnd, PacketTaker, WriteVerdict } from '@ouroboros/ports';
import type { RingConsumer } from './ring-consumer.js';
import type { RingProducer } from './ring-producer.js';
import { callUser, type TurnLoop } from './turn-loop.js';

/** What carries the news of one flow end to the other side; the rings carry the packets. */
export interface FlowLink {
  /** So many packets were published in the ring for the other side. */
  published(packets: number): void;
  /** So many of the other side were read, and it waits for room if `wanted`. */
  consumed(packets: number, wanted: boolean): void;
  /** This side is closed; everything written has been published. */
  closedHere(): void;
  /** The other side broke the rules of the ring. */
  violated(): void;
  /** The memory of an end that is closed now is kept until `free`: the other side is still to come. */
  readonly keepsMemory: boolean;
}

/** The link of an end without another side. */
export const NO_LINK: FlowLink = {
  published: () => undefined,
  consumed: () => undefined,
  closedHere: () => undefined,
  violated: () => undefined,
  keepsMemory: false,
};

/**
 * A flow end over a pair of rings. It is `ready` while it waits for its turn (`serve`), `dirty` while something is
 * written and not published. Memory is released by `close`, right after a read that `close` was called in, or by `free`.
 */
export class RingFlowEnd implements FlowEnd {
  readonly maxPacket: number;
  down: DownReason | null = null;
  link: FlowLink = NO_LINK;
  private readableCallback: (() => void) | null = null;
  private downCallback: ((reason: DownReason) => void) | null = null;
  onWritable: (() => void) | null = null;
  private closed = false;
  private freed = false;
  private downUntold = false;
  private waitsForRoom = false;
  private violated = false;
  private ready = false;
  private dirty = false;

  constructor(
    private readonly tx: RingProducer,
    private readonly rx: RingConsumer,
    private readonly turns: TurnLoop,
    private readonly release: () => void,
  ) {
    this.maxPacket = tx.maxPacket;
  }

  get onReadable(): (() => void) | null {
    return this.readableCallback;
  }

  set onReadable(callback: (() => void) | null) {
    this.readableCallback = callback;
    if (callback && !this.closed && this.rx.hasPackets()) this.wantTurn();
  }

  get onDown(): ((reason: DownReason) => void) | null {
    return this.downCallback;
  }

  set onDown(callback: ((reason: DownReason) => void) | null) {
    this.downCallback = callback;
    if (callback && this.downUntold) this.wantTurn();
  }

  write(head: Uint8Array, headLength: number, body: Uint8Array, bodyOffset: number, bodyLength: number): WriteVerdict {
    if (this.down !== null) return 'down';
    const verdict = this.tx.push(head, headLength, body, bodyOffset, bodyLength);
    if (verdict === 'ok') {
      if (!this.dirty) {
        this.dirty = true;
        this.turns.addDirty(this);
      }
      return 'ok';
    }
    if (verdict === 'broken') {
      this.violation();
      return 'down';
    }
    if (verdict === 'full') this.waitForRoom();
    return verdict;
  }

  limitWaiting(bytes: number): void {
    this.tx.limitTo(bytes);
  }

  flush(): void {
    const packets = this.down === null ? this.tx.publish() : 0;
    if (packets > 0) this.link.published(packets);
  }

  /** For the turn loop alone. */
  publishTurn(): void {
    this.dirty = false;
    this.flush();
  }

  read(max: number, take: PacketTaker): number {
    if (this.closed || this.rx.reading) return 0;
    const { popped } = this.rx;
    try {
      return this.rx.read(max, take);
    } finally {
      this.afterRead((this.rx.popped - popped) | 0);
    }
  }

  queuedRx(): number {
    return this.closed ? 0 : this.rx.unread();
  }

  queuedTx(): number {
    return this.closed ? 0 : this.tx.unread();
  }

  close(): void {
    if (this.closed) return;
    this.flush();
    this.closed = true;
    this.down ??= 'closed';
    this.downUntold = false;
    this.readableCallback = this.downCallback = this.onWritable = null;
    this.rx.stop();
    const { link } = this;
    const { keepsMemory } = link;
    this.link = NO_LINK;
    link.closedHere();
    if (!keepsMemory && !this.rx.reading) this.free();
  }

  /** `close` was called. */
  get isClosed(): boolean {
    return this.closed;
  }

  /** Releases the memory of a closed end. Harmless when repeated. */
  free(): void {
    if (this.freed) return;
    this.freed = true;
    this.release();
  }

  /** Something may have happened at the other side: look in the next turn. */
  wantTurn(): void {
    if (this.ready || this.closed) return;
    this.ready = true;
    this.turns.addReady(this);
  }

  /** The other side has ended the flow. Packets that it published stay readable. */
  peerDown(reason: 'peer-closed' | 'peer-gone'): void {
    if (this.down !== null) return;
    this.down = reason;
    this.downUntold = true;
    this.wantTurn();
  }

  /** One turn: at most one call of each callback. For the turn loop alone. */
  serve(): void {
    this.ready = false;
    if (this.downUntold && this.downCallback) {
      this.downUntold = false;
      const { downCallback, down } = this;
      callUser(() => downCallback(down!));
    }
    if (this.waitsForRoom && this.down === null && this.tx.wantRoom()) {
      this.waitsForRoom = false;
      if (this.onWritable) callUser(this.onWritable);
    }
    if (this.readableCallback && this.rx.hasPackets()) callUser(this.readableCallback);
    if (this.readableCallback && this.rx.hasPackets()) this.wantTurn();
  }

  private waitForRoom(): void {
    this.flush();
    this.waitsForRoom = true;
    if (this.tx.wantRoom()) this.wantTurn();
  }

  private afterRead(packets: number): void {
    if (this.rx.broken) this.violation();
    if (!this.closed) this.link.consumed(packets, this.rx.takeRoomRequest());
    else this.free();
  }

  private violation(): void {
    if (this.violated) return;
    this.violated = true;
    this.link.violated();
    this.peerDown('peer-gone');
    this.rx.stop();
  }
}
