import { runOf, type Received } from './packet.js';

/** Counts the packets of one run after the other. Time is read once per batch, as reading it costs as much as a small packet. */
export class Counter {
  private run = -1;
  private packets = 0;
  private bytes = 0;
  private first = 0;
  private last = 0;
  private batch = 0;
  private perSecond: number[] = [];

  count(packet: Uint8Array, length: number): void {
    const run = runOf(packet);
    if (run !== this.run) this.begin(run);
    this.batch += 1;
    this.bytes += length;
  }

  /** To be called after each batch. */
  settle(): void {
    if (this.batch === 0) return;
    this.last = performance.now();
    const second = Math.floor((this.last - this.first) / 1000);
    while (this.perSecond.length <= second) this.perSecond.push(0);
    this.perSecond[second]! += this.batch;
    this.packets += this.batch;
    this.batch = 0;
  }

  received(): Received {
    const { packets, bytes, first, last, perSecond } = this;
    return { packets, bytes, spanMs: last - first, perSecond };
  }

  private begin(run: number): void {
    this.run = run;
    this.packets = 0;
    this.bytes = 0;
    this.batch = 0;
    this.perSecond = [];
    this.first = performance.now();
  }
}
