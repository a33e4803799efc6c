import fc from 'fast-check';
import type { Address } from '@ouroboros/model';
import { AddressTable } from './address-table.js';

describe('the table of addresses', () => {
  it('answers as a Map does, for any addresses', () => {
    const address = fc.integer({ min: 1, max: 0xffff_ffff });
    fc.assert(
      fc.property(fc.uniqueArray(address, { maxLength: 300 }), fc.array(address, { maxLength: 50 }), (known, asked) => {
        const entries = known.map((key, i) => [key as Address, `value ${i}`] as const);
        const table = new AddressTable(entries);
        const map = new Map<number, string>(entries);
        for (const key of [...known, ...asked]) expect(table.get(key as Address)).toBe(map.get(key));
        expect(table.get(0 as Address)).toBeUndefined();
        expect(table.all().sort()).toEqual([...map.values()].sort());
      }),
    );
  });

  it('keeps addresses apart that fall on the same place', () => {
    const many = Array.from({ length: 5000 }, (_, i) => [((i << 20) | 7) >>> 0, i] as const).filter(
      ([key], i, all) => all.findIndex(([other]) => other === key) === i,
    );
    const table = new AddressTable(many.map(([key, i]) => [key as Address, i] as const));
    for (const [key, i] of many) expect(table.get(key as Address)).toBe(i);
  });

  it('is empty without entries', () => {
    expect(new AddressTable().get(1 as Address)).toBeUndefined();
    expect(new AddressTable().all()).toEqual([]);
  });
});
