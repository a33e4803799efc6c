import { EMPTY_BYTES } from '@ouroboros/model';
import type { WriteVerdict } from '@ouroboros/ports';
import { CRC32_LENGTH, crc32, endsWithCrc32, writeCrc32 } from '@ouroboros/wire';
import { OutgoingPacket } from './outgoing-packet.js';
import { Sieve } from './sieve.js';

/**
 * The CRC-32 behind each packet of a flow that accepts no bit errors (ber = 0); packets that do not match are dropped.
 * Unlike C, control packets and retransmissions have one too. [spec/wire-frcp.md §8, Quirk 5]
 */
export class ChecksumStage extends Sieve {
  /** Packets dropped because their checksum was wrong or missing. */
  mismatches = 0;
  private readonly out = new OutgoingPacket();

  override get maxPacket(): number {
    return this.below.maxPacket - CRC32_LENGTH;
  }

  write(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    const total = headLength + length;
    if (total > this.maxPacket) return 'too-large';
    const bytes = this.out.assemble(0, CRC32_LENGTH, head, headLength, body, offset, length);
    writeCrc32(bytes, total, crc32(bytes, 0, total));
    return this.below.write(EMPTY_BYTES, 0, this.out.first(total + CRC32_LENGTH), 0, total + CRC32_LENGTH);
  }

  protected arrive(buffer: Uint8Array, offset: number, length: number): boolean {
    if (length > CRC32_LENGTH && endsWithCrc32(buffer, offset, length)) {
      return this.give(buffer, offset, length - CRC32_LENGTH);
    }
    this.mismatches += 1;
    return true;
  }
}
