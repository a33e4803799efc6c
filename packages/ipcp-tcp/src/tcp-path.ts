import type { Counters, UserFlow } from '@ouroboros/ipcp-kit';
import { EMPTY_BYTES, fromMs } from '@ouroboros/model';
import { sleep, type Clock, type PacketTaker } from '@ouroboros/ports';
import type { ShimFlow, ShimPath, ShimPeer } from '@ouroboros/shim-flow';
import { encodeControl } from './bytes/control.js';
import { FRAME_HEADER, MAX_PAYLOAD } from './bytes/frames.js';
import type { Line } from './line.js';
import { COUNT } from './tcp-counters.js';

/**
 * Bytes of frames that the peer may send before the user takes any: what a stalled flow costs this host. Enough for
 * 20 Mbit/s over a round trip of 100 ms.
 */
export const WINDOW = 262_144;
/** Packets of one flow per turn of the event loop: then it is the turn of others. */
const BATCH = 64;
/** How long packets that were written before the end of a flow are still carried, to the peer or to the user. */
const LAST_PACKETS_MS = 1_000;

export interface TcpPathParts {
  readonly clock: Clock;
  readonly counters: Counters;
  sendPacket(buffer: Uint8Array, offset: number, length: number): void;
  stopped(path: TcpPath): void;
}

/**
 * The packet path of one flow. The peer sends no more than was granted, so that packets whose reader stalls wait here, within
 * WINDOW, and those of other flows pass; what is not sent for want of credit, room or a connection waits in the user's channel
 * and holds the user back. Credit belongs to a connection: each new one begins with a grant of the free part of the window.
 */
export class TcpPath implements ShimPath<ShimPeer> {
  heard = false;
  private line: Line | null = null;
  private started = false;
  /** Bytes of frames that the peer takes now. */
  private credit = 0;
  /** Bytes that the peer may send, and bytes that became free and are not granted again yet. */
  private granted = 0;
  private due = 0;
  /** Packets that the user's channel had no room for. */
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  private onDrained: (() => void) | null = null;
  private onDelivered: (() => void) | null = null;

  constructor(
    readonly user: UserFlow,
    readonly shim: ShimFlow,
    private readonly parts: TcpPathParts,
  ) {}

  start(): void {
    if (this.started) return;
    this.started = true;
    this.grantAll();
    this.resume();
  }

  /** What has arrived is still delivered, see `delivered`. */
  stop(): void {
    this.started = false;
    this.line = null;
    this.user.end.onReadable = null;
    this.settle();
    this.parts.stopped(this);
  }

  /** Uses this connection from now on; null: there is none for the time being. */
  use(line: Line | null): void {
    this.line = line;
    this.credit = 0;
    this.granted = 0;
    if (!this.started) return;
    this.grantAll();
    if (line === null) this.user.end.onReadable = null;
  }

  /** The peer takes so many bytes more. */
  addCredit(bytes: number): void {
    this.credit = Math.min(this.credit + bytes, Number.MAX_SAFE_INTEGER);
    this.resume();
  }

  /** Resolves when all that the user wrote has left, the path is stopped, or it took too long; undefined = it has. */
  drained(): Promise<void> | undefined {
    if (!this.started || this.user.end.queuedRx() === 0) return undefined;
    return this.inTime(new Promise((resolve) => (this.onDrained = resolve)));
  }

  /** Resolves when all that arrived is in the user's channel, or it took too long; undefined = it is. */
  delivered(): Promise<void> | undefined {
    if (this.held.length === 0) return undefined;
    return this.inTime(new Promise((resolve) => (this.onDelivered = resolve)));
  }

  private inTime(done: Promise<void>): Promise<void> {
    return Promise.race([done, sleep(this.parts.clock, fromMs(LAST_PACKETS_MS))]);
  }

  /** One packet from the peer. */
  receive(buffer: Uint8Array, offset: number, length: number): void {
    const cost = FRAME_HEADER + length;
    if (cost > this.granted) return this.parts.counters.add(COUNT.dropNoCredit);
    this.granted -= cost;
    if (this.held.length === 0 && this.deliver(buffer, offset, length)) return this.free(cost);
    this.held.push(buffer.slice(offset, offset + length));
    this.heldBytes += cost;
    this.user.end.onWritable = this.release;
  }

  /** False: the user's channel is full. */
  private deliver(buffer: Uint8Array, offset: number, length: number): boolean {
    const { values } = this.parts.counters;
    const verdict = this.user.end.write(EMPTY_BYTES, 0, buffer, offset, length);
    if (verdict === 'full') return false;
    if (verdict === 'ok') {
      values[COUNT.packetsReceived]! += 1;
      values[COUNT.bytesReceived]! += length;
    } else this.parts.counters.add(verdict === 'down' ? COUNT.dropUserDown : COUNT.dropTooLarge);
    return true;
  }

  private readonly release = (): void => {
    let freed = 0;
    let taken = 0;
    for (const packet of this.held) {
      if (!this.deliver(packet, 0, packet.length)) break;
      freed += FRAME_HEADER + packet.length;
      taken += 1;
    }
    this.held.splice(0, taken);
    this.heldBytes -= freed;
    this.user.end.onWritable = this.held.length > 0 ? this.release : null;
    this.free(freed);
    if (this.held.length > 0) return;
    this.onDelivered?.();
    this.onDelivered = null;
  };

  /** Half a window at a time, so that grants are few. */
  private free(bytes: number): void {
    this.due += bytes;
    if (this.due >= WINDOW / 2) this.grant(this.due);
  }

  private grantAll(): void {
    if (this.line) this.grant(WINDOW - this.heldBytes);
  }

  private grant(bytes: number): void {
    if (!this.line || !this.started) return;
    const { eid: from, remoteEid: to } = this.shim;
    this.due = 0;
    this.granted += bytes;
    this.line.control(encodeControl({ kind: 'credit', from, to, bytes }));
    this.parts.counters.add(COUNT.mgmtSent);
  }

  private resume(): void {
    if (!this.started || !this.line || this.credit === 0) return;
    this.user.end.onReadable = this.pump;
    this.pump();
  }

  private readonly pump = (): void => {
    this.user.end.read(BATCH, this.send);
    if (this.user.end.queuedRx() === 0) this.settle();
  };

  private readonly send: PacketTaker = (buffer, offset, length) => {
    const { line } = this;
    const cost = FRAME_HEADER + length;
    if (length > MAX_PAYLOAD) {
      this.parts.counters.add(COUNT.dropSendTooLarge);
      return true;
    }
    if (line === null || cost > this.credit) return this.pause();
    if (!line.hasRoom) {
      line.whenRoom(this.whenRoom);
      return this.pause();
    }
    this.credit -= cost;
    this.parts.sendPacket(buffer, offset, length);
    return true;
  };

  private readonly whenRoom = (): void => this.resume();

  /** The packet stays in the channel. */
  private pause(): false {
    this.user.end.onReadable = null;
    return false;
  }

  private settle(): void {
    this.onDrained?.();
    this.onDrained = null;
  }
}
