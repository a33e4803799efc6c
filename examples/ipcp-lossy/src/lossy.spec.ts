import { fromMs, micros } from '@ouroboros/model';
import { udp4Type, type DynamicDns } from '@ouroboros/ipcp-udp';
import { Fate, lossyType, troublesConfig } from './index.js';

const dns: DynamicDns = {
  check: () => Promise.reject(new Error('unused')),
  add: () => Promise.reject(new Error('unused')),
  remove: () => Promise.reject(new Error('unused')),
  lookup: () => Promise.reject(new Error('unused')),
};
const type = lossyType(udp4Type(dns));

describe('the fate of datagrams', () => {
  const course = (config: Parameters<typeof troublesConfig.parse>[0], count: number, length = 1000): number[][] => {
    const fate = new Fate(troublesConfig.parse(config));
    return Array.from({ length: count }, (_, i) => fate.decide(length, fromMs(i)).map((at) => at / 1000 - i));
  };

  it('is to leave at once when nothing is set', () => {
    expect(course({}, 100)).toEqual(Array(100).fill([0]));
  });

  it('follows from the seed', () => {
    const config = { loss: 20, duplicate: 10, reorder: 10, jitter_ms: 5 };
    expect(course({ ...config, seed: 7 }, 200)).toEqual(course({ ...config, seed: 7 }, 200));
    expect(course({ ...config, seed: 7 }, 200)).not.toEqual(course({ ...config, seed: 8 }, 200));
  });

  it('has the rates that were asked for', () => {
    const times = course({ loss: '12.5', duplicate: 5 }, 20_000);
    expect(times.filter((copies) => copies.length === 0).length / 20_000).toBeCloseTo(0.125, 2);
    expect(times.filter((copies) => copies.length === 2).length / 20_000).toBeCloseTo(0.05 * 0.875, 2);
  });

  it('delays by the delay and at most the jitter more', () => {
    const delays = course({ delay_ms: 10, jitter_ms: 5 }, 1000).flat();
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...delays)).toBeLessThanOrEqual(15);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(4);
  });

  it('shapes to the rate and loses what would wait too long', () => {
    const fate = new Fate(troublesConfig.parse({ rate_kbps: 8000 }));
    const times = Array.from({ length: 400 }, () => fate.decide(1000, micros(0))).flat();
    expect(times.slice(0, 3)).toEqual([1000, 2000, 3000]);
    expect(times.length).toBe(201);
  });

  it('holds writers back while more than 10 ms of packets wait for the shaped line', () => {
    const fate = new Fate(troublesConfig.parse({ rate_kbps: 8000 }));
    const room = Array.from({ length: 12 }, () => {
      fate.decide(1000, micros(0));
      return fate.roomAt(micros(0));
    });
    expect(room.slice(8)).toEqual([0, 0, 1000, 2000]);
    expect(fate.roomAt(micros(2000))).toBe(0);
  });
});

describe('the type lossy', () => {
  it('names the faults of both configurations', () => {
    const faults = type.config.check({ ip: 'x', loss: 101, colour: 'red' });
    expect(faults.map((fault) => fault.field).sort()).toEqual(['colour', 'ip', 'loss']);
    expect(type.config.parse({ ip: '127.0.0.1', loss: '5' })).toMatchObject({
      troubles: { loss: 5 },
      inner: { ip: '127.0.0.1' },
    });
  });
});
