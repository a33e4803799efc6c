import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { FlowEnd } from '@ouroboros/ports';
import {
  acceptUnix,
  closeDescriptor,
  connectUnix,
  createMemoryFile,
  listenUnix,
  loadNative,
  mapMemoryFile,
  native,
  receiveDescriptors,
  sendDescriptors,
  type MappedMemory,
} from '../native/index.js';
import { HEAD, PUSHED, TAIL } from './ring-memory.js';
import { MessageType, encodeHello, encodeMessage } from './channel-message.js';
import { CONTROL_AREA_BYTES } from './control-area.js';
import { ShmChannelHost } from './index.js';

const RING_BYTES = 4096;
const FLOW_BYTES = 4096 + 2 * RING_BYTES;

let directory = '';
let used = 0;
const newPath = (): string => join(directory, `${(used += 1)}`);
const newTicket = (): Uint8Array => new Uint8Array(16).fill((used += 1));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within 10 s: ${String(condition)}`);
    await turn();
  }
}

const holdings = (): string =>
  `${readdirSync('/proc/self/fd').length} ${readFileSync('/proc/self/maps', 'utf8').split('memfd:').length}`;

beforeAll(async () => {
  await loadNative();
  directory = mkdtempSync(join(tmpdir(), 'ouro-hostile-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** An attacher made by hand, which may do as it likes with the memory. */
class Intruder {
  readonly maps: MappedMemory[] = [];
  readonly control: Int32Array;
  readonly flow: Int32Array;

  private constructor(
    readonly fd: number,
    files: readonly number[],
  ) {
    this.maps.push(mapMemoryFile(files[0]!, CONTROL_AREA_BYTES), mapMemoryFile(files[1]!, FLOW_BYTES));
    files.forEach(closeDescriptor);
    this.control = new Int32Array(this.maps[0]!.bytes);
    this.flow = new Int32Array(this.maps[1]!.bytes);
  }

  static async attach(path: string, ticket: Uint8Array): Promise<Intruder> {
    const fd = connectUnix(path) as number;
    sendDescriptors(fd, Buffer.concat([encodeHello('shm'), encodeMessage(MessageType.ATTACH, 0, 0, ticket)]), []);
    const files: number[] = [];
    while (files.length < 2) {
      await turn();
      const message = receiveDescriptors(fd);
      if (message.length > 0) files.push(...message.fds);
    }
    return new Intruder(fd, files);
  }

  /** Signals the flow in slot 0 and rings. */
  signal(): void {
    Atomics.or(this.control, 64, 1);
    sendDescriptors(this.fd, new Uint8Array(1), []);
  }

  leave(): void {
    closeDescriptor(this.fd);
    this.maps.forEach((memory) => memory.unmap());
  }
}

/** Does with an end what its user would. */
function use(end: FlowEnd): void {
  const packet = new Uint8Array(300).fill(1);
  for (let i = 0; i < 4; i++) end.write(packet, 5, packet, 0, 300);
  end.read(100, (buffer, offset, length) => {
    if (offset < 0 || length < 0 || offset + length > buffer.length) throw new Error('out of the ring');
    return true;
  });
  if (end.queuedRx() < 0 || end.queuedTx() < 0) throw new Error('impossible count');
}

describe('a channel in shared memory with a hostile process', () => {
  it('survives any contents of the shared memory', async () => {
    const host = new ShmChannelHost({ path: newPath(), ringBytes: RING_BYTES });
    const before = holdings();
    const value = fc.oneof(fc.integer(), fc.integer({ min: -8, max: 5000 }));
    const ringWord = fc
      .constantFrom(HEAD, PUSHED, TAIL, TAIL + 1, 32)
      .chain((word) => fc.constantFrom(word, word + 64));
    const area = fc.oneof(
      fc.tuple(fc.constant('control'), fc.nat(400)),
      fc.tuple(fc.constant('flow'), fc.nat(3071)),
      fc.tuple(fc.constant('flow'), ringWord),
    );
    const scribbles = fc.array(fc.tuple(area, value), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(scribbles, { minLength: 1, maxLength: 4 }), async (rounds) => {
        const ticket = newTicketOf((used += 1));
        const end = host.expect(ticket);
        end.onReadable = () => use(end);
        const intruder = await Intruder.attach(host.path!, ticket);
        for (const round of rounds) {
          for (const [[where, word], number] of round) intruder[where as 'control' | 'flow'][word] = number;
          intruder.signal();
          use(end);
          await turn();
          await turn();
        }
        intruder.leave();
        await until(() => end.down !== null);
        end.close();
      }),
      { numRuns: 150 },
    );
    expect(host.counters.violations).toBeGreaterThan(0);
    await until(() => holdings() <= before);
    const client = new ShmChannelHost({});
    const ticket = newTicket();
    host.expect(ticket);
    expect((await client.attach(host.path!, ticket)).down).toBeNull();
    client.close();
    host.close();
  });

  it.each([
    ['a position behind the ring', (words: Int32Array) => (words[64 + HEAD] = 2 * RING_BYTES)],
    ['an odd position', (words: Int32Array) => (words[64 + HEAD] = 6)],
    ['a negative position', (words: Int32Array) => (words[64 + HEAD] = -8)],
    ['a length beyond the position', (words: Int32Array) => ((words[2048] = 100), (words[64 + HEAD] = 8))],
    ['a negative length', (words: Int32Array) => ((words[2048] = -2), (words[64 + HEAD] = 8))],
  ])('takes the flow down at %s', async (_what, scribble) => {
    const host = new ShmChannelHost({ path: newPath(), ringBytes: RING_BYTES });
    const ticket = newTicket();
    const end = host.expect(ticket);
    const seen: string[] = [];
    end.onDown = (reason) => seen.push(reason);
    end.onReadable = () => seen.push(`read ${end.read(10, () => true)}`);
    const intruder = await Intruder.attach(host.path!, ticket);
    scribble(intruder.flow);
    intruder.signal();
    await until(() => seen.length === 2);
    expect(seen).toEqual(['read 0', 'peer-gone']);
    expect([host.counters.violations, end.write(ticket, 1, ticket, 0, 0), end.queuedRx()]).toEqual([1, 'down', 0]);
    intruder.leave();
    host.close();
  });

  it('takes the flow down at an impossible read position', async () => {
    const host = new ShmChannelHost({ path: newPath(), ringBytes: RING_BYTES });
    const ticket = newTicket();
    const end = host.expect(ticket);
    const intruder = await Intruder.attach(host.path!, ticket);
    intruder.flow[TAIL] = 64;
    const packet = new Uint8Array(1000);
    while (end.write(packet, 0, packet, 0, 1000) === 'ok') continue;
    expect([end.down, host.counters.violations]).toEqual(['peer-gone', 1]);
    intruder.leave();
    host.close();
  });

  it('refuses memory and messages of an owner that are not as they must be', async () => {
    const path = newPath();
    const listener = listenUnix(path, 0o600)!;
    const before = holdings();
    const control = (): number => createMemoryFile('spec', CONTROL_AREA_BYTES);
    const flow = (): number => createMemoryFile('spec', FLOW_BYTES);
    const unsealed = (length: number): number => {
      const fd = native().c.memfd_create('spec', 2);
      native().c.ftruncate(fd, length);
      return fd;
    };
    const granted = (slot: number, ringBytes: number): Uint8Array =>
      encodeMessage(MessageType.ATTACHED, slot, ringBytes);
    const answers: [string, string, Uint8Array, number[]][] = [
      ['memory that can shrink', 'EPERM', granted(0, RING_BYTES), [control(), unsealed(FLOW_BYTES)]],
      ['a control area that can shrink', 'EPERM', granted(0, RING_BYTES), [unsealed(CONTROL_AREA_BYTES), flow()]],
      ['memory of another size', 'EPERM', granted(0, RING_BYTES * 2), [control(), flow()]],
      ['a control area of another size', 'EPERM', granted(0, RING_BYTES), [flow(), flow()]],
      ['a ring size that is none', 'EPIPE', granted(0, 5000), [control(), flow()]],
      ['a slot that is none', 'EPIPE', granted(4096, RING_BYTES), [control(), flow()]],
      ['too few descriptors', 'EPIPE', granted(0, RING_BYTES), [flow()]],
      ['more descriptors than fit', 'EPIPE', granted(0, RING_BYTES), [flow(), flow(), flow(), flow(), flow(), flow()]],
      ['a request', 'EPIPE', encodeMessage(MessageType.ATTACH, 0, 0, new Uint8Array(16)), []],
      ['a refusal', 'EBUSY', encodeMessage(MessageType.REFUSED, 0, 16), []],
      ['a refusal with a number that is none', 'EPERM', encodeMessage(MessageType.REFUSED, 0, 0xffff_ffff), []],
    ];
    for (const [what, code, message, files] of answers) {
      const client = new ShmChannelHost({});
      const attached = client.attach(path, newTicket()).then(
        () => 'attached',
        (error: { code: string }) => error.code,
      );
      let fd: number | string = 'EAGAIN';
      await until(() => typeof (fd = acceptUnix(listener)) === 'number');
      sendDescriptors(fd as unknown as number, encodeHello('shm'), []);
      sendDescriptors(fd as unknown as number, message, files);
      expect([what, await attached]).toEqual([what, code]);
      files.forEach(closeDescriptor);
      closeDescriptor(fd as unknown as number);
      client.close();
    }
    expect(holdings()).toBe(before);
    closeDescriptor(listener);
  });

  it('refuses descriptors that an attacher sends', async () => {
    const host = new ShmChannelHost({ path: newPath() });
    const before = holdings();
    const fd = connectUnix(host.path!) as number;
    const file = createMemoryFile('spec', 4096);
    const ticket = newTicket();
    const end = host.expect(ticket);
    sendDescriptors(fd, Buffer.concat([encodeHello('shm'), encodeMessage(MessageType.ATTACH, 0, 0, ticket)]), [file]);
    await until(() => host.counters.badHandshakes === 1);
    end.close();
    closeDescriptor(fd);
    closeDescriptor(file);
    await until(() => holdings() <= before);
    host.close();
  });
});

function newTicketOf(number: number): Uint8Array {
  const ticket = new Uint8Array(16);
  new DataView(ticket.buffer).setUint32(0, number);
  return ticket;
}
