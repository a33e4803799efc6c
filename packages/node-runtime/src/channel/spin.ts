/** Short sleeps without a spin, after which one full spin is tried. */
const SLEEPS_BEFORE_RETRY = 64;
/** A sleep in which spinning would have met the news, had it gone on: longer ones are rest. */
const SHORT_SLEEP_MS = 1;
/** Packets at a time of which more matter little to each other: they bear a sleep and a wake-up. */
const FEW_PACKETS = 8;

/**
 * How often to look for news before sleeping: at most `max` times, and only while that pays. Each spin that ends in sleep
 * halves the next one, each that finds something restores it. So a process whose news come rarely, or that keeps the
 * other one off the only free core by its spinning, stops spinning, and tries again now and then while its sleeps are short.
 * Nor does it spin when packets came or went by the batch: then the core is for who has some to do.
 */
export class Spin {
  private limit: number;
  private vain = 0;
  private sleeps = 0;
  private asleepSince = 0;

  constructor(private readonly max: number) {
    this.limit = max;
  }

  /** There was news. */
  found(): void {
    if (this.vain > 0) this.limit = this.max;
    this.vain = 0;
  }

  /** There was news after all when it was about to sleep: of no meaning for the next spin, as packets of two flows come so. */
  missed(): void {
    this.vain = 0;
  }

  /** There was none; answers whether to look again. `moved`: packets that were read and written since the last look. */
  again(moved: number): boolean {
    this.vain += 1;
    return this.vain <= this.limit && moved <= FEW_PACKETS;
  }

  /** Sleeps from `nowMs` on. */
  slept(nowMs: number): void {
    this.vain = 0;
    this.limit >>= 1;
    this.asleepSince = nowMs;
  }

  /** Is awake again at `nowMs`. */
  woke(nowMs: number): void {
    if (this.limit > 0 || nowMs - this.asleepSince > SHORT_SLEEP_MS) return;
    this.sleeps += 1;
    if (this.sleeps < SLEEPS_BEFORE_RETRY) return;
    this.sleeps = 0;
    this.limit = this.max;
  }
}
