import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlowEnd } from '@ouroboros/ports';
import { loadNative } from '../native/index.js';
import { ShmChannelHost } from './index.js';

const RING_BYTES = 16_384;
const LIMIT = 2048;
/** With its length in the ring: eight of these are the limit. */
const PACKET = new Uint8Array(252);
const ALL = 1_000;

let directory = '';
beforeAll(async () => {
  await loadNative();
  directory = mkdtempSync(join(tmpdir(), 'ouro-limit-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The two ends of a flow in shared memory, of which `writer` may let so many bytes wait. */
class Limited {
  writable = 0;

  private constructor(
    private readonly hosts: readonly ShmChannelHost[],
    readonly writer: FlowEnd,
    readonly reader: FlowEnd,
  ) {
    writer.onWritable = () => void (this.writable += 1);
    writer.limitWaiting(LIMIT);
  }

  static async open(): Promise<Limited> {
    const path = join(directory, 'channel');
    const listener = new ShmChannelHost({ path, ringBytes: RING_BYTES });
    const other = new ShmChannelHost({});
    const ticket = new Uint8Array(16).fill(7);
    const writer = listener.expect(ticket, { uid: process.getuid!() });
    return new Limited([listener, other], writer, await other.attach(path, ticket));
  }

  write(packet = PACKET): string {
    return this.writer.write(packet, 0, packet, 0, packet.length);
  }

  /** Writes until it is full; answers how many packets it took. */
  fill(): number {
    let written = 0;
    while (this.write() === 'ok') written += 1;
    return written;
  }

  /** Reads so many packets, and lets what follows happen. */
  async read(packets: number): Promise<void> {
    const taken = this.reader.read(packets, () => true);
    if (packets < ALL) expect(taken).toBe(packets);
    await settled();
  }

  close(): void {
    for (const host of this.hosts) host.close();
  }
}

/** So many turns that a bell has long been heard. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('the limit of what waits in shared memory', () => {
  let limited: Limited;
  beforeEach(async () => void (limited = await Limited.open()));
  afterEach(() => limited.close());

  it('is where the writer is full, and says that there is room when no more than half of it waits', async () => {
    expect(limited.fill()).toBe(8);
    await settled();
    expect(limited.writable).toBe(0);
    await limited.read(3);
    expect(limited.writable).toBe(0);
    await limited.read(1);
    expect(limited.writable).toBe(1);
    expect(limited.fill()).toBe(4);
    await limited.read(ALL);
    expect(limited.writable).toBe(2);
  });

  it('takes a packet that is longer than the limit when half of it is free, and none behind it', async () => {
    const long = new Uint8Array(limited.writer.maxPacket);
    expect(long.length).toBeGreaterThan(LIMIT);
    expect([limited.write(), limited.write(long), limited.write()]).toEqual(['ok', 'ok', 'full']);
    await settled();
    await limited.read(1);
    expect(limited.writable).toBe(0);
    await limited.read(1);
    expect(limited.writable).toBe(1);
  });

  it('holds from now on: raised, more is taken at once, and lowered, less', async () => {
    expect(limited.fill()).toBe(8);
    limited.writer.limitWaiting(2 * LIMIT);
    expect(limited.fill()).toBe(8);
    limited.writer.limitWaiting(LIMIT / 2);
    expect(limited.fill()).toBe(0);
    await settled();
    await limited.read(13);
    expect(limited.writable).toBe(0);
    await limited.read(1);
    expect(limited.writable).toBe(1);
    expect(limited.fill()).toBe(2);
  });

  it('is at most the ring', async () => {
    limited.writer.limitWaiting(2 ** 30);
    expect(limited.fill()).toBeLessThanOrEqual(RING_BYTES / 256);
    await settled();
    await limited.read(ALL);
    expect(limited.writable).toBe(1);
  });
});
