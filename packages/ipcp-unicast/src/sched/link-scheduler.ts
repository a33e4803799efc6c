import type { PacketFlow } from '@ouroboros/flow';
import { PacketQueue } from '@ouroboros/ipcp-kit';
import { EMPTY_BYTES, type Micros, type QosCube } from '@ouroboros/model';
import type { WriteVerdict } from '@ouroboros/ports';
import type { LinkMarker } from '../ca/index.js';
import { QueueLimit } from './queue-limit.js';

/** What a scheduler needs of the flow that carries its packets. */
export type ScheduledFlow = Pick<PacketFlow, 'send' | 'queuedTx' | 'limitWaiting'>;

/** A local flow that was told 'full'. */
export interface Waiter {
  /** There may be room: send some packets. Those that find none are 'full' once more. */
  resume(): void;
}

/** Bytes that each of the two queues of a cube may send per round: best effort, video, voice. */
const QUANTUM = [1500, 3000, 6000] as const;
/** Packets of a cube and origin that wait. */
const QUEUE = { packets: 1024, bytes: 256 * 1024 };
/** What waits below a fast link: the turns of some processes. */
const MUCH_BELOW = 64 * 1024;
/** Local packets that wait in a cube; beyond, their processes wait. */
const LOCAL_BYTES = 8 * 1024;

/** Packets of one cube and origin that wait for a link, and who else waits behind them. */
class Backlog {
  readonly queue = new PacketQueue(QUEUE);
  readonly waiters = new Set<Waiter>();
  credit = 0;
  /** It has its turn: the credit of this round was given. */
  served = false;

  constructor(readonly quantum: number) {}
}

/**
 * Decides the order in which packets leave over one link: deficit round robin over the cubes (Shreedhar and Varghese,
 * 1995), with voice first in each round and the largest share, and best effort with a share that nothing takes from it.
 * Within a cube relayed packets and those of this member have a share each. Little waits below (QueueLimit).
 *
 * Story: while the flow below takes packets, they pass. When it is full they wait here, by cube; when it has room they
 * leave by rounds. Relayed packets that find their queue full are lost; local flows wait, and are resumed in turn.
 *
 * States: passing (nothing waits) → blocked (the flow below is full, `writable` follows) → passing.
 */
export class LinkScheduler {
  private readonly relayed: readonly [Backlog, Backlog, Backlog] = [backlog(0), backlog(1), backlog(2)];
  private readonly local: readonly [Backlog, Backlog, Backlog] = [backlog(0), backlog(1), backlog(2)];
  /** In the order of a round. */
  private readonly round: readonly Backlog[];
  private readonly markers: readonly [LinkMarker, LinkMarker, LinkMarker];
  /** The last mark of each cube, and its time. */
  private readonly marks = new Uint8Array(3);
  private readonly markedAt = new Float64Array(3).fill(-1);
  private readonly limit = new QueueLimit();
  /** Handed to the flow below since the start. */
  private sentBytes = 0;
  private turn = 0;
  private blocked = false;
  /** The flow below refused a packet of the rounds. */
  private full = false;
  /** The waiter that is being resumed, before which no other goes. */
  private resumed: Waiter | null = null;

  constructor(
    private readonly flow: ScheduledFlow,
    createMarker: () => LinkMarker,
  ) {
    this.markers = [createMarker(), createMarker(), createMarker()];
    this.round = ([2, 1, 0] as const).flatMap((cube) => [this.relayed[cube], this.local[cube]]);
    flow.limitWaiting(this.limit.bytes);
  }

  /** The mark for packets of the cube that leave at `now`, by what waited before the first of them. */
  mark(cube: QosCube, now: Micros): number {
    if (now !== this.markedAt[cube]) {
      this.markedAt[cube] = now;
      this.marks[cube] = this.markers[cube].mark(this.queued(cube) + this.flow.queuedTx(), now);
    }
    return this.marks[cube]!;
  }

  /** Packets of the cube that wait here. */
  queued(cube: QosCube): number {
    return this.relayed[cube].queue.packets + this.local[cube].queue.packets;
  }

  /**
   * Sends or queues `head[0 … headLength)` + `body[offset … offset+length)`; both are copied. `waiter`: whom to resume
   * after 'full'; null for packets that are lost then. `local` ones without a waiter
   * are messages of components, for which the rest of the queue is kept: they follow the packets of their flows.
   */
  send(
    cube: QosCube,
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    offset: number,
    length: number,
    waiter: Waiter | null,
    local = waiter !== null,
  ): WriteVerdict {
    if (!this.blocked) {
      const verdict = this.flow.send(head, headLength, body, offset, length);
      if (verdict === 'ok') this.sentBytes += headLength + length;
      if (verdict !== 'full') return verdict;
      this.blocked = true;
    }
    const { queue, waiters } = local ? this.local[cube] : this.relayed[cube];
    const mayQueue = waiter === null || (queue.bytes < LOCAL_BYTES && (waiters.size === 0 || waiter === this.resumed));
    if (mayQueue && queue.push(head, headLength, body, offset, length)) return 'ok';
    if (waiter !== null) waiters.add(waiter);
    return 'full';
  }

  /** The flow below has room again. */
  writable(now: Micros): void {
    if (this.limit.adapt(this.flow.queuedTx() === 0, this.sentBytes, now)) this.flow.limitWaiting(this.limit.bytes);
    this.full = false;
    if (this.serveAlone()) {
      do this.resumeWaiters();
      while (this.serveNext() && !this.full);
    }
    this.blocked = this.full;
  }

  /** The link is gone: what waits for it is lost, and local flows find another way. */
  close(): void {
    for (const { waiters } of this.local) {
      const waiting = [...waiters];
      waiters.clear();
      for (const waiter of waiting) waiter.resume();
    }
  }

  /**
   * Where one backlog alone has anything, and one process at most waits, there is no order to decide: the packets leave, and then
   * that process sends for itself, so that no packet of it is copied into the queue. Not where little waits below: there it
   * would have all the room before another one comes. False: the flow below is full again.
   */
  private serveAlone(): boolean {
    if (this.limit.bytes < MUCH_BELOW) return true;
    const waiting = this.round.filter(({ queue, waiters }) => queue.packets > 0 || waiters.size > 0);
    if (waiting.length > 1 || (waiting[0]?.waiters.size ?? 0) > 1) return true;
    for (const { queue } of waiting) while (queue.packets > 0 && !this.full) this.full = !queue.shift(this.sendQueued);
    this.blocked = this.full;
    return !this.full;
  }

  /** One backlog's turn; false when nothing waits. */
  private serveNext(): boolean {
    for (let tries = 0; tries < this.round.length; tries += 1) {
      const backlog = this.round[this.turn]!;
      if (backlog.queue.packets > 0) {
        this.serve(backlog);
        return true;
      }
      this.endTurn(backlog);
    }
    return false;
  }

  private serve(backlog: Backlog): void {
    const { queue } = backlog;
    if (!backlog.served) backlog.credit += backlog.quantum;
    backlog.served = true;
    while (queue.packets > 0 && queue.firstLength <= backlog.credit) {
      const length = queue.firstLength;
      if (!queue.shift(this.sendQueued)) {
        this.full = true;
        return;
      }
      backlog.credit -= length;
    }
    this.endTurn(backlog);
  }

  private endTurn(backlog: Backlog): void {
    backlog.served = false;
    if (backlog.queue.packets === 0) backlog.credit = 0;
    this.turn = (this.turn + 1) % this.round.length;
  }

  /** Each once at most, voice first, while there is room for its cube. */
  private resumeWaiters(): void {
    for (let cube = 2; cube >= 0; cube -= 1) {
      const { queue, waiters } = this.local[cube as QosCube];
      for (let left = waiters.size; left > 0 && queue.bytes < LOCAL_BYTES; left -= 1) {
        const [waiter] = waiters;
        waiters.delete(waiter!);
        this.resumed = waiter!;
        waiter!.resume();
        this.resumed = null;
      }
    }
  }

  /** What cannot be sent for another reason than a full flow is lost, as it would have been at once. */
  private readonly sendQueued = (buffer: Uint8Array, offset: number, length: number): boolean => {
    if (this.flow.send(EMPTY_BYTES, 0, buffer, offset, length) === 'full') return false;
    this.sentBytes += length;
    return true;
  };
}

const backlog = (cube: QosCube): Backlog => new Backlog(QUANTUM[cube]);
