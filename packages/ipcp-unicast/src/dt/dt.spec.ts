import type { PacketFlow } from '@ouroboros/flow';
import { Counters } from '@ouroboros/ipcp-kit';
import { address, fromHex, micros, toHex } from '@ouroboros/model';
import type { PacketTaker, WriteVerdict } from '@ouroboros/ports';
import { COUNTER_NAMES } from '../counters.js';
import { simplePff } from '../pff/index.js';
import { LinkScheduler } from '../sched/index.js';
import { DataTransfer, NO_PACKETS, type DtLink } from './index.js';

const A = address(0x0a0b0c0d);
const B = address(0x04030201);
const C = address(3);

/** The part of a PacketFlow that forwarding uses, with a queue whose length the spec sets. */
class Wire {
  onPacket: PacketTaker | null = null;
  onWritable: (() => void) | null = null;
  queued = 0;
  readonly maxPacket = 8976;
  readonly longestWhole = 1467;
  verdict: WriteVerdict = 'ok';
  readonly sent: string[] = [];

  limitWaiting(): void {}

  queuedTx(): number {
    return this.queued;
  }

  send(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    if (this.verdict !== 'ok') return this.verdict;
    this.sent.push(toHex(head.subarray(0, headLength)) + toHex(body.subarray(offset, offset + length)));
    return 'ok';
  }

  /** A packet arrives, somewhere in the middle of a ring. */
  arrive(hex: string): void {
    const bytes = fromHex(`ffff${hex}ffff`);
    expect(this.onPacket!(bytes, 2, bytes.length - 4)).toBe(true);
    expect(toHex(bytes)).toBe(`ffff${hex.replace(/\s/g, '')}ffff`);
  }

  link(neighbor: DtLink['neighbor']): DtLink {
    const flow = this as unknown as PacketFlow;
    const scheduler = new LinkScheduler(flow, () => ({ mark: (queued: number) => queued / 16 }));
    return { flow, neighbor, cube: 0, scheduler };
  }
}

function member(self = A): { dt: DataTransfer; counters: Counters; toB: Wire; toC: Wire; link: DtLink } {
  const counters = new Counters(COUNTER_NAMES);
  const dt = new DataTransfer({ self, maxTtl: 60, clock: { now: () => micros(0) }, pff: simplePff }, counters);
  const [toB, toC] = [new Wire(), new Wire()];
  const link = toB.link(B);
  dt.addLink(link);
  dt.addLink(toC.link(C));
  dt.updateRoutes(
    new Map([
      [B, [B]],
      [C, [C]],
    ]),
  );
  return { dt, counters, toB, toC, link };
}

const HELLO = '68656c6c6f';

describe('data transfer', () => {
  it('originates the packet of the spec', () => {
    const { dt, toB } = member();
    const body = fromHex(`00${HELLO}00`);
    expect(dt.send(micros(0), B, 0, 0x41, 0xa1b2c3d4, body, 1, 5)).toBe('ok');
    expect(toB.sent).toEqual([`01020304003c0041000000d4c3b2a1${HELLO}`]);
  });

  it('says what the next hop takes at most', () => {
    const { dt } = member();
    expect(dt.longest(B, 0, 0x41, 0)).toEqual({ layerPacket: 8961, wholePacket: 1452 });
    expect(dt.longest(address(9), 0, 0x41, 0)).toEqual(NO_PACKETS);
  });

  it('relays with one hop less and its own mark added, and leaves the arriving bytes alone', () => {
    const { counters, toB, toC } = member();
    toC.queued = 16 * 5;
    toB.arrive(`03000000023c0241000000d4c3b2a1${HELLO}`);
    expect(toC.sent).toEqual([`03000000023b0741000000d4c3b2a1${HELLO}`]);
    expect(counters.get('dtForwardedPackets')).toBe(1);
  });

  it.each([0, 1])('drops a packet that arrives with TTL %i and is not for this member', (ttl) => {
    const { counters, toB, toC } = member();
    toB.arrive(`03000000000${ttl}00410000000000000000`.slice(0, 30));
    expect([toC.sent.length, counters.get('dropTtl')]).toEqual([0, 1]);
  });

  it('delivers to components and flows, whatever the TTL', () => {
    const { dt, counters, toB } = member();
    const seen: string[] = [];
    dt.setComponent(1, (buffer, offset, length) => seen.push(toHex(buffer.subarray(offset, offset + length))));
    dt.onFlowPacket = (low, high, mark, _buffer, _offset, length) => seen.push(`${low} ${high} ${mark} ${length}`);
    toB.arrive(`0d0c0b0a0001000100000000000000${HELLO}`);
    toB.arrive(`0d0c0b0a00000541000000000000ff${HELLO}`);
    toB.arrive(`0d0c0b0a00000500000000000000ff`);
    toB.arrive(`0d0c0b0a0000050300000000000000`);
    expect(seen).toEqual([HELLO, `65 ${0xff000000} 5 5`, `0 ${0xff000000} 5 0`]);
    expect(counters.get('dropUnknownComponent')).toBe(1);
  });

  it('counts what it cannot forward, each by its reason', () => {
    const { counters, toB, toC } = member();
    toB.arrive('0d0c');
    toB.arrive('09000000003c000000000000000000');
    toC.verdict = 'down';
    toB.arrive('03000000003c000000000000000000');
    toC.verdict = 'full';
    for (let i = 0; i < 1025; i += 1) toB.arrive('03000000003c000000000000000000');
    const names = ['dropRunt', 'dropNoNextHop', 'dropQueueFull', 'dropFlowDown'];
    expect(names.map((name) => counters.get(name))).toEqual([1, 1, 1, 1]);
    expect(counters.get('dtReceivedPackets0')).toBe(1028);
  });

  it('lets a sender wait when the next hop is full, and tells it when there is room', () => {
    const { dt, toB } = member();
    let resumed = 0;
    const waiter = { resume: () => (resumed += 1) };
    const send = (): string => dt.send(micros(0), B, 0, 64, 0, new Uint8Array(1000), 0, 1000, waiter);
    toB.verdict = 'full';
    let queued = 0;
    while (send() === 'ok') queued += 1;
    expect([queued, toB.sent.length, resumed]).toEqual([9, 0, 0]);
    toB.verdict = 'ok';
    toB.onWritable!();
    expect([toB.sent.length, resumed, send()]).toEqual([9, 1, 'ok']);
  });

  it('forgets a link that was removed', () => {
    const { dt, link, toB } = member();
    dt.removeLink(link);
    expect([dt.canReach(B), dt.canReach(C), toB.onPacket]).toEqual([false, true, null]);
    expect(dt.send(micros(0), B, 0, 64, 0, new Uint8Array(5), 0, 5)).toBe('dropped');
  });
});
