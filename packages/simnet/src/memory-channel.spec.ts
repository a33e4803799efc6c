import { channelSuite } from './channel-suite.js';
import { MemoryChannelNetwork } from './memory-channel.js';

/** A queue of callbacks: a turn runs those that were there when it began. */
class Turns {
  private queue: (() => void)[] = [];
  readonly schedule = (callback: () => void): void => void this.queue.push(callback);
  readonly turn = async (): Promise<void> => {
    for (const callback of this.queue.splice(0)) callback();
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  get idle(): boolean {
    return this.queue.length === 0;
  }
}

const QUEUE_BYTES = 16_384;
const newTicket = (byte: number): Uint8Array => new Uint8Array(16).fill(byte);

describe('the packet channel in memory', () => {
  it.each(channelSuite.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const turns = new Turns();
    const network = new MemoryChannelNetwork(turns.schedule, { queueBytes: QUEUE_BYTES });
    let hosts = 0;
    let running = true;
    const drive = async (): Promise<void> => {
      while (running) await turns.turn();
    };
    const driver = drive();
    await one.run({
      queueBytes: QUEUE_BYTES,
      sameUser: { uid: 7 },
      listen: async () => network.createHost({ path: `/${(hosts += 1)}`, uid: 7 }),
      connect: async () => network.createHost({ uid: 7 }),
      turn: () => new Promise<void>((resolve) => setImmediate(resolve)),
    });
    running = false;
    await driver;
  });

  it('takes flows down with peer-gone when a process crashes', async () => {
    const turns = new Turns();
    const network = new MemoryChannelNetwork(turns.schedule);
    const server = network.createHost({ path: '/s' });
    const client = network.createHost();
    const a = server.expect(newTicket(1));
    const attached = client.attach('/s', newTicket(1));
    await turns.turn();
    const b = await attached;
    const text = Uint8Array.of(1, 2, 3);
    a.write(text, 3, text, 0, 0);
    a.flush();
    a.write(text, 3, text, 0, 0);
    const seen: string[] = [];
    a.onDown = () => seen.push('called in the dead process');
    b.onDown = (reason) => seen.push(reason);
    server.crash();
    while (!turns.idle) await turns.turn();
    expect(seen).toEqual(['peer-gone']);
    expect(b.read(10, () => true)).toBe(1);
    await expect(Promise.all([client.attach('/s', newTicket(1)), turns.turn()])).rejects.toMatchObject({
      code: 'EPIPE',
    });
  });

  it('lets only the expected user attach', async () => {
    const turns = new Turns();
    const network = new MemoryChannelNetwork(turns.schedule);
    network.createHost({ path: '/s' }).expect(newTicket(1), { uid: 5 });
    const stranger = network.createHost({ uid: 6 }).attach('/s', newTicket(1));
    const friend = network.createHost({ uid: 5 }).attach('/s', newTicket(1));
    await Promise.all([expect(stranger).rejects.toMatchObject({ code: 'EPERM' }), turns.turn()]);
    expect((await friend).down).toBeNull();
  });

  it('overwrites a packet after the call that handed it out', async () => {
    const turns = new Turns();
    const network = new MemoryChannelNetwork(turns.schedule);
    const host = network.createHost({ path: '/s' });
    const a = host.expect(newTicket(1));
    const attached = host.attach('/s', newTicket(1));
    await turns.turn();
    const b = await attached;
    a.write(Uint8Array.of(1, 2), 2, Uint8Array.of(), 0, 0);
    a.flush();
    let kept = new Uint8Array();
    b.read(1, (buffer, offset, length) => {
      kept = buffer.subarray(offset, offset + length) as typeof kept;
      return true;
    });
    expect([...kept]).toEqual([0xdd, 0xdd]);
  });
});
