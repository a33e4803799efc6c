import {
  closeDescriptor,
  native,
  receiveDescriptors,
  ringBell,
  sendDescriptors,
  type MappedMemory,
  type PollHandle,
} from '../native/index.js';
import type { ChannelCounters, CheckedOptions } from './channel-options.js';
import { MessageReader, type ChannelKind, type MessageReceiver } from './channel-message.js';
import { ControlArea, MAX_SLOTS, type Side } from './control-area.js';
import type { FlowLink, RingFlowEnd } from './ring-flow-end.js';
import type { SlotMemory } from './slot-memory.js';
import { Spin } from './spin.js';
import type { TurnLoop } from './turn-loop.js';

/** What a connection needs of its host. */
export interface ShmConnectionHost {
  readonly options: CheckedOptions;
  readonly counters: ChannelCounters;
  readonly turns: TurnLoop;
  /** The connection wants its `poll` called each turn until that answers false. */
  awake(connection: ShmConnection): void;
  gone(connection: ShmConnection): void;
}

interface Outgoing {
  readonly bytes: Uint8Array;
  readonly fds: readonly number[];
  /** Called when sent, or given up. */
  readonly done: () => void;
}

/** Receives per wake-up; what is left is read in the next turn. */
const RECEIVES_PER_WAKE = 16;
/** Messages that wait because the other side doesn't read: two per slot are more than its flows can cause. */
const MAX_OUTGOING = 2 * MAX_SLOTS;
const noop = (): void => undefined;

/**
 * One UNIX connection between two processes and the flows on it. Awake, it looks at its signals each turn; after
 * some turns without any (see Spin) it sleeps until the other side rings or sends. Its hang-up ends all its flows.
 */
export abstract class ShmConnection implements MessageReceiver {
  protected control: ControlArea | null = null;
  protected readonly ends: (RingFlowEnd | undefined)[] = [];
  /** Of the slots that keep theirs. */
  protected readonly memories: (SlotMemory | undefined)[] = [];
  /** Slots `0 … slots)` have been in use. */
  protected slots = 0;
  protected openEnds = 0;
  protected gone = false;
  /** Descriptors received and not yet claimed by a message. */
  protected readonly receivedFds: number[] = [];
  private controlMemory: MappedMemory | null = null;
  private readonly reader: MessageReader;
  private readonly outgoing: Outgoing[] = [];
  private readonly watch: PollHandle;
  private isAwake = false;
  /** The last `poll` found some. */
  hasNews = false;
  private readonly spin: Spin;
  /** Packets that its flows have read and written since the last look in vain. */
  private moved = 0;
  private readonly onEvent = (): void => this.receive();
  private readonly visit = (slot: number): void => this.signalled(slot);

  constructor(
    protected readonly host: ShmConnectionHost,
    protected readonly fd: number,
    private readonly side: Side,
  ) {
    this.spin = new Spin(host.options.spinLooks);
    this.reader = new MessageReader(this, -1);
    this.watch = native().poll(fd, { readable: true }, this.onEvent);
  }

  abstract onHello(kind: ChannelKind): boolean;
  abstract onMessage(type: number, slot: number, value: number, bytes: Uint8Array, offset: number): boolean;
  /** A signal for a slot without an end. */
  protected abstract signalledVacant(slot: number): void;
  /** Nothing of the slot is left at this side. */
  protected abstract slotClosed(slot: number): void;
  /** The connection is over; `ends` have been told. */
  protected abstract hungUp(): void;

  /** For the turn loop: takes signals; answers false when this connection went to sleep. */
  poll(): boolean {
    const { control } = this;
    if (!control || !this.isAwake) return false;
    this.hasNews = control.takeSignals(this.slots, this.visit);
    if (this.hasNews) {
      this.spin.found();
      return true;
    }
    const { moved } = this;
    this.moved = 0;
    if (this.spin.again(moved)) return true;
    this.isAwake = !control.trySleep(this.slots);
    if (this.isAwake) this.spin.missed();
    else this.spin.slept(performance.now());
    return this.isAwake;
  }

  /** Ends the connection and, for both sides, what is left of its flows. */
  destroy(): void {
    if (this.gone) return;
    this.gone = true;
    this.endFlows();
    this.memories.forEach((memory) => memory?.drop());
    this.watch.close();
    closeDescriptor(this.fd);
    this.receivedFds.splice(0).forEach(closeDescriptor);
    this.outgoing.splice(0).forEach((message) => message.done());
    this.control = null;
    this.controlMemory?.unmap();
    this.host.gone(this);
    this.hungUp();
  }

  /** The other side broke the rules. */
  protected refuse(reason: string): false {
    this.host.counters.badHandshakes += 1;
    this.host.options.logger.log('warn', 'packet channel: connection ended', { reason });
    return false;
  }

  protected useControl(memory: MappedMemory): void {
    this.controlMemory = memory;
    this.control = new ControlArea(memory.bytes, this.side);
    this.wake();
  }

  protected addEnd(slot: number, end: RingFlowEnd): void {
    this.ends[slot] = end;
    this.openEnds += 1;
    this.slots = Math.max(this.slots, slot + 1);
    end.link = this.linkOf(slot);
  }

  /** Ends a flow of which this side has no end. */
  protected decline(slot: number): void {
    this.control?.close(slot);
    this.signal(slot);
    this.slotClosed(slot);
  }

  protected signal(slot: number): void {
    if (this.control?.signal(slot)) ringBell(this.fd);
  }

  /** Sends, or queues behind what is queued. */
  protected send(bytes: Uint8Array, fds: readonly number[] = [], done: () => void = noop): void {
    this.outgoing.push({ bytes, fds, done });
    if (this.outgoing.length === 1) this.sendQueued();
  }

  private sendQueued(): void {
    while (this.outgoing.length > 0) {
      const { bytes, fds, done } = this.outgoing[0]!;
      if (sendDescriptors(this.fd, bytes, fds) < 0 && native().errno() === 'EAGAIN') break;
      // Any other failure comes with a hang-up, which the poll reports.
      this.outgoing.shift();
      done();
    }
    this.watch.start({ readable: true, writable: this.outgoing.length > 0 }, this.onEvent);
  }

  private linkOf(slot: number): FlowLink {
    return {
      published: (packets) => {
        this.moved += packets;
        this.signal(slot);
      },
      consumed: (packets, wanted) => {
        this.moved += packets;
        if (wanted) this.signal(slot);
      },
      closedHere: () => this.closeSlot(slot),
      violated: () => {
        this.host.counters.violations += 1;
      },
      keepsMemory: false,
    };
  }

  /** This side has closed its end. */
  protected closeSlot(slot: number): void {
    this.ends[slot] = undefined;
    this.openEnds -= 1;
    this.decline(slot);
  }

  protected signalled(slot: number): void {
    const end = this.ends[slot];
    if (!end) return this.signalledVacant(slot);
    if (this.control?.peerClosed(slot)) end.peerDown('peer-closed');
    end.wantTurn();
  }

  private receive(): void {
    for (let i = 0; i < RECEIVES_PER_WAKE && !this.gone; i++) {
      const message = receiveDescriptors(this.fd);
      if (message.length < 0 && native().errno() === 'EAGAIN') break;
      this.receivedFds.push(...message.fds);
      if (message.length <= 0 || message.truncated || !this.feed(message.bytes, message.length)) this.destroy();
      // A bell, most often alone: were there more, the poll would say so again.
      if (message.length === 1) break;
    }
    if (!this.gone && this.outgoing.length > 0) this.sendQueued();
    if (this.outgoing.length > MAX_OUTGOING) this.destroy();
    if (!this.gone) this.wake();
    this.host.turns.run();
  }

  private feed(bytes: Uint8Array, length: number): boolean {
    if (this.reader.idle && onlyBells(bytes, length)) return true;
    // A copy: answering a message uses the area that it was received in.
    return this.reader.feed(bytes.slice(0, length), length) || this.refuse('a message that is not allowed here');
  }

  private wake(): void {
    if (this.isAwake || !this.control) return;
    this.isAwake = true;
    this.spin.woke(performance.now());
    this.control.wake();
    this.host.awake(this);
  }

  private endFlows(): void {
    this.ends.forEach((end, slot) => {
      if (!end) return;
      end.peerDown(this.control?.peerClosed(slot) ? 'peer-closed' : 'peer-gone');
      end.wantTurn();
      end.link = { ...end.link, published: noop, consumed: noop, closedHere: noop };
    });
    this.ends.length = 0;
  }
}

function onlyBells(bytes: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[i] !== 0) return false;
  return true;
}
