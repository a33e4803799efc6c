import { Delivery, type Counters, type UserFlow, type WaitingRoom } from '@ouroboros/ipcp-kit';
import type { Clock, PacketTaker } from '@ouroboros/ports';
import type { ShimFlow } from './events.js';
import type { ShimPeer } from './messages.js';
import { SHIM_COUNT } from './shim-counters.js';
import type { ShimPath } from './shim-path.js';
import type { ShimWire } from './shim-wire.js';

/** Packets of one flow per turn of the event loop. */
const BATCH = 64;

/** What the flows of a layer share. */
export interface ShimUserFlowParts {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly room: WaitingRoom;
}

/** The packet path of one flow: what the user writes goes to the wire, what arrives goes to the user. */
export class ShimUserFlow<P extends ShimPeer> implements ShimPath<P> {
  heard = false;
  /** True while user packets are sent; before, they wait in the channel. */
  private sending = false;
  private readonly delivery: Delivery;

  constructor(
    readonly user: UserFlow,
    readonly shim: ShimFlow<P>,
    private readonly wire: ShimWire<P>,
    private readonly parts: ShimUserFlowParts,
  ) {
    this.delivery = new Delivery(user.end, parts.room);
  }

  start(): void {
    if (this.sending) return;
    this.sending = true;
    this.listen();
  }

  stop(): void {
    this.sending = false;
    this.user.end.onReadable = null;
    void this.delivered();
  }

  /** Drops are counted: shims promise nothing. */
  receive(buffer: Uint8Array, offset: number, length: number): void {
    const { counters } = this.parts;
    const { values } = counters;
    this.heard = true;
    const verdict = this.delivery.deliver(buffer, offset, length);
    if (verdict === 'ok') {
      values[SHIM_COUNT.packetsReceived]! += 1;
      values[SHIM_COUNT.bytesReceived]! += length;
    } else if (verdict === 'full') counters.add(SHIM_COUNT.dropUserFull);
    else counters.add(verdict === 'down' ? SHIM_COUNT.dropUserDown : SHIM_COUNT.dropTooLarge);
  }

  delivered(): Promise<void> | undefined {
    return this.delivery.finish(this.parts.clock);
  }

  private readonly listen = (): void => {
    if (this.sending) this.user.end.onReadable = this.readSome;
  };

  private readonly readSome = (): void => {
    this.user.end.read(BATCH, this.send);
  };

  private readonly send: PacketTaker = (buffer, offset, length) => {
    if (this.wire.awaitRoom?.(this.listen)) {
      this.user.end.onReadable = null;
      return false;
    }
    this.wire.sendPacket(this.shim, buffer, offset, length);
    return true;
  };
}

/** Up to this length a loop beats the view that `set` needs. */
const LOOP_COPY = 96;

/** Puts a packet into the frame that a wire sends. */
export function copyInto(target: Uint8Array, at: number, source: Uint8Array, offset: number, length: number): void {
  if (length > LOOP_COPY) target.set(source.subarray(offset, offset + length), at);
  else for (let i = 0; i < length; i += 1) target[at + i] = source[offset + i]!;
}
