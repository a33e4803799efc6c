import { frcpAckno, frcpHere, frcpMissing, frcpRangeCount } from '@ouroboros/wire';
import { fromHex } from '@ouroboros/model';
import { Bench, exchange } from '../spec/pair.spec.js';

const S = 1000;
const BURST = 40;

/** Two ends that know each other, the first of which has sent BURST packets more. */
function burst(): { readonly b: Bench; readonly packets: readonly string[] } {
  const [a, b] = [new Bench({ initialSeqno: S }), new Bench({ initialSeqno: 5000 })];
  a.write('first');
  exchange(a, b);
  b.read();
  b.pass(5);
  exchange(a, b);
  for (let i = 0; i < BURST; i++) a.write(`packet ${i}`);
  return { b, packets: a.take() };
}

const receiveAll = (b: Bench, packets: readonly string[]): void => {
  b.frcp.cork();
  for (const packet of packets) b.receive(packet);
  expect(b.take()).toEqual([]);
  b.frcp.uncork(b.now);
};

describe('a batch of received packets', () => {
  it('is acknowledged by one packet', () => {
    const { b, packets } = burst();
    expect(packets).toHaveLength(BURST);
    receiveAll(b, packets);
    const [answer, ...others] = b.take().map(fromHex);
    expect(others).toEqual([]);
    expect(frcpAckno(answer!, 0)).toBe(S + 1);
    expect([frcpRangeCount(answer!.length), frcpMissing(answer!, 0, 0), frcpHere(answer!, 0, 0)]).toEqual([
      1,
      0,
      BURST,
    ]);
  });

  it('is acknowledged by more where it comes one by one', () => {
    const { b, packets } = burst();
    for (const packet of packets) b.receive(packet);
    expect(b.take().length).toBeGreaterThan(1);
  });

  it('of few packets is acknowledged as late as without a batch', () => {
    const { b, packets } = burst();
    receiveAll(b, packets.slice(0, 1));
    b.pass(4);
    expect(b.take()).toEqual([]);
    b.pass(1);
    expect(b.take()).toHaveLength(1);
  });

  it('tells of a packet that is missing at once, and of one that was missing and came', () => {
    const { b, packets } = burst();
    receiveAll(b, [...packets.slice(0, 3), ...packets.slice(4, 6)]);
    const [gap] = b.take().map(fromHex);
    expect([frcpHere(gap!, 0, 0), frcpMissing(gap!, 0, 1), frcpHere(gap!, 0, 1)]).toEqual([3, 1, 2]);
    receiveAll(b, packets.slice(3, 4));
    expect(b.take()).toHaveLength(1);
  });

  it('is read when it is over', () => {
    const { b, packets } = burst();
    receiveAll(b, packets);
    expect(b.read()).toHaveLength(BURST);
  });
});

describe('a batch of writes', () => {
  it('leaves at its end, in order', () => {
    const a = new Bench({ initialSeqno: S });
    a.frcp.cork();
    a.frcp.cork();
    for (const word of ['one', 'two', 'three']) a.write(word);
    a.frcp.uncork(a.now);
    expect(a.take()).toEqual([]);
    a.frcp.uncork(a.now);
    const b = new Bench({ initialSeqno: 5000 });
    for (const packet of a.take()) b.receive(packet);
    expect(b.read()).toEqual(['one', 'two', 'three']);
  });
});

describe('a message that is longer than a packet', () => {
  it('waits until the buffer takes all of it', () => {
    const a = new Bench({ initialSeqno: S, sendBytes: 1 << 14 });
    const filled = 'x'.repeat(1000);
    expect(a.frcp.takesAll(4000, 4)).toBe(true);
    for (let i = 0; i < 13; i++) a.write(filled);
    expect(a.frcp.takesAll(4000, 4)).toBe(false);
    expect(a.frcp.takesAll(1000, 1)).toBe(true);
  });

  it('does not wait where the buffer would hardly ever take all of it', () => {
    const a = new Bench({ initialSeqno: S, sendBytes: 1 << 14, maxWindow: 16 });
    for (let i = 0; i < 13; i++) a.write('x'.repeat(1000));
    expect(a.frcp.takesAll(8000, 8)).toBe(true);
    expect(a.frcp.takesAll(4000, 5)).toBe(true);
  });
});

describe('a packet that a reader waits for', () => {
  /** Receives with a reader that takes what `wants` says; gives the texts that it was handed. */
  function offered(b: Bench, packets: readonly string[], wants: (text: string) => boolean): string[] {
    const taken: string[] = [];
    const take = (buffer: Uint8Array, offset: number, length: number): boolean => {
      const text = new TextDecoder().decode(buffer.subarray(offset, offset + length));
      if (wants(text)) taken.push(text);
      return wants(text);
    };
    for (const packet of packets.map(fromHex)) b.frcp.receive(packet, 0, packet.length, b.now, take);
    return taken;
  }

  it('goes to it without being kept, and is acknowledged as taken', () => {
    const { b, packets } = burst();
    expect(offered(b, packets.slice(0, 16), () => true)).toHaveLength(16);
    expect(b.frcp.readableCount).toBe(0);
    expect(b.take().map((answer) => frcpAckno(fromHex(answer), 0))).toEqual([S + 17]);
  });

  it('is kept where it refuses, with all that follow', () => {
    const { b, packets } = burst();
    expect(offered(b, packets.slice(0, 4), (text) => text === 'packet 0')).toEqual(['packet 0']);
    expect(b.read()).toEqual(['packet 1', 'packet 2', 'packet 3']);
  });

  it('goes before those that came too early, which wait to be read', () => {
    const { b, packets } = burst();
    const [first, second, third, fourth] = packets as [string, string, string, string];
    expect(offered(b, [second, fourth, first, second], () => true)).toEqual(['packet 0']);
    expect(offered(b, [third], () => true)).toEqual([]);
    expect(b.read()).toEqual(['packet 1', 'packet 2', 'packet 3']);
  });

  it('tells it of a gap before, on a flow that is not reliable', () => {
    const [a, b] = [
      new Bench({ reliable: false, initialSeqno: S }),
      new Bench({ reliable: false, initialSeqno: 5000 }),
    ];
    for (const word of ['one', 'two', 'three']) a.write(word);
    const [one, , three] = a.take() as [string, string, string];
    const gaps: boolean[] = [];
    offered(b, [one, three], () => gaps.push(b.frcp.gap) > 0);
    expect(gaps.at(-1)).toBe(true);
    expect(gaps[0]).toBe(false);
  });
});
