import { address, type Address } from '@ouroboros/model';
import { alternatePff, multipathPff, simplePff } from './index.js';

const [A, B, C, D] = [address(1), address(2), address(3), address(4)];

interface Flow {
  readonly to: Address;
}

const flows = new Map([B, C, D].map((to) => [to, { to }] as const));
const flowOf = (neighbor: Address): Flow | undefined => flows.get(neighbor);
const [toB, toC, toD] = [B, C, D].map((to) => flows.get(to)!) as [Flow, Flow, Flow];
const routes = (...hops: Address[]): ReadonlyMap<Address, readonly Address[]> => new Map([[A, hops]]);

describe.each([simplePff, alternatePff, multipathPff])('the forwarding policy $name', (policy) => {
  it('leaves out next hops without a flow, and forgets the table before', () => {
    const pff = policy.create<Flow>();
    pff.update(new Map([...routes(address(7), B), [C, [address(7)]]]), flowOf);
    expect([A, C, D].map((to) => pff.nextHop(to, 0, 0))).toEqual([toB, undefined, undefined]);
    pff.update(new Map(), flowOf);
    expect(pff.nextHop(A, 0, 0)).toBeUndefined();
  });
});

describe('the forwarding policy simple', () => {
  it('stays with the first next hop when it is down', () => {
    const pff = simplePff.create<Flow>();
    pff.update(routes(B, C), flowOf);
    pff.setDown(toB, true);
    expect(pff.nextHop(A, 0, 0)).toBe(toB);
  });
});

describe('the forwarding policy alternate', () => {
  it('takes the first next hop that is not down, and the primary again when it is up', () => {
    const pff = alternatePff.create<Flow>();
    pff.update(routes(B, C, D), flowOf);
    const seen = (['down B', 'down C', 'down D', 'up C', 'up B'] as const).map((change) => {
      pff.setDown(change.endsWith('B') ? toB : change.endsWith('C') ? toC : toD, change.startsWith('down'));
      return pff.nextHop(A, 0, 0);
    });
    expect(seen).toEqual([toC, toD, toD, toC, toB]);
  });

  it('does not forget with a new table what is down', () => {
    const pff = alternatePff.create<Flow>();
    pff.setDown(toB, true);
    pff.update(routes(B, C), flowOf);
    expect(pff.nextHop(A, 0, 0)).toBe(toC);
  });
});

describe('the forwarding policy multipath', () => {
  const eids = Array.from({ length: 3000 }, (_, i) => [64 + (i % 4032), (i * 0x9e37_79b1) >>> 0] as const);

  it('spreads flows evenly, whichever hops there are, and keeps each on its path', () => {
    const pff = multipathPff.create<Flow>();
    for (const hops of [
      [B, C],
      [B, C, D],
    ]) {
      pff.update(routes(...hops), flowOf);
      const taken = eids.map(([low, high]) => pff.nextHop(A, low, high)!);
      expect(eids.map(([low, high]) => pff.nextHop(A, low, high))).toEqual(taken);
      for (const hop of hops) {
        const share = taken.filter(({ to }) => to === hop).length / eids.length;
        expect(Math.abs(share * hops.length - 1)).toBeLessThan(0.1);
      }
    }
  });

  it('moves no flows but those of a hop that is lost', () => {
    const pff = multipathPff.create<Flow>();
    pff.update(routes(B, C, D), flowOf);
    const before = eids.map(([low, high]) => pff.nextHop(A, low, high)!);
    pff.update(routes(B, C), flowOf);
    const after = eids.map(([low, high]) => pff.nextHop(A, low, high)!);
    expect(after.filter((flow, i) => before[i] !== toD && flow !== before[i])).toEqual([]);
  });
});
