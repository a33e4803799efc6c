import type { DownReason, FlowEnd, PacketTaker, WriteVerdict } from '@ouroboros/ports';

export type Schedule = (callback: () => void) => void;

/** Longest packet and bytes per packet are those of the shared-memory ring, so that verdicts come at the same time. */
export const maxPacketOf = (queueBytes: number): number => Math.min(queueBytes / 4 - 4, 65_532);
const recordBytes = (length: number): number => (length + 7) & ~3;
/** Packets are handed out at this offset, never at 0: as in a ring, whoever ignores the offset reads nonsense. */
const OFFSET = 4;
/** Overwrites packets after their call: whoever keeps them reads nonsense, too. */
const SPENT = 0xdd;

/** One direction of a flow: packets written, of which the first `published` may be read. */
class Pipe {
  private readonly packets: Uint8Array[] = [];
  private first = 0;
  published = 0;
  bytes = 0;
  /** The writer waits for room. */
  wanted = false;
  /** Bytes that may wait. */
  limit: number;

  constructor(readonly capacity: number) {
    this.limit = capacity;
  }

  /** Packets written and not read. */
  get length(): number {
    return this.packets.length - this.first;
  }

  push(packet: Uint8Array): boolean {
    const size = recordBytes(packet.length - OFFSET);
    if (this.bytes + size > (this.hasRoom() ? this.capacity : this.limit)) return false;
    this.bytes += size;
    this.packets.push(packet);
    return true;
  }

  peek(): Uint8Array {
    return this.packets[this.first]!;
  }

  shift(): void {
    const packet = this.peek();
    this.bytes -= recordBytes(packet.length - OFFSET);
    packet.fill(SPENT);
    this.first += 1;
    this.published -= 1;
    if (this.first < 64 || this.first * 2 < this.packets.length) return;
    this.packets.splice(0, this.first);
    this.first = 0;
  }

  hasRoom(): boolean {
    return this.bytes <= this.limit / 2;
  }
}

/** A flow end in memory. Every callback comes out of `schedule`, none out of a call. */
export class MemoryFlowEnd implements FlowEnd {
  readonly maxPacket: number;
  down: DownReason | null = null;
  onWritable: (() => void) | null = null;
  private readableCallback: (() => void) | null = null;
  private downCallback: ((reason: DownReason) => void) | null = null;
  private peer: MemoryFlowEnd | null = null;
  private rx: Pipe;
  private closed = false;
  private reading = false;
  private ready = false;
  private dirty = false;
  private waitsForRoom = false;
  private downUntold = false;

  private constructor(
    private readonly tx: Pipe,
    private readonly schedule: Schedule,
    /** Told when this end is over. */
    private readonly onClose: (end: MemoryFlowEnd) => void,
  ) {
    this.maxPacket = maxPacketOf(tx.capacity);
    this.rx = new Pipe(tx.capacity);
  }

  /** An end whose other side is not there yet. */
  static open(queueBytes: number, schedule: Schedule, onClose: (end: MemoryFlowEnd) => void): MemoryFlowEnd {
    return new MemoryFlowEnd(new Pipe(queueBytes), schedule, onClose);
  }

  /** The other end of `this`; what was written before is there at once. */
  join(onClose: (end: MemoryFlowEnd) => void): MemoryFlowEnd {
    const other = new MemoryFlowEnd(this.rx, this.schedule, onClose);
    other.rx = this.tx;
    other.peer = this;
    this.peer = other;
    if (this.closed) this.schedule(() => other.peerDown('peer-closed'));
    return other;
  }

  get onReadable(): (() => void) | null {
    return this.readableCallback;
  }

  set onReadable(callback: (() => void) | null) {
    this.readableCallback = callback;
    if (callback && this.rx.published > 0) this.wantTurn();
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
    const length = headLength + bodyLength;
    if (length > this.maxPacket) return 'too-large';
    if (headLength > head.length || bodyOffset + bodyLength > body.length) throw new RangeError('no such bytes');
    const packet = new Uint8Array(OFFSET + length);
    packet.set(head.subarray(0, headLength), OFFSET);
    packet.set(body.subarray(bodyOffset, bodyOffset + bodyLength), OFFSET + headLength);
    if (!this.tx.push(packet)) {
      this.waitForRoom();
      return 'full';
    }
    if (!this.dirty) this.schedule(() => this.publishTurn());
    this.dirty = true;
    return 'ok';
  }

  limitWaiting(bytes: number): void {
    this.tx.limit = Math.max(2, Math.min(bytes, this.tx.capacity));
  }

  flush(): void {
    if (this.down !== null || this.tx.published === this.tx.length) return;
    this.tx.published = this.tx.length;
    this.peer?.wantTurn();
  }

  read(max: number, take: PacketTaker): number {
    if (this.closed || this.reading) return 0;
    let taken = 0;
    this.reading = true;
    try {
      while (taken < max && this.rx.published > 0 && !this.closed) {
        const packet = this.rx.peek();
        if (!take(packet, OFFSET, packet.length - OFFSET)) break;
        this.rx.shift();
        taken += 1;
      }
    } finally {
      this.reading = false;
      this.giveRoom();
    }
    return taken;
  }

  queuedRx(): number {
    return this.closed ? 0 : this.rx.published;
  }

  queuedTx(): number {
    return this.closed ? 0 : this.tx.length;
  }

  close(): void {
    if (this.closed) return;
    this.flush();
    this.end();
    const { peer } = this;
    if (peer) this.schedule(() => peer.peerDown('peer-closed'));
  }

  /** The process of this end dies: what was not published is lost, and nothing is called here any more. */
  crash(): void {
    if (this.closed) return;
    this.end();
    const { peer } = this;
    if (peer) this.schedule(() => peer.peerDown('peer-gone'));
  }

  private end(): void {
    this.closed = true;
    this.down ??= 'closed';
    this.downUntold = false;
    this.readableCallback = this.downCallback = this.onWritable = null;
    this.onClose(this);
  }

  private peerDown(reason: DownReason): void {
    if (this.down !== null) return;
    this.down = reason;
    this.downUntold = true;
    this.wantTurn();
  }

  private wantTurn(): void {
    if (this.ready || this.closed) return;
    this.ready = true;
    this.schedule(() => this.serve());
  }

  private serve(): void {
    this.ready = false;
    if (this.downUntold && this.downCallback) {
      this.downUntold = false;
      this.downCallback(this.down!);
    }
    if (this.waitsForRoom && this.down === null && this.tx.hasRoom()) {
      this.waitsForRoom = this.tx.wanted = false;
      this.onWritable?.();
    }
    if (this.rx.published > 0) this.readableCallback?.();
    if (this.rx.published > 0 && this.readableCallback) this.wantTurn();
  }

  private publishTurn(): void {
    this.dirty = false;
    this.flush();
  }

  private waitForRoom(): void {
    this.flush();
    this.waitsForRoom = this.tx.wanted = true;
    if (this.tx.hasRoom()) this.wantTurn();
  }

  private giveRoom(): void {
    if (this.rx.wanted && this.rx.hasRoom()) this.peer?.wantTurn();
  }
}
