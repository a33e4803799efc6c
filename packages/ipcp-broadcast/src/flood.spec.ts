import fc from 'fast-check';
import type { PacketFlow } from '@ouroboros/flow';
import { Counters, type UserFlow } from '@ouroboros/ipcp-kit';
import { fromHex, micros, toHex, type Micros } from '@ouroboros/model';
import type { PacketTaker, WriteVerdict } from '@ouroboros/ports';
import { BROADCAST_MTU } from '@ouroboros/wire';
import { COUNTER_NAMES } from './counters.js';
import { Flood, type FloodLink } from './flood.js';

/** The part of a PacketFlow that flooding uses. */
class Wire {
  onPacket: PacketTaker | null = null;
  onWritable: (() => void) | null = null;
  cutUpTo = 0;
  verdict: WriteVerdict = 'ok';
  sent: string[] = [];

  send(head: Uint8Array, headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    if (this.verdict === 'ok') {
      this.sent.push(toHex(head.subarray(0, headLength)) + toHex(body.subarray(offset, offset + length)));
    }
    return this.verdict;
  }

  link(ours: boolean): FloodLink {
    return { flow: this as unknown as PacketFlow, ours, stuck: false };
  }

  /** A packet arrives, somewhere in the middle of a ring. */
  arrive(bytes: Uint8Array): void {
    const ring = Uint8Array.of(0xff, ...bytes, 0xff);
    expect(this.onPacket!(ring, 1, bytes.length)).toBe(true);
    expect(ring).toEqual(Uint8Array.of(0xff, ...bytes, 0xff));
  }
}

/** The end of a process: what it wrote and has not been taken, and what was written to it. */
class Process {
  onReadable: (() => void) | null = null;
  verdict: WriteVerdict = 'ok';
  got: string[] = [];
  private queue: Uint8Array[] = [];
  readonly user = { end: this } as unknown as UserFlow;

  queuedRx(): number {
    return this.queue.length;
  }

  read(max: number, take: PacketTaker): number {
    let taken = 0;
    while (taken < max && this.queue[0] && take(this.queue[0], 0, this.queue[0].length)) {
      this.queue.shift();
      taken += 1;
    }
    return taken;
  }

  write(_head: Uint8Array, _headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    if (this.verdict === 'ok') this.got.push(toHex(body.subarray(offset, offset + length)));
    return this.verdict;
  }

  /** Writes, and lets the layer read. */
  put(...packets: string[]): void {
    this.queue.push(...packets.map((packet) => fromHex(packet)));
    this.turn();
  }

  turn(): void {
    if (this.queue.length > 0) this.onReadable?.();
  }
}

const HEAD = '0040' + '0a0b0c0d01020304';
const numbered = (number: number): string => `${HEAD}0000000${number}`;
const other = (hops: string, number: number, body = 'beef'): string =>
  `00${hops}1111111122222222000000${`0${number}`.slice(-2)}${body}`;

function bench() {
  const counters = new Counters(COUNTER_NAMES);
  const [ours, alsoOurs, c] = [new Wire(), new Wire(), new Wire()];
  const drawn = [0x0a0b0c0d, 0x01020304];
  const messages: string[] = [];
  const timers: { at: Micros; run: () => void }[] = [];
  const flood = new Flood({
    clock: {
      now: () => micros(0),
      at: (at: Micros, run: () => void) => {
        const timer = { at, run };
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
      wallNanos: () => 0n,
    },
    random: { uint32: () => drawn.shift() ?? 7, bytes: (length) => new Uint8Array(length) },
    counters,
    onMessage: (_link, bytes) => messages.push(toHex(bytes)),
  });
  const links = [ours.link(true), alsoOurs.link(true), c.link(false)];
  for (const link of links) flood.addLink(link);
  const [p, q] = [new Process(), new Process()];
  for (const { user } of [p, q]) flood.addUser(user);
  return { flood, counters, ours, alsoOurs, c, links, p, q, messages, timers };
}

describe('flooding', () => {
  it('brings what a process writes to all links and all other processes, with a header to ours', () => {
    const { ours, alsoOurs, c, p, q } = bench();
    p.put('01', '0203');
    expect(ours.sent).toEqual([`${numbered(0)}01`, `${numbered(1)}0203`]);
    expect([alsoOurs.sent, c.sent, q.got, p.got]).toEqual([ours.sent, ['01', '0203'], ['01', '0203'], []]);
  });

  it('passes a packet on when it comes for the first time, with one hop less', () => {
    const { counters, ours, alsoOurs, c, p, q } = bench();
    ours.arrive(fromHex(other('40', 5)));
    alsoOurs.arrive(fromHex(other('3f', 5)));
    expect([ours.sent, alsoOurs.sent, c.sent]).toEqual([[], [other('3f', 5)], ['beef']]);
    expect([p.got, q.got, counters.get('duplicatePackets')]).toEqual([['beef'], ['beef'], 1]);
  });

  it('knows its own packets, and starts those of C neighbours', () => {
    const { counters, ours, alsoOurs, c, p } = bench();
    c.arrive(fromHex('cafe'));
    expect([ours.sent, alsoOurs.sent, c.sent, p.got]).toEqual([
      [`${numbered(0)}cafe`],
      [`${numbered(0)}cafe`],
      [],
      ['cafe'],
    ]);
    alsoOurs.arrive(fromHex(`${numbered(0)}cafe`));
    expect([c.sent, p.got, counters.get('duplicatePackets')]).toEqual([[], ['cafe'], 1]);
  });

  it('delivers a packet that may go no further, and passes none on that came from nowhere', () => {
    const { counters, ours, alsoOurs, p } = bench();
    ours.arrive(fromHex(other('01', 1)));
    ours.arrive(fromHex(other('00', 2)));
    ours.arrive(fromHex(other('ff', 3)));
    expect([p.got.length, alsoOurs.sent]).toEqual([2, [other('3f', 3)]]);
    expect([counters.get('dropHops'), counters.get('dropMalformed')]).toEqual([1, 1]);
  });

  it('counts what is too long or too short, and hands over what is no packet', () => {
    const { counters, ours, c, p, q, messages } = bench();
    ours.arrive(fromHex(other('40', 1, '')));
    ours.arrive(fromHex(other('40', 1, '00'.repeat(BROADCAST_MTU + 1))));
    ours.arrive(fromHex('00'));
    c.arrive(new Uint8Array(BROADCAST_MTU + 1));
    p.put('00'.repeat(BROADCAST_MTU + 1));
    ours.arrive(fromHex('010161'));
    expect([counters.get('dropMalformed'), counters.get('dropTooLarge'), messages, q.got]).toEqual([
      3,
      2,
      ['010161'],
      [],
    ]);
  });

  it('drops what meets a full queue on its way, and counts it', () => {
    const { counters, ours, alsoOurs, q } = bench();
    alsoOurs.verdict = 'full';
    q.verdict = 'full';
    ours.arrive(fromHex(other('40', 1)));
    expect([counters.get('dropQueueFull'), counters.get('dropUserQueueFull')]).toEqual([1, 1]);
  });

  it('holds processes back while a link is full, sends to each link once, and goes on when there is room', () => {
    const { ours, alsoOurs, c, p, q, timers } = bench();
    alsoOurs.verdict = 'full';
    p.put('01', '02');
    q.put('03');
    expect([p.queuedRx(), q.queuedRx(), p.onReadable, q.onReadable]).toEqual([2, 1, null, null]);
    ours.arrive(fromHex(other('40', 1)));
    alsoOurs.verdict = 'ok';
    alsoOurs.onWritable!();
    p.turn();
    q.turn();
    expect(ours.sent).toEqual([0, 1, 2].map((i) => `${numbered(i)}0${i + 1}`));
    expect(alsoOurs.sent).toEqual(ours.sent);
    expect(c.sent).toEqual(['01', 'beef', '02', '03']);
    expect([p.queuedRx(), q.queuedRx(), timers]).toEqual([0, 0, []]);
  });

  it('waits for a full link 200 ms, then no more until it takes packets again', () => {
    const { counters, ours, alsoOurs, links, p, timers } = bench();
    alsoOurs.verdict = 'full';
    p.put('01', '02');
    expect(timers.map(({ at }) => at)).toEqual([200_000]);
    timers[0]!.run();
    p.turn();
    expect([ours.sent.length, p.queuedRx(), links[1]!.stuck, counters.get('dropQueueFull')]).toEqual([2, 0, true, 2]);
    alsoOurs.onWritable!();
    expect(links[1]!.stuck).toBe(false);
  });

  it('goes on when the link that it waits for ends, or falls silent', () => {
    for (const end of ['removeLink', 'stick'] as const) {
      const { flood, ours, alsoOurs, links, p } = bench();
      alsoOurs.verdict = 'full';
      p.put('01');
      flood[end](links[1]!);
      p.turn();
      expect([ours.sent.length, p.queuedRx()]).toEqual([1, 0]);
    }
  });

  it('sends what a process that left had written, and brings it nothing more', async () => {
    const { flood, ours, alsoOurs, p, q } = bench();
    alsoOurs.verdict = 'full';
    p.put('01', '02');
    const left = flood.removeUser(p.user);
    alsoOurs.verdict = 'ok';
    alsoOurs.onWritable!();
    p.turn();
    await left;
    q.put('03');
    expect([ours.sent.length, p.got, p.onReadable]).toEqual([3, [], null]);
    expect(flood.removeUser(q.user)).toBeUndefined();
  });

  it('survives arbitrary packets from every neighbour, and passes none on twice', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc
        .tuple(fc.nat({ max: 255 }), fc.nat({ max: 3 }))
        .map(([hops, n]) => fromHex(other(toHex(Uint8Array.of(hops)), n))),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 2 }), bytes), { maxLength: 40 }), (packets) => {
        const { ours, alsoOurs, c, p } = bench();
        for (const [i, packet] of packets) [ours, alsoOurs, c][i]!.arrive(packet);
        for (const { sent } of [ours, alsoOurs]) {
          const identities = sent.map((hex) => hex.slice(4, 28));
          expect(new Set(identities).size).toBe(identities.length);
        }
        expect(p.got.length).toBeLessThanOrEqual(packets.length);
      }),
    );
  });
});
