import fc from 'fast-check';
import { QOS_RAW, QOS_VIDEO, QOS_VOICE } from '@ouroboros/model';
import { Admission } from './admission.js';

const MBIT = 1_000_000n;
const asking = (bandwidth: bigint) => ({ ...QOS_RAW, bandwidth });

describe('the admission of flows', () => {
  it('goes up to the capacity and not one bit further, and says what was asked and what is free', () => {
    const admission = new Admission<string>(10n * MBIT);
    expect(admission.admit('a', asking(8n * MBIT))).toBe('');
    expect(admission.admit('b', asking(2n * MBIT + 1n))).toBe('bandwidth 2.000001 Mb/s asked, 2 Mb/s of 10 Mb/s free');
    expect(admission.admit('b', asking(2n * MBIT))).toBe('');
    expect(admission.admit('c', asking(1n))).toBe('bandwidth 1 b/s asked, 0 b/s of 10 Mb/s free');
    admission.giveBack('a');
    expect(admission.admit('c', asking(8n * MBIT))).toBe('');
    expect(admission.admitted).toBe(10n * MBIT);
  });

  it('takes whoever asks for no bandwidth, however much is taken', () => {
    const admission = new Admission<string>(1n);
    expect(['a', 'b'].map((flow) => admission.admit(flow, asking(BigInt(flow === 'a'))))).toEqual(['', '']);
  });

  it('without a capacity takes everybody', () => {
    const admission = new Admission<number>(null);
    for (let i = 0; i < 5; i += 1) expect(admission.admit(i, QOS_VIDEO)).toBe('');
    for (let i = 0; i < 5; i += 1) admission.giveBack(i);
    expect(admission.admitted).toBe(0n);
  });

  it('refuses video, which asks for all that there can be, wherever there is a limit', () => {
    const admission = new Admission<string>(150_000n);
    expect(admission.admit('a', QOS_VIDEO)).toBe('bandwidth without limit asked, 150 kb/s of 150 kb/s free');
    expect(admission.admit('b', QOS_VOICE)).toBe('');
    expect(admission.admit('c', QOS_VOICE)).toBe('bandwidth 100 kb/s asked, 50 kb/s of 150 kb/s free');
  });

  it('never exceeds the capacity, refuses nobody for whom there is room, and gets everything back', () => {
    const flow = fc.nat(7);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('admit' as const), flow, bandwidth: fc.bigInt(0n, 60n) }),
      fc.record({ kind: fc.constant('give back' as const), flow }),
      fc.record({ kind: fc.constant('hand over' as const), flow, to: fc.integer({ min: 8, max: 15 }) }),
    );
    fc.assert(
      fc.property(fc.bigInt(0n, 200n), fc.array(step, { maxLength: 200 }), (capacity, steps) => {
        const admission = new Admission<number>(capacity);
        const held = new Map<number, bigint>();
        const sum = (): bigint => [...held.values()].reduce((total, one) => total + one, 0n);
        for (const one of steps) {
          if (one.kind === 'admit') {
            held.delete(one.flow);
            const fits = one.bandwidth <= capacity - sum();
            expect(admission.admit(one.flow, one) === '').toBe(fits);
            if (fits) held.set(one.flow, one.bandwidth);
          } else if (one.kind === 'give back') {
            held.delete(one.flow);
            admission.giveBack(one.flow);
          } else if (!held.has(one.to)) {
            const share = held.get(one.flow);
            admission.handOver(one.flow, one.to);
            held.delete(one.flow);
            if (share !== undefined) held.set(one.to, share);
          }
          expect(admission.admitted).toBe(sum());
          expect(admission.admitted <= capacity).toBe(true);
        }
        for (const one of held.keys()) admission.giveBack(one);
        expect(admission.admitted).toBe(0n);
      }),
    );
  });
});
