/** Hostile bytes from a seed: a failure can be repeated. */
export class Noise {
  constructor(private state = 0x2545f491) {}

  /** A whole number from 0 to below − 1. */
  below(below: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % below;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** A sample as it is, cut, made longer, or with some of its bytes changed. */
  mutated(sample: Uint8Array): Uint8Array {
    switch (this.below(4)) {
      case 0:
        return sample.slice(0, this.below(sample.length + 1));
      case 1:
        return Uint8Array.from([...sample, ...this.bytes(this.below(64))]);
      default:
        return this.changed(sample.slice());
    }
  }

  private changed(bytes: Uint8Array): Uint8Array {
    for (let changes = this.below(5); changes > 0 && bytes.length > 0; changes -= 1) {
      bytes[this.below(bytes.length)] = this.below(256);
    }
    return bytes;
  }
}
