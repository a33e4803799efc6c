import { VERSION } from '@ouroboros/model';
import fc from 'fast-check';
import { PingStatistics } from './statistics.js';
import { headerLines, replyLine, summaryJson, summaryLines, timePrefix } from './lines.js';
import packageJson from '../package.json' with { type: 'json' };

function statisticsOf(times: readonly number[], sent = times.length): PingStatistics {
  const statistics = new PingStatistics(0);
  statistics.sent = sent;
  times.forEach((rtt, id) => statistics.reply(id, rtt, id * 10));
  return statistics;
}

describe('the statistics of a run', () => {
  it('agree with the textbook formulas', () => {
    const times = fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(times, (values) => {
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        const statistics = statisticsOf(values);
        expect(statistics.average).toBeCloseTo(mean, 6);
        expect(statistics.deviation).toBeCloseTo(Math.sqrt(squares / (values.length - 1)), 6);
        expect([statistics.min, statistics.max]).toEqual([Math.min(...values), Math.max(...values)]);
      }),
    );
  });

  it('round the loss up, and know runs without packets and with duplicates', () => {
    expect(statisticsOf([1, 1, 1], 1000).lossPercent).toBe(100);
    expect(statisticsOf([1, 1], 3).lossPercent).toBe(34);
    expect(statisticsOf([1, 1, 1], 2).lossPercent).toBe(0);
    expect(statisticsOf([]).lossPercent).toBe(0);
  });

  it('call a reply out of order when one with a higher id came before', () => {
    const statistics = new PingStatistics(0);
    expect([0, 2, 1, 3, 3].map((id) => statistics.reply(id, 1, id))).toEqual([false, false, true, false, true]);
    expect(statistics.outOfOrder).toBe(2);
  });

  it('know the longest gap between replies, counted from the start', () => {
    const statistics = new PingStatistics(100);
    for (const now of [104, 107, 120]) statistics.reply(0, 1, now);
    expect(statistics.longestGap).toBe(13);
  });
});

describe('the lines of the client', () => {
  it('are those of the specification', () => {
    expect(headerLines('hello', 64, 3)).toBe('Pinging hello with 64 bytes of data (3 packets):\n\n');
    expect(replyLine(64, 'hello', 2, 1.23456, false)).toBe('64 bytes from hello: seq=2 time=1.235 ms\n');
    expect(replyLine(64, 'hello', 2, 0.0512, true)).toBe('64 bytes from hello: seq=2 time=51.200 µs [out-of-order]\n');
    expect(timePrefix(1_700_000_000_123)).toBe('[1700000000.123000] ');
  });

  it('sum up in ms, in µs for fast replies, and with NaN for one reply', () => {
    expect(summaryLines('x', statisticsOf([1, 2, 3], 4), 3001.5)).toBe(
      '\n--- x ping statistics ---\n' +
        '4 packets transmitted, 3 received, 0 out-of-order, 25% packet loss, time: 3001.500 ms\n' +
        'rtt min/avg/max/mdev = 1.000/2.000/3.000/1.000 ms\n',
    );
    expect(summaryLines('x', statisticsOf([0.05]), 1)).toContain('= 50.000/50.000/50.000/NaN µs\n');
    expect(summaryLines('x', statisticsOf([], 2), 1)).not.toContain('rtt');
  });

  it('give the documented JSON', () => {
    expect(summaryJson('x', 64, statisticsOf([1, 2, 3], 4), 3001.5, 'timeout')).toEqual({
      name: 'x',
      size: 64,
      transmitted: 4,
      received: 3,
      outOfOrder: 0,
      lossPercent: 25,
      timeMs: 3001.5,
      rttMs: { min: 1, avg: 2, max: 3, mdev: 1 },
      longestGapMs: 10,
      end: 'timeout',
    });
    expect(summaryJson('x', 64, statisticsOf([], 1), 5, 'signal').rttMs).toBeNull();
    expect(summaryJson('x', 64, statisticsOf([1]), 5, 'complete').rttMs?.mdev).toBeNull();
  });
});

describe('the version', () => {
  it('is that of the package', () => expect(VERSION).toBe(packageJson.version));
});
