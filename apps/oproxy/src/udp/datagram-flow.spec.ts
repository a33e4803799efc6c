import { setTimeout as pause } from 'node:timers/promises';
import { joinedFlows } from '../../../../packages/flow/spec/joined-flows.spec.js';
import { DatagramFlow, bytesOf, noDatagrams } from './datagram-flow.js';

async function joined(idleMs = 10_000) {
  const [near, far] = await joinedFlows();
  const counters = noDatagrams();
  const delivered: string[] = [];
  const deliver = (bytes: Uint8Array): void => void delivered.push(Buffer.from(bytes).toString());
  return { near, far, counters, delivered, datagrams: new DatagramFlow(near, counters, deliver, idleMs) };
}

describe('datagrams over a flow', () => {
  it('are packets, each of them whole, both ways', async () => {
    const { near, far, counters, delivered, datagrams } = await joined();
    const stop = new AbortController();
    const running = datagrams.run(stop.signal);
    for (const text of ['one', 'two', 'three']) datagrams.put(Buffer.from(text));
    const read = [await far.read(), await far.read(), await far.read()].map((bytes) => Buffer.from(bytes).toString());
    await far.write(Buffer.from('four'));
    await far.write(Buffer.from('five'));
    while (delivered.length < 2) await pause(1);
    stop.abort();
    await running;
    expect([read, delivered, near.deallocated]).toEqual([['one', 'two', 'three'], ['four', 'five'], true]);
    expect(counters).toMatchObject({ sentDatagrams: 3, sentBytes: 11, receivedDatagrams: 2, receivedBytes: 8 });
    expect(bytesOf(near)).toEqual({ sentBytes: 11, receivedBytes: 8 });
  });

  it('are dropped and counted when a flow cannot take them', async () => {
    const { near, counters, datagrams } = await joined();
    datagrams.put(Buffer.alloc(0));
    datagrams.put(Buffer.alloc(near.maxPacket + 1));
    while (counters.droppedFull === 0) datagrams.put(Buffer.alloc(1000));
    await near.dealloc();
    datagrams.put(Buffer.alloc(1));
    expect(counters).toMatchObject({ droppedEmpty: 1, droppedTooLong: 1, droppedFull: 1, droppedNoFlow: 1 });
    await datagrams.run(new AbortController().signal);
  });

  it('end with the flow, from the other side or after silence', async () => {
    const one = await joined();
    const other = await joined(30);
    await one.far.dealloc();
    await Promise.all([one, other].map(({ datagrams }) => datagrams.run(new AbortController().signal)));
    expect([one.near.deallocated, other.near.deallocated]).toEqual([true, true]);
  });
});
