import { address } from '@ouroboros/model';
import { simplePff } from './index.js';

const [A, B, C] = [address(1), address(2), address(3)];

describe('the simple forwarding policy', () => {
  it('takes the first next hop that has a flow, and forgets the table before', () => {
    const pff = simplePff.create<string>();
    const flows = new Map([[B, 'to-b']]);
    pff.update(
      new Map([
        [A, [C, B]],
        [C, [C]],
      ]),
      (neighbor) => flows.get(neighbor),
    );
    expect([pff.nextHop(A), pff.nextHop(C), pff.nextHop(address(9))]).toEqual(['to-b', undefined, undefined]);
    pff.update(new Map(), (neighbor) => flows.get(neighbor));
    expect(pff.nextHop(A)).toBeUndefined();
  });
});
