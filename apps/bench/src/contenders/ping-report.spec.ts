import { readPings } from './ping-report.js';

describe('round trips', () => {
  it('are read from the lines of ping', () => {
    const printed = `PING 10.77.0.2 (10.77.0.2) 1400(1428) bytes of data.
1408 bytes from 10.77.0.2: icmp_seq=1 ttl=64 time=0.015 ms
1408 bytes from 10.77.0.2: icmp_seq=2 ttl=64 time=1.24 ms
1408 bytes from 10.77.0.2: icmp_seq=3 ttl=64 time=0.004 ms

--- 10.77.0.2 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 8ms
rtt min/avg/max/mdev = 0.004/0.419/1.240/0.580 ms
`;
    expect(readPings(printed)).toEqual({ p50Us: 15, p99Us: 1240 });
  });

  it('are read from the lines of the oping of C', () => {
    const printed = `Pinging x with 64 bytes of data (3 packets):

64 bytes from x: seq=0 time=0.119 ms
64 bytes from x: seq=1 time=31.000 µs
64 bytes from x: seq=2 time=25.000 µs

--- x ping statistics ---
3 packets transmitted, 3 received, 0 out-of-order, 0% packet loss, time: 10.843 ms
`;
    expect(readPings(printed)).toEqual({ p50Us: 31, p99Us: 119 });
  });

  it('of nothing are refused, with what was printed', () => {
    expect(() => readPings('3 packets transmitted, 0 received')).toThrow(/no answer.*\n.*0 received/);
  });
});
