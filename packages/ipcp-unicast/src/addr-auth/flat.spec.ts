import fc from 'fast-check';
import { OuroborosError, type JsonValue } from '@ouroboros/model';
import type { Random } from '@ouroboros/ports';
import { MemoryStore, SeededRandom } from '@ouroboros/simnet';
import { flatAddress } from './flat.js';

/** Draws these numbers, then fails. */
const drawing = (...numbers: number[]): Random => ({
  bytes: () => new Uint8Array(0),
  uint32: () => {
    const next = numbers.shift();
    if (next === undefined) throw new Error('a number more was drawn than the spec has');
    return next;
  },
});

const storeWith = async (value: JsonValue): Promise<MemoryStore> => {
  const store = new MemoryStore();
  await store.write('address', value);
  return store;
};

describe('a flat address', () => {
  it('is any unsigned 32-bit number but 0, which stands for no address', async () => {
    expect(await flatAddress('net', new MemoryStore(), drawing(0, 0, 0xffffffff))).toBe(0xffffffff);
    expect(await flatAddress('net', new MemoryStore(), drawing(1))).toBe(1);
  });

  it('is kept over restarts: nothing is drawn again', async () => {
    const store = new MemoryStore();
    const first = await flatAddress('net', store, drawing(0x89abcdef));
    expect(await flatAddress('net', store, drawing())).toBe(first);
  });

  it('is drawn anew in another layer, where somebody else may have the old one', async () => {
    const store = new MemoryStore();
    await flatAddress('net', store, drawing(5));
    expect(await flatAddress('other', store, drawing(6))).toBe(6);
    expect(await flatAddress('other', store, drawing())).toBe(6);
  });

  it.each([
    ['no record', 'x'],
    ['nothing', null],
    ['no layer', { address: 5 }],
    ['no address', { layer: 'net' }],
    ['address 0', { layer: 'net', address: 0 }],
    ['a negative address', { layer: 'net', address: -5 }],
    ['an address beyond 32 bits', { layer: 'net', address: 2 ** 32 }],
    ['a fraction', { layer: 'net', address: 0.5 }],
    ['text', { layer: 'net', address: '5' }],
  ])('is drawn anew when %s was kept', async (_, kept) => {
    const store = await storeWith(kept);
    expect(await flatAddress('net', store, drawing(7))).toBe(7);
    expect(await store.read('address')).toEqual({ layer: 'net', address: 7 });
  });

  it('that cannot be kept is not used: the next start would have another one', async () => {
    const store = new MemoryStore();
    store.write = () => Promise.reject(new OuroborosError('EIO', 'disk full'));
    await expect(flatAddress('net', store, drawing(5))).rejects.toThrow('disk full');
  });

  it('is hardly ever that of another member; members that share one are noticed by routing, not here', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const random = new SeededRandom(seed);
        const drawn = new Set<number>();
        for (let i = 0; i < 100; i++) drawn.add(await flatAddress('net', new MemoryStore(), random));
        expect(drawn.size).toBeGreaterThanOrEqual(99);
      }),
      { numRuns: 50 },
    );
  });
});
