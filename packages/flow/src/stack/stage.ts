import type { DownReason, FlowEnd, PacketTaker, WriteVerdict } from '@ouroboros/ports';

/**
 * One stage of the stack between the user of a flow and the channel: a flow end made of another one, the next stage
 * below. What a stage does not change passes through. Empty packets are keep-alives, which no stage above the doorstep
 * meets in either direction. [spec/wire-frcp.md §2]
 *
 * As at every flow end, a packet that `take` refuses stays for the next `read`, and no callback comes out of a call.
 * `write` may, unlike that of the channel, answer 'ok' for a packet of which a part still waits here.
 */
export abstract class Stage implements FlowEnd {
  private writableCallback: (() => void) | null = null;
  private downCallback: ((reason: DownReason) => void) | null = null;

  constructor(protected readonly below: FlowEnd) {
    below.onWritable = () => this.belowWritable();
    below.onDown = (reason) => this.belowDown(reason);
  }

  get maxPacket(): number {
    return this.below.maxPacket;
  }

  get down(): DownReason | null {
    return this.below.down;
  }

  abstract write(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict;
  abstract read(max: number, take: PacketTaker): number;

  limitWaiting(bytes: number): void {
    this.below.limitWaiting(bytes);
  }

  flush(): void {
    this.below.flush();
  }

  queuedRx(): number {
    return this.below.queuedRx();
  }

  queuedTx(): number {
    return this.below.queuedTx();
  }

  get onReadable(): (() => void) | null {
    return this.below.onReadable;
  }

  set onReadable(callback: (() => void) | null) {
    this.below.onReadable = callback;
  }

  get onWritable(): (() => void) | null {
    return this.writableCallback;
  }

  set onWritable(callback: (() => void) | null) {
    this.writableCallback = callback;
  }

  get onDown(): ((reason: DownReason) => void) | null {
    return this.downCallback;
  }

  set onDown(callback: ((reason: DownReason) => void) | null) {
    this.downCallback = callback;
  }

  close(): void {
    this.below.close();
  }

  /**
   * Calls `done` once, when nothing that was written waits here or below for something that can still happen; at once
   * where nothing does. Nothing is written or read any more. `lingerMs`: how long the layer must keep the flow then.
   */
  drain(done: (lingerMs: number) => void): void {
    if (this.below instanceof Stage) this.below.drain(done);
    else done(0);
  }

  protected belowWritable(): void {
    this.writableCallback?.();
  }

  protected belowDown(reason: DownReason): void {
    this.downCallback?.(reason);
  }
}
