import fc from 'fast-check';
import { fromMs, micros } from '@ouroboros/model';
import { RttEstimator } from './rtt-estimator.js';

/** As spec/wire-frcp.md §7.3 has it: nanoseconds, 64-bit integers, arithmetic shifts. */
class Reference {
  srtt = 0n;
  mdev = 0n;
  rto = 1_000_000_000n;

  sample(m: bigint): void {
    if (this.srtt === 0n) {
      this.srtt = m;
      this.mdev = m >> 1n;
    } else {
      let d = m - this.srtt;
      this.srtt += d >> 3n;
      d = ((d < 0n ? -d : d) - this.mdev) >> 2n;
      if (d < 0n) d >>= 3n;
      this.mdev += d;
    }
    if (this.srtt < 1000n) this.srtt = 1000n;
    if (this.mdev < 100n) this.mdev = 100n;
    this.rto = this.srtt + (this.mdev << 2n);
    if (this.rto < 250_000n) this.rto = 250_000n;
  }
}

describe('RttEstimator', () => {
  it('computes what the spec says, to the nanosecond', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20_000_000), { minLength: 1 }), (samples) => {
        const rtt = new RttEstimator(true);
        const reference = new Reference();
        for (const sample of samples) {
          rtt.sample(micros(sample));
          reference.sample(BigInt(sample) * 1000n);
          expect([rtt.roundTrip * 1000, rtt.timeout * 1000].map(Math.round)).toEqual(
            [reference.srtt, reference.rto].map(Number),
          );
        }
      }),
    );
  });

  it('waits 1 s before anything is measured, doubles, and never waits longer than 4 s', () => {
    const rtt = new RttEstimator(true);
    expect([0, 1, 2, 3, 12].map((doublings) => rtt.patience(doublings) / 1e6)).toEqual([1, 2, 4, 4, 4]);
  });

  it('waits for a late acknowledgement even where round trips never vary', () => {
    const [ours, towardsC] = [new RttEstimator(true), new RttEstimator(false)];
    for (let i = 0; i < 1000; i++) for (const rtt of [ours, towardsC]) rtt.sample(fromMs(30));
    expect(ours.patience(0)).toBeCloseTo(fromMs(40), 0);
    expect(towardsC.patience(0)).toBeCloseTo(fromMs(50), 0);
  });

  it('forgets a short round trip slowly', () => {
    const rtt = new RttEstimator(true);
    rtt.sample(fromMs(1));
    for (let i = 0; i < 256; i++) rtt.sample(fromMs(100));
    expect(rtt.shortest).toBeGreaterThan(fromMs(50));
    rtt.sample(fromMs(2));
    expect(rtt.shortest).toBe(fromMs(2));
  });
});
