import { read } from 'node:fs';
import { promisify } from 'node:util';

/** Bytes per read: with less of them the flow waits for the disk's answers, not for its bytes. */
const READ_BYTES = 1 << 19;

const readSome = promisify(read);

/**
 * An open file as input, from where it stands to its end. It is read ahead by one part, and always into the same memory:
 * bytes are valid until the next ones are asked for.
 */
export class FileInput implements AsyncIterable<Uint8Array> {
  private destroyed = false;

  constructor(private readonly fd: number) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const spare = [Buffer.allocUnsafe(READ_BYTES), Buffer.allocUnsafe(READ_BYTES)];
    let ahead = this.read(spare[0]!);
    for (let turn = 0; ; turn ^= 1) {
      const length = await ahead;
      if (length === 0 || this.destroyed) return;
      ahead = this.read(spare[turn ^ 1]!);
      yield spare[turn]!.subarray(0, length);
    }
  }

  /** Ends it with the bytes that are under way. The file stays open. */
  destroy(): void {
    this.destroyed = true;
  }

  private read(into: Buffer): Promise<number> {
    const reading = readSome(this.fd, into, 0, into.length, null).then(({ bytesRead }) => bytesRead);
    // Nobody asks for it when the transfer has failed meanwhile.
    reading.catch(() => undefined);
    return reading;
  }
}
