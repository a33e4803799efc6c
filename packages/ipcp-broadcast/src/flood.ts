import type { PacketFlow } from '@ouroboros/flow';
import type { Counters, UserFlow } from '@ouroboros/ipcp-kit';
import { EMPTY_BYTES, fromMs, micros } from '@ouroboros/model';
import type { Clock, Random } from '@ouroboros/ports';
import {
  BROADCAST_HOPS,
  BROADCAST_MTU,
  BROADCAST_PCI_LENGTH,
  BroadcastType,
  broadcastHops,
  broadcastNumber,
  broadcastOriginHigh,
  broadcastOriginLow,
  broadcastType,
  writeBroadcastPci,
} from '@ouroboros/wire';
import { COUNT } from './counters.js';
import { Origins } from './origins.js';

/** A neighbour as flooding sees it. */
export interface FloodLink {
  readonly flow: PacketFlow;
  /** A member of ours, with which packets have a header. */
  readonly ours: boolean;
  /** It took nothing for too long, or is silent: nobody waits for it. */
  stuck: boolean;
}

export interface FloodParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  /** A message of a neighbour of ours that is no packet; a copy. */
  readonly onMessage: (link: FloodLink, bytes: Uint8Array) => void;
}

const PACKETS_PER_TURN = 64;
/** How long a process waits for a neighbour whose queue is full, before its packets pass this neighbour by. */
const PATIENCE = fromMs(200);

/**
 * Flooding: each packet of a link or of a process of this host that joined goes to all other links and processes.
 * [spec/wire-control.md §8]
 *
 * Between members of ours a packet carries where it started and its number there, and is passed on when it comes for the first time
 * only: so links may make circles. From a C neighbour it comes without, and starts here; towards one the header is taken off.
 *
 * A process is held back while a link is full; a packet that meets a full queue on its way is dropped and counted. Nothing is
 * allocated per packet.
 */
export class Flood {
  private readonly origins = new Origins();
  private links: FloodLink[] = [];
  private users: UserFlow[] = [];
  /** Processes that are gone, of whose packets some are not sent yet. */
  private readonly leaving = new Map<UserFlow, () => void>();
  private readonly pci = new Uint8Array(BROADCAST_PCI_LENGTH);
  private originHigh = 0;
  private originLow = 0;
  private nextNumber = 0;
  /** The process whose packet waits for links, that packet's number, and the links. */
  private waiting: UserFlow | null = null;
  private waitingNumber = 0;
  private waitingFor: FloodLink[] = [];
  private cancelPatience: (() => void) | null = null;

  constructor(private readonly parts: FloodParts) {
    this.drawOrigin();
  }

  addLink(link: FloodLink): void {
    this.links = [...this.links, link];
    link.flow.cutUpTo = BROADCAST_PCI_LENGTH + BROADCAST_MTU;
    link.flow.onWritable = () => this.unstick(link);
    link.flow.onPacket = (buffer, offset, length) => this.receive(link, buffer, offset, length);
  }

  removeLink(link: FloodLink): void {
    this.links = this.links.filter((one) => one !== link);
    link.flow.onPacket = null;
    this.stopWaitingFor(link);
  }

  /** Nobody waits for the link until it takes packets again. */
  stick(link: FloodLink): void {
    link.stuck = true;
    this.stopWaitingFor(link);
  }

  unstick(link: FloodLink): void {
    link.stuck = false;
    if (this.waitingFor.includes(link)) this.resume();
  }

  addUser(user: UserFlow): void {
    this.users = [...this.users, user];
    if (this.waiting === null) this.listen(user);
  }

  /** The process takes no more packets. Resolves when those are sent that it left behind; undefined: there are none. */
  removeUser(user: UserFlow): Promise<void> | undefined {
    this.users = this.users.filter((one) => one !== user);
    user.end.onReadable = null;
    if (this.waiting === null || user.end.queuedRx() === 0) return undefined;
    return new Promise((resolve) => this.leaving.set(user, resolve));
  }

  stop(): void {
    this.cancelPatience?.();
    for (const left of this.leaving.values()) left();
    this.leaving.clear();
    this.users = [];
    this.links = [];
  }

  /** Processes that joined, links, and origins that are remembered. */
  describe(): { readonly joined: number; readonly links: number; readonly origins: number } {
    return { joined: this.users.length, links: this.links.length, origins: this.origins.size };
  }

  // ── from links ──

  private receive(link: FloodLink, buffer: Uint8Array, offset: number, length: number): true {
    this.parts.counters.add(COUNT.receivedPackets);
    this.parts.counters.add(COUNT.receivedBytes, length);
    if (!link.ours) this.start(link, buffer, offset, length);
    else if (broadcastType(buffer, offset) === BroadcastType.packet) this.pass(link, buffer, offset, length);
    else this.parts.onMessage(link, buffer.slice(offset, offset + length));
    return true;
  }

  /** A packet of a C neighbour. */
  private start(from: FloodLink, buffer: Uint8Array, offset: number, length: number): void {
    if (length > BROADCAST_MTU) return this.drop(COUNT.dropTooLarge);
    this.writeHeader(this.takeNumber());
    this.deliver(null, buffer, offset, length);
    for (const link of this.links) if (link !== from) this.send(link, buffer, offset, length);
  }

  private pass(from: FloodLink, buffer: Uint8Array, offset: number, length: number): void {
    const body = length - BROADCAST_PCI_LENGTH;
    const hops = broadcastHops(buffer, offset);
    if (body < 1 || body > BROADCAST_MTU || hops === 0) return this.drop(COUNT.dropMalformed);
    const high = broadcastOriginHigh(buffer, offset);
    const low = broadcastOriginLow(buffer, offset);
    const number = broadcastNumber(buffer, offset);
    if (this.isOwn(high, low) || !this.origins.isNew(high, low, number)) return this.drop(COUNT.duplicatePackets);
    this.deliver(null, buffer, offset + BROADCAST_PCI_LENGTH, body);
    if (hops === 1) return this.drop(COUNT.dropHops);
    writeBroadcastPci(this.pci, Math.min(hops, BROADCAST_HOPS) - 1, high, low, number);
    for (const link of this.links) if (link !== from) this.send(link, buffer, offset + BROADCAST_PCI_LENGTH, body);
  }

  private send(link: FloodLink, buffer: Uint8Array, offset: number, length: number): void {
    if (!this.offer(link, buffer, offset, length)) this.drop(COUNT.dropQueueFull);
  }

  /** False when the link's queue is full. */
  private offer({ flow, ours }: FloodLink, buffer: Uint8Array, offset: number, length: number): boolean {
    const head = ours ? BROADCAST_PCI_LENGTH : 0;
    const verdict = flow.send(this.pci, head, buffer, offset, length);
    if (verdict === 'full') return false;
    if (verdict === 'ok') {
      this.parts.counters.add(COUNT.sentPackets);
      this.parts.counters.add(COUNT.sentBytes, head + length);
    } else this.drop(verdict === 'down' ? COUNT.dropFlowDown : COUNT.dropTooLarge);
    return true;
  }

  private deliver(from: UserFlow | null, buffer: Uint8Array, offset: number, length: number): void {
    for (const user of this.users) {
      if (user === from) continue;
      const taken = user.end.write(EMPTY_BYTES, 0, buffer, offset, length) === 'ok';
      this.parts.counters.add(taken ? COUNT.deliveredPackets : COUNT.dropUserQueueFull);
    }
  }

  // ── from processes ──

  private listen(user: UserFlow): void {
    const take = (buffer: Uint8Array, offset: number, length: number): boolean =>
      this.takeFrom(user, buffer, offset, length);
    user.end.onReadable = () => {
      user.end.read(PACKETS_PER_TURN, take);
      this.leaveIfDone(user);
    };
    this.leaveIfDone(user);
  }

  private leaveIfDone(user: UserFlow): void {
    const left = this.leaving.get(user);
    if (!left || user.end.queuedRx() > 0) return;
    this.leaving.delete(user);
    user.end.onReadable = null;
    left();
  }

  /** Everybody whose packets are read: those who joined, and those who left some behind. */
  private readers(): readonly UserFlow[] {
    return [...this.users, ...this.leaving.keys()];
  }

  private takeFrom(user: UserFlow, buffer: Uint8Array, offset: number, length: number): boolean {
    if (this.waiting === user) return this.takeAgain(buffer, offset, length);
    if (this.waiting !== null) return false;
    if (length === 0) return true;
    if (length > BROADCAST_MTU) return this.refuse();
    this.parts.counters.add(COUNT.localPackets);
    const number = this.takeNumber();
    this.writeHeader(number);
    this.deliver(user, buffer, offset, length);
    for (const link of this.links) {
      if (this.offer(link, buffer, offset, length)) continue;
      if (link.stuck) this.drop(COUNT.dropQueueFull);
      else this.waitingFor.push(link);
    }
    if (this.waitingFor.length === 0) return true;
    this.wait(user, number);
    return false;
  }

  private refuse(): true {
    this.drop(COUNT.dropTooLarge);
    return true;
  }

  /** The packet that waits comes first again. */
  private takeAgain(buffer: Uint8Array, offset: number, length: number): boolean {
    this.writeHeader(this.waitingNumber);
    this.waitingFor = this.waitingFor.filter((link) => !this.offer(link, buffer, offset, length));
    if (this.waitingFor.length > 0) return false;
    this.waitingOver();
    return true;
  }

  /** No process is read until the packet is sent: their queues fill, and then they wait. */
  private wait(user: UserFlow, number: number): void {
    const { clock } = this.parts;
    for (const one of this.readers()) one.end.onReadable = null;
    this.waiting = user;
    this.waitingNumber = number;
    this.cancelPatience = clock.at(micros(clock.now() + PATIENCE), () => {
      for (const link of this.waitingFor) this.stick(link);
    });
  }

  private stopWaitingFor(link: FloodLink): void {
    if (!this.waitingFor.includes(link)) return;
    this.waitingFor = this.waitingFor.filter((one) => one !== link);
    this.drop(COUNT.dropQueueFull);
    if (this.waitingFor.length === 0) this.resume();
  }

  private waitingOver(): void {
    this.cancelPatience?.();
    this.cancelPatience = null;
    this.waiting = null;
    this.waitingFor = [];
    for (const user of this.readers()) this.listen(user);
  }

  /** The process is read again, in a turn of its own; what it has not given yet comes first. */
  private resume(): void {
    if (this.waiting) this.listen(this.waiting);
  }

  // ── numbers ──

  private isOwn(high: number, low: number): boolean {
    return high === this.originHigh && low === this.originLow;
  }

  /** When all numbers were used the origin is another one: it counts 2^32 packets. */
  private takeNumber(): number {
    if (this.nextNumber > 0xffffffff) this.drawOrigin();
    this.nextNumber += 1;
    return this.nextNumber - 1;
  }

  private drawOrigin(): void {
    const { random } = this.parts;
    this.originHigh = random.uint32();
    this.originLow = random.uint32();
    this.nextNumber = 0;
  }

  private writeHeader(number: number): void {
    writeBroadcastPci(this.pci, BROADCAST_HOPS, this.originHigh, this.originLow, number);
  }

  private drop(counter: number): void {
    this.parts.counters.add(counter);
  }
}
