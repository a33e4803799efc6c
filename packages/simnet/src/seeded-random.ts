import type { Random } from '@ouroboros/ports';

/** A small generator (xorshift128) whose whole course follows from its seed. Not for secrets. */
export class SeededRandom implements Random {
  private readonly state: Uint32Array;

  constructor(seed: number) {
    let mixed = (seed ^ 0x9e3779b9) >>> 0;
    this.state = Uint32Array.from({ length: 4 }, () => {
      mixed = (Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b) + 0x1234567) >>> 0;
      return mixed | 1;
    });
  }

  uint32(): number {
    const s = this.state;
    let t = s[3]!;
    t ^= t << 11;
    t ^= t >>> 8;
    s[3] = s[2]!;
    s[2] = s[1]!;
    s[1] = s[0]!;
    t ^= s[0]! ^ (s[0]! >>> 19);
    s[0] = t >>> 0;
    return t >>> 0;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() & 0xff);
  }

  /** A number in 0 … 1, 1 excluded. */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** `count` of the items, none twice; all when there are fewer. */
  sample<T>(items: readonly T[], count: number): T[] {
    const left = [...items];
    const drawn: T[] = [];
    while (drawn.length < count && left.length > 0) drawn.push(...left.splice(this.uint32() % left.length, 1));
    return drawn;
  }

  /** An independent generator for one purpose, so that one consumer's appetite does not change another's course. */
  fork(): SeededRandom {
    return new SeededRandom(this.uint32());
  }
}
