import { Outbox, OUTBOX_BYTES, type OutboxKernel } from './outbox.js';
import { PeerTable, type UdpPeer } from './peers.js';

/** A kernel that does as it is told, and keeps what it was sent. */
class ScriptedKernel implements OutboxKernel {
  /** Each message that was sent: its peer, and the lengths of its datagrams. */
  readonly sent: string[] = [];
  readonly sentBytes: number[][] = [];
  calls = 0;
  /** Messages that are taken before EAGAIN. */
  room = Infinity;
  /** Error for a message, or '' to take it. */
  refuse: (size: number, segments: number) => string = () => '';
  private readonly messages = new Map<number, { offset: number; length: number; size: number }>();
  private readonly names = new Map<number, Int32Array>();
  private error = '';

  constructor(
    private readonly bytes: Uint8Array,
    private readonly table: PeerTable,
  ) {}

  setBytes(message: number, offset: number, length: number): void {
    this.messages.set(message, { offset, length, size: 0 });
  }

  setName(message: number, name: Int32Array): void {
    this.names.set(message, name);
  }

  setSegments(message: number, size: number): void {
    this.messages.get(message)!.size = size;
  }

  send(first: number, count: number): number {
    this.calls += 1;
    for (let i = 0; i < count; i += 1) {
      this.error = this.take(first + i);
      if (this.error !== '') return i === 0 ? -1 : i;
    }
    return count;
  }

  errno(): string {
    return this.error;
  }

  private take(message: number): string {
    const { offset, length, size } = this.messages.get(message)!;
    const refused = this.refuse(size || length, size === 0 ? 1 : Math.ceil(length / size));
    if (refused !== '') return refused;
    if (this.room === 0) return 'EAGAIN';
    this.room -= 1;
    const lengths: number[] = [];
    for (let at = 0; at < length || lengths.length === 0; at += size || length || 1)
      lengths.push(Math.min(size || length, length - at));
    this.sent.push(`${this.table.at(this.names.get(message)!, 0).address} ${lengths.join('+')}`);
    this.sentBytes.push([...this.bytes.subarray(offset, offset + length)]);
    return '';
  }
}

const HEAD = Uint8Array.of(0xee);
const BODY = new Uint8Array(10_000);

describe('the outbox', () => {
  let table: PeerTable;
  let kernel: ScriptedKernel;
  let outbox: Outbox;
  let a: UdpPeer;
  let b: UdpPeer;

  beforeEach(() => {
    table = new PeerTable(4);
    [a, b] = [table.find('10.0.0.1', 1)!, table.find('10.0.0.2', 1)!];
    make(true);
  });

  function make(segments: boolean): void {
    const bytes = new Uint8Array(OUTBOX_BYTES);
    kernel = new ScriptedKernel(bytes, table);
    outbox = new Outbox(bytes, kernel, segments);
  }

  const put = (peer: UdpPeer, length: number): boolean => outbox.put(peer, HEAD, 0, BODY, 0, length);
  const lengths = (peer: UdpPeer): string => kernel.sent.filter((text) => text.startsWith(peer.address)).join(' ');

  it('sends nothing before it is flushed, and then all with one call', () => {
    for (const peer of [a, b, a]) expect(put(peer, 100)).toBe(true);
    expect(kernel.calls).toBe(0);
    outbox.flush();
    expect(kernel.calls).toBe(1);
    expect(kernel.sent).toEqual(['10.0.0.1 100', '10.0.0.2 100', '10.0.0.1 100']);
    outbox.flush();
    expect(kernel.calls).toBe(1);
  });

  it('makes one message of datagrams of one size to one peer, of which the last may be shorter', () => {
    for (const length of [100, 100, 100, 60, 60, 60, 70, 0, 0]) put(a, length);
    outbox.flush();
    expect(kernel.sent.map((text) => text.slice(9))).toEqual(['100+100+100+60', '60+60', '70', '0', '0']);
  });

  it('puts head and body together, in order', () => {
    outbox.put(a, Uint8Array.of(1, 2, 9), 2, Uint8Array.of(9, 3, 4, 9), 1, 2);
    outbox.put(a, Uint8Array.of(5, 6), 2, Uint8Array.of(7), 0, 1);
    outbox.flush();
    expect(kernel.sentBytes).toEqual([[1, 2, 3, 4, 5, 6, 7]]);
  });

  it('keeps to the limits of one message', () => {
    for (let i = 0; i < 70; i += 1) put(a, 10);
    outbox.flush();
    for (let i = 0; i < 8; i += 1) put(a, 9_000);
    outbox.flush();
    const counts = kernel.sent.map((text) => text.split('+').length);
    expect(counts).toEqual([64, 6, 7, 1]);
  });

  it('makes no messages of several datagrams where the kernel knows none', () => {
    make(false);
    for (let i = 0; i < 3; i += 1) put(a, 100);
    outbox.flush();
    expect(kernel.sent.map((text) => text.slice(9))).toEqual(['100', '100', '100']);
    expect(kernel.calls).toBe(1);
  });

  it('sends in between when it is full', () => {
    for (let i = 0; i < 50; i += 1) expect(put(a, 9_000)).toBe(true);
    expect(kernel.calls).toBeGreaterThan(1);
    outbox.flush();
    expect(
      lengths(a)
        .split(/[ +]/)
        .filter((text) => text === '9000'),
    ).toHaveLength(50);
  });

  it('waits when the kernel takes no more, says so, and goes on where it was', () => {
    kernel.room = 1;
    for (const peer of [a, b, a]) put(peer, 100);
    outbox.flush();
    expect(outbox.blocked).toBe(true);
    expect(kernel.sent).toHaveLength(1);
    expect(put(a, 100)).toBe(true);
    kernel.room = Infinity;
    outbox.flush();
    expect(outbox.blocked).toBe(false);
    expect(kernel.sent).toEqual(['10.0.0.1 100', '10.0.0.2 100', '10.0.0.1 100+100']);
    expect(outbox.failures).toBe(0);
  });

  it('has no room when it is full and the kernel takes no more', () => {
    kernel.room = 0;
    let taken = 0;
    while (put(a, 9_000)) taken += 1;
    expect(taken).toBe(Math.floor(OUTBOX_BYTES / 9_000));
    kernel.room = Infinity;
    expect(put(a, 9_000)).toBe(true);
    outbox.flush();
    expect(
      lengths(a)
        .split(/[ +]/)
        .filter((text) => text === '9000'),
    ).toHaveLength(taken + 1);
  });

  it.each(['EINVAL', 'EMSGSIZE'])(
    'sends one by one from the size up that was refused together, at this peer (%s)',
    (error) => {
      kernel.refuse = (size, count) => (count > 1 && size > 1_000 ? error : '');
      for (const length of [500, 500, 1_400, 1_400, 900]) put(a, length);
      put(b, 1_400);
      outbox.flush();
      expect(lengths(a)).toBe('10.0.0.1 500+500 10.0.0.1 1400 10.0.0.1 1400 10.0.0.1 900');
      const { calls } = kernel;
      for (const length of [500, 500, 1_300, 1_300, 1_400, 1_400]) put(a, length);
      kernel.sent.length = 0;
      outbox.flush();
      expect(lengths(a)).toBe('10.0.0.1 500+500 10.0.0.1 1300 10.0.0.1 1300 10.0.0.1 1400 10.0.0.1 1400');
      // 1,300 was tried together and refused.
      expect(kernel.calls - calls).toBeGreaterThan(1);
      expect([a.segmentLimit, b.segmentLimit, outbox.failures]).toEqual([1_300, Infinity, 0]);
    },
  );

  it('puts nothing together at a peer any more whose device cannot do it (EIO)', () => {
    kernel.refuse = (_size, count) => (count > 1 ? 'EIO' : '');
    for (let i = 0; i < 3; i += 1) put(a, 100);
    outbox.flush();
    for (let i = 0; i < 3; i += 1) put(a, 10);
    outbox.flush();
    expect(lengths(a)).toBe('10.0.0.1 100 10.0.0.1 100 10.0.0.1 100 10.0.0.1 10 10.0.0.1 10 10.0.0.1 10');
  });

  it('waits in the midst of datagrams that it sends one by one', () => {
    kernel.refuse = (_size, count) => (count > 1 ? 'EMSGSIZE' : '');
    kernel.room = 1;
    for (let i = 0; i < 3; i += 1) outbox.put(a, HEAD, 0, Uint8Array.of(i, i), 0, 2);
    outbox.flush();
    expect([kernel.sent.length, outbox.blocked]).toEqual([1, true]);
    kernel.room = Infinity;
    outbox.flush();
    expect(kernel.sentBytes).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
  });

  it('loses what the kernel refuses for other reasons, counts it, and goes on', () => {
    kernel.refuse = (size) => (size === 100 ? 'ENETUNREACH' : size === 200 ? 'EMSGSIZE' : '');
    for (const length of [100, 100, 50, 200, 300, 40]) put(a, length);
    outbox.flush();
    expect(lengths(a)).toBe('10.0.0.1 300+40');
    expect(outbox.failures).toBe(4);
  });

  it('calls again when it was interrupted', () => {
    let interrupted = 0;
    kernel.refuse = () => ((interrupted += 1) === 1 ? 'EINTR' : '');
    put(a, 10);
    outbox.flush();
    expect([kernel.sent, outbox.failures]).toEqual([['10.0.0.1 10'], 0]);
  });
});
