import { EMPTY_BYTES, type Micros } from '@ouroboros/model';
import type { Clock, DownReason, FlowEnd, PacketTaker, WriteVerdict } from '@ouroboros/ports';
import type { Protection, ProtectionOutput } from '@ouroboros/protection';
import { Alarm } from './alarm.js';
import { HeldPackets } from './held-packets.js';
import { HoldingStage } from './holding-stage.js';
import { OutgoingPacket } from './outgoing-packet.js';

/**
 * Encryption: what goes out is sealed in a buffer of this process, and what comes is opened into one, never in the shared
 * memory that it lies in, which the next process can read and write. A packet opens once only, so one that the user
 * refuses is held here as plain text. So are a few packets that are written while no key may be used, which is how an
 * in-band key exchange begins.
 */
export class ProtectionStage extends HoldingStage {
  readonly protection: Protection;
  /** Packets that nobody read, dropped so that a key change could go on. */
  overrun = 0;
  private readonly out = new OutgoingPacket();
  private opened: Uint8Array = new Uint8Array(0);
  private readonly alarm: Alarm;
  /** Packets that wait for a key. */
  private readonly waiting = new HeldPackets(16, 1 << 16);
  private heldBack = false;
  /** When the read under way began. */
  private readAt = 0 as Micros;
  private drained: ((lingerMs: number) => void) | null = null;

  constructor(below: FlowEnd, clock: Clock, create: (output: ProtectionOutput) => Protection) {
    super(below, clock, false);
    this.alarm = new Alarm(clock, () => this.wake());
    this.protection = create({
      transmit: (packet, offset, length) => below.write(EMPTY_BYTES, 0, packet, offset, length) === 'ok',
      ready: () => this.becameReady(),
    });
    this.alarm.set(this.protection.deadline);
  }

  override get maxPacket(): number {
    return this.below.maxPacket - this.protection.overhead;
  }

  write(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    if (headLength + length > this.maxPacket) return 'too-large';
    const verdict = this.waiting.count > 0 ? 'wait' : this.sealAndWrite(head, headLength, body, offset, length);
    return verdict === 'wait' ? this.waitForKey(head, headLength, body, offset, length) : verdict;
  }

  override queuedTx(): number {
    return this.waiting.count + super.queuedTx();
  }

  override drain(done: (lingerMs: number) => void): void {
    if (this.waiting.count === 0 || this.down !== null) return super.drain(done);
    this.drained = done;
  }

  override close(): void {
    if (this.closed) return;
    this.alarm.stop();
    this.protection.destroy();
    this.out.clear();
    this.waiting.clear();
    this.opened.fill(0);
    super.close();
  }

  protected override belowWritable(): void {
    this.writeWaiting();
    if (this.waiting.count > 0) return;
    const { drained, heldBack } = this;
    this.drained = null;
    this.heldBack = false;
    if (drained) super.drain(drained);
    if (heldBack) super.belowWritable();
  }

  protected override belowDown(reason: DownReason): void {
    this.drained?.(0);
    this.drained = null;
    super.belowDown(reason);
  }

  private sealAndWrite(
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    offset: number,
    length: number,
  ): WriteVerdict | 'wait' {
    const { protection } = this;
    const total = headLength + length;
    const { headLength: before, overhead } = protection;
    const bytes = this.out.assemble(before, overhead - before, head, headLength, body, offset, length);
    const sealed = protection.seal(bytes, before, total, bytes, 0, this.clock.now());
    this.alarm.set(protection.deadline);
    if (sealed === 'down') return 'down';
    if (sealed === 'wait') return 'wait';
    const verdict = this.below.write(EMPTY_BYTES, 0, this.out.first(total + overhead), 0, total + overhead);
    if (verdict === 'full') this.heldBack = true;
    return verdict;
  }

  private waitForKey(
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    offset: number,
    length: number,
  ): WriteVerdict {
    const hasRoom = this.waiting.hasRoom;
    if (hasRoom) {
      const packet = this.out.assemble(0, 0, head, headLength, body, offset, length);
      this.waiting.hold(packet, 0, headLength + length);
    } else this.heldBack = true;
    this.listen();
    return hasRoom ? 'ok' : 'full';
  }

  private writeWaiting(): void {
    while (this.waiting.give(this.writeOne));
  }

  private readonly writeOne: PacketTaker = (buffer, offset, length) => {
    const verdict = this.sealAndWrite(EMPTY_BYTES, 0, buffer, offset, length);
    return verdict !== 'wait' && verdict !== 'full';
  };

  protected override readBelow(max: number, take: PacketTaker): number {
    this.readAt = this.clock.now();
    return super.readBelow(max, take);
  }

  protected arrive(buffer: Uint8Array, offset: number, length: number): boolean {
    if (!this.held.hasRoom && !this.mustRead) return false;
    if (this.opened.length < length) this.opened = new Uint8Array(length * 2);
    const { protection, opened } = this;
    const verdict = protection.open(buffer, offset, length, opened, 0, this.readAt);
    this.alarm.set(protection.deadline);
    if (verdict !== 'data') return true;
    if (this.held.hasRoom) this.giveOrHold(opened, 0, length - protection.overhead);
    else this.overrun += 1;
    return true;
  }

  /**
   * The peer's part of a key change, without which nothing can be sent, stands somewhere in the queue. A user who only
   * writes would wait for ever behind packets that nobody reads; so these are dropped then.
   */
  protected override get mustRead(): boolean {
    return this.waiting.count > 0 && !this.protection.sendable;
  }

  private wake(): void {
    this.protection.wake(this.clock.now());
    this.alarm.set(this.protection.deadline);
  }

  /** Told from within a call of the machine, which may not be entered again: what waits is sent in a turn of its own. */
  private becameReady(): void {
    this.clock.at(this.clock.now(), () => {
      if (!this.closed) this.belowWritable();
    });
  }
}
