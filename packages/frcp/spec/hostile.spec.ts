/** Packets that no honest peer sends, and what must hold whatever comes; no tests here. */
import { EMPTY_BYTES, micros } from '@ouroboros/model';
import { SeededRandom } from '@ouroboros/simnet';
import { FRCP_RANGES_AT, FrcpFlag, writeFrcpPci, writeFrcpRange } from '@ouroboros/wire';
import { FRCP_MAX_WINDOW, Frcp } from '../src/index.js';

export const HOSTILE_INPUTS = { normal: 20_000, long: 1_000_000 } as const;

/** Inputs after which a machine has failed or is thrown away, so that early states are met often. */
const INPUTS_PER_FLOW = 500;
const START = 0xffffffc0;

class Victim {
  readonly frcp: Frcp;
  private now = micros(0);
  private readonly payload = new Uint8Array(2000);

  constructor(private readonly random: SeededRandom) {
    this.frcp = new Frcp(
      {
        reliable: random.fraction() < 0.8,
        selective: random.fraction() < 0.8,
        initialSeqno: START,
        mplMs: 100,
        sendBytes: 8192,
        receiveBytes: 8192,
      },
      {
        transmit: () => random.fraction() < 0.95,
        readable: () => undefined,
        writable: () => undefined,
        settled: () => undefined,
        failed: () => undefined,
      },
    );
  }

  step(): void {
    const { frcp, random } = this;
    this.now = micros(this.now + (random.uint32() % (random.fraction() < 0.02 ? 5_000_000 : 5_000)));
    const choice = random.uint32() % 10;
    if (choice < 6) {
      const packet = this.packet();
      frcp.receive(packet, 0, packet.length, this.now);
    } else if (choice < 8) frcp.write(EMPTY_BYTES, 0, this.payload, 0, 1 + (random.uint32() % 900), this.now);
    else if (choice < 9) frcp.read(random.uint32() % 9, () => random.fraction() < 0.9, this.now);
    else if (random.fraction() < 0.01) frcp.close(this.now);
    else frcp.resume(this.now);
    if (frcp.deadline <= this.now) frcp.wake(this.now);
    if (frcp.deadline <= this.now) throw new Error('a deadline that stays in the past');
    if (frcp.readableCount > FRCP_MAX_WINDOW || frcp.outstanding < 0 || frcp.outstanding > FRCP_MAX_WINDOW) {
      throw new Error(`${frcp.readableCount} readable, ${frcp.outstanding} outstanding`);
    }
  }

  private near(): number {
    const { random } = this;
    return random.fraction() < 0.9 ? START - 20 + (random.uint32() % 120) : random.uint32();
  }

  private packet(): Uint8Array {
    const { random } = this;
    const packet = random.bytes(random.uint32() % 48);
    if (packet.length < FRCP_RANGES_AT) return packet;
    const flags = random.fraction() < 0.95 ? random.uint32() & 0x1f : random.uint32();
    writeFrcpPci(
      packet,
      0,
      random.fraction() < 0.5 ? flags | FrcpFlag.DRF : flags,
      this.near(),
      this.near(),
      this.near(),
    );
    for (let at = FRCP_RANGES_AT, i = 0; at + 4 <= packet.length; at += 4, i++) {
      if (random.fraction() < 0.9) writeFrcpRange(packet, 0, i, random.uint32() % 4, random.uint32() % 4);
    }
    return random.fraction() < 0.7 ? packet.subarray(0, packet.length & ~3) : packet;
  }
}

/** Throws, with the seed, when a machine throws, hangs on a time or grows. */
export function attack(inputs: number, firstSeed: number): void {
  for (let seed = firstSeed; (seed - firstSeed) * INPUTS_PER_FLOW < inputs; seed++) {
    const victim = new Victim(new SeededRandom(seed));
    try {
      for (let i = 0; i < INPUTS_PER_FLOW; i++) victim.step();
    } catch (cause) {
      throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
    }
  }
}
