import { Counter } from './counter.js';
import { COUNT, packetOf, readReport, reportPacket } from './packet.js';

describe('the counter of a server', () => {
  it('counts packets and bytes of the current run only', () => {
    const counter = new Counter();
    for (let i = 0; i < 3; i += 1) counter.count(packetOf(COUNT, 100, 1), 100);
    counter.settle();
    for (let i = 0; i < 2; i += 1) counter.count(packetOf(COUNT, 64, 2), 64);
    counter.settle();
    counter.count(packetOf(COUNT, 64, 2), 64);
    counter.settle();
    const { packets, bytes, perSecond } = counter.received();
    expect([packets, bytes, perSecond]).toEqual([3, 192, [3]]);
  });

  it('gives the same report as often as it is asked, as a report may be lost', () => {
    const counter = new Counter();
    counter.count(packetOf(COUNT, 64, 0xfffffffe), 64);
    counter.settle();
    expect(counter.received()).toEqual(counter.received());
    expect(readReport(reportPacket(counter.received()))).toEqual(counter.received());
  });
});
