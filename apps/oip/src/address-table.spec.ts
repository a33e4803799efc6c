import fc from 'fast-check';
import { AddressTable } from './address-table.js';

const PLACES = { 4: { at: 1, bytes: 4 }, 16: { at: 1, bytes: 16 } } as const;
/** Where the packet begins. */
const AT = 2;
const packet = (...address: number[]): Uint8Array => Uint8Array.of(0xee, 0xee, 0xee, ...address);

describe('the table of addresses', () => {
  it('gives an address to the first that has it, until it leaves or is silent', () => {
    const table = new AddressTable(16, 1000);
    const one = packet(10, 9, 0, 2);
    expect(table.ownerOf(one, AT, PLACES[4])).toBe(-1);
    expect([table.heard(one, AT, PLACES[4], 7, 0), table.heard(one, AT, PLACES[4], 8, 500)]).toEqual([true, false]);
    expect(table.heard(one, AT, PLACES[4], 7, 900)).toBe(true);
    expect([table.heard(one, AT, PLACES[4], 8, 1899), table.ownerOf(one, AT, PLACES[4])]).toEqual([false, 7]);
    expect([table.heard(one, AT, PLACES[4], 8, 1900), table.ownerOf(one, AT, PLACES[4])]).toEqual([true, 8]);
    table.leave(8);
    expect([table.ownerOf(one, AT, PLACES[4]), table.size]).toEqual([-1, 0]);
  });

  it('learns no more than it has room for, and refuses nothing for that', () => {
    const table = new AddressTable(4, 1000);
    for (let i = 0; i < 10; i += 1) expect(table.heard(packet(10, 0, 0, i), AT, PLACES[4], i, 0)).toBe(true);
    const owners = Array.from({ length: 10 }, (_, i) => table.ownerOf(packet(10, 0, 0, i), AT, PLACES[4]));
    expect(owners).toEqual([0, 1, 2, 3, -1, -1, -1, -1, -1, -1]);
  });

  it('does what a map of texts does', () => {
    const address = fc.oneof(
      fc.tuple(fc.constant(10), fc.constant(9), fc.nat(1), fc.nat(20)),
      fc.tuple(...Array.from({ length: 16 }, (_, i) => (i < 15 ? fc.constant(0xfd) : fc.nat(20)))),
    );
    const step = fc.oneof(fc.record({ address, client: fc.nat(3) }), fc.record({ leave: fc.nat(3) }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new AddressTable(64, 1000);
        const model = new Map<string, number>();
        for (const todo of steps) {
          if ('leave' in todo) {
            table.leave(todo.leave);
            for (const [key, client] of model) if (client === todo.leave) model.delete(key);
            continue;
          }
          const key = todo.address.join('.');
          const place = PLACES[todo.address.length as 4 | 16];
          const owner = model.get(key);
          const mine = owner === undefined || owner === todo.client;
          expect(table.heard(packet(...todo.address), AT, place, todo.client, 0)).toBe(mine);
          if (mine) model.set(key, todo.client);
          expect(table.ownerOf(packet(...todo.address), AT, place)).toBe(model.get(key));
        }
        expect(table.size).toBe(model.size);
      }),
    );
  });
});
