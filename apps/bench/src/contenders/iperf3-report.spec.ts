import { readTcpReport, readUdpReport } from './iperf3-report.js';

const udp = (sent: object, received: object): string =>
  JSON.stringify({ end: { sum_sent: sent, sum_received: received } });

describe('a report of iperf3', () => {
  it('over UDP counts what arrived and what is known to be lost, not what was still under way', () => {
    const report = udp({ packets: 1000, seconds: 2 }, { packets: 900, lost_packets: 90, seconds: 1.5 });
    expect(readUdpReport(report)).toEqual({ sentPerS: 500, receivedPerS: 540, lostPercent: 10 });
  });

  it('over UDP of which nothing arrived has lost all', () => {
    const report = udp({ packets: 1000, seconds: 2 }, { packets: 0, lost_packets: 0, seconds: 2 });
    expect(readUdpReport(report)).toEqual({ sentPerS: 500, receivedPerS: 0, lostPercent: 100 });
  });

  it('over TCP says what arrived', () => {
    const report = udp({ bits_per_second: 3e9 }, { bits_per_second: 2.5e9 });
    expect(readTcpReport(report)).toBe(2.5);
  });

  it('of a failure is refused in its words', () => {
    expect(() => readUdpReport('{"end":{},"error":"the server is busy"}')).toThrow('the server is busy');
  });

  it('without a figure is refused, and the figure named', () => {
    expect(() => readUdpReport(udp({}, { packets: 1, seconds: 1 }))).toThrow('"lost_packets"');
    expect(() => readTcpReport('{"end":{}}')).toThrow('"bits_per_second"');
  });
});
