import { fromSeconds } from '@ouroboros/model';
import type { FlowEnd, WriteVerdict } from '@ouroboros/ports';
import { VirtualClock } from '@ouroboros/simnet';
import { Delivery } from './delivery.js';
import { WAITING, WaitingRoom } from './waiting-room.js';

/** The channel to a process that takes packets when the case says so; four fit. */
class Channel implements Pick<FlowEnd, 'write' | 'maxPacket' | 'onWritable'> {
  readonly maxPacket = 4000;
  readonly taken: number[] = [];
  onWritable: (() => void) | null = null;
  down = false;
  private readonly queued: number[] = [];
  private told = false;

  write(_head: Uint8Array, _headLength: number, body: Uint8Array, offset: number, length: number): WriteVerdict {
    if (this.down) return 'down';
    if (length > this.maxPacket) return 'too-large';
    if (this.queued.length === 4) {
      this.told = true;
      return 'full';
    }
    this.queued.push(body[offset]!);
    return 'ok';
  }

  /** The process reads; then there is room. */
  read(packets: number): void {
    this.taken.push(...this.queued.splice(0, packets));
    if (!this.told) return;
    this.told = false;
    this.onWritable?.();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function deliver(delivery: Delivery, numbers: readonly number[], length = 100): WriteVerdict[] {
  const buffer = new Uint8Array(10 + length);
  return numbers.map((number) => {
    buffer[10] = number;
    return delivery.deliver(buffer, 10, length);
  });
}

function opened(room = new WaitingRoom()): { channel: Channel; delivery: Delivery } {
  const channel = new Channel();
  return { channel, delivery: new Delivery(channel as unknown as FlowEnd, room) };
}

describe('packets for a process', () => {
  it('wait while its channel is full, and come in order', () => {
    const { channel, delivery } = opened();
    expect(new Set(deliver(delivery, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))).toEqual(new Set(['ok']));
    channel.read(2);
    expect(deliver(delivery, [11])).toEqual(['ok']);
    for (let i = 0; i < 10; i += 1) channel.read(3);
    expect(channel.taken).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('are lost beyond a bound, and when they are too long or the process is gone', () => {
    const { channel, delivery } = opened();
    const most = Math.floor(WAITING.bytes / 4000);
    const verdicts = deliver(
      delivery,
      Array.from({ length: most + 10 }, () => 7),
      4000,
    );
    expect(verdicts.filter((verdict) => verdict === 'ok').length).toBe(4 + most);
    expect(verdicts.at(-1)).toBe('full');
    expect(deliver(delivery, [1], 4001)).toEqual(['too-large']);
    channel.down = true;
    channel.onWritable?.();
    expect(deliver(delivery, [1])).toEqual(['down']);
  });

  it('wait for sixteen processes at a time', () => {
    const room = new WaitingRoom();
    const all = Array.from({ length: 17 }, () => opened(room));
    const verdicts = all.map(({ delivery }) => deliver(delivery, [1, 2, 3, 4, 5]).at(-1));
    expect(verdicts.filter((verdict) => verdict === 'ok').length).toBe(16);
    all[3]!.channel.read(4);
    expect(deliver(all[16]!.delivery, [5])).toEqual(['ok']);
  });

  it('are all in the channel when a flow that has ended is finished, or it took a second', async () => {
    const clock = new VirtualClock(settle);
    const [quick, slow, empty] = [opened(), opened(), opened()];
    for (const { delivery } of [quick, slow]) deliver(delivery, [1, 2, 3, 4, 5, 6]);
    const finished: string[] = [];
    expect(empty.delivery.finish(clock)).toBeUndefined();
    void quick.delivery.finish(clock)!.then(() => finished.push('quick'));
    void slow.delivery.finish(clock)!.then(() => finished.push('slow'));
    await settle();
    expect(finished).toEqual([]);
    quick.channel.read(4);
    await settle();
    expect(finished).toEqual(['quick']);
    await clock.runUntil(fromSeconds(1));
    expect(finished).toEqual(['quick', 'slow']);
    slow.channel.read(4);
    slow.channel.read(4);
    expect([quick.channel, slow.channel].map(({ taken }) => taken.length)).toEqual([4, 4]);
  });
});
