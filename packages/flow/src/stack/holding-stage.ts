import type { Clock, FlowEnd, PacketTaker } from '@ouroboros/ports';
import { HeldPackets } from './held-packets.js';
import { Sieve } from './sieve.js';

/** Packets taken in one turn of the event loop while the user asks for none. */
const PACKETS_PER_TURN = 64;

/**
 * A stage that cannot leave every refused packet where it lies, as that one cannot be taken twice: it holds copies. An
 * `eager` one takes in what comes whether or not the user reads, up to the bounds of HeldPackets; then the rest stays
 * below and holds the sender back.
 */
export abstract class HoldingStage extends Sieve {
  protected readonly held = new HeldPackets();
  private readable: (() => void) | null = null;
  private turnDue = false;

  constructor(
    below: FlowEnd,
    protected readonly clock: Clock,
    private readonly eager: boolean,
  ) {
    super(below);
    if (eager) this.listen();
  }

  override read(max: number, take: PacketTaker): number {
    let taken = 0;
    while (taken < max && this.held.give(take)) taken += 1;
    if (this.held.count === 0) taken += this.readBelow(max - taken, take);
    this.listen();
    return taken;
  }

  override queuedRx(): number {
    return this.held.count + this.below.queuedRx();
  }

  override get onReadable(): (() => void) | null {
    return this.readable;
  }

  override set onReadable(callback: (() => void) | null) {
    this.readable = callback;
    this.listen();
    if (callback && this.held.count > 0) this.turnSoon();
  }

  override close(): void {
    this.readable = null;
    this.held.clear();
    super.close();
  }

  /** True while the stage must read on for purposes of its own, though there is no room and the user does not ask. */
  protected get mustRead(): boolean {
    return false;
  }

  /** Gives the packet to the user, or holds a copy. There must be room. */
  protected giveOrHold(buffer: Uint8Array, offset: number, length: number): void {
    if (!this.give(buffer, offset, length)) this.held.hold(buffer, offset, length);
  }

  private readonly turn = (): void => {
    if (this.readable !== null) this.readable();
    else this.readBelow(PACKETS_PER_TURN, this.hold);
    this.listen();
    if (this.readable !== null && this.held.count > 0) this.turnSoon();
  };

  private readonly hold: PacketTaker = (buffer, offset, length) => {
    if (!this.held.hasRoom) return false;
    this.held.hold(buffer, offset, length);
    return true;
  };

  private turnSoon(): void {
    if (this.turnDue || this.closed) return;
    this.turnDue = true;
    this.clock.at(this.clock.now(), () => {
      this.turnDue = false;
      if (!this.closed) this.turn();
    });
  }

  protected listen(): void {
    if (this.closed) return;
    const wanted = this.readable !== null || this.mustRead || (this.eager && this.held.hasRoom);
    if (wanted !== (this.below.onReadable !== null)) this.below.onReadable = wanted ? this.turn : null;
  }
}
