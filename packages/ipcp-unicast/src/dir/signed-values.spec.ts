import fc from 'fast-check';
import { address, concatBytes, micros, type Address } from '@ouroboros/model';
import { encodeDht } from '@ouroboros/wire';
import type { DhtCounters } from './contract.js';
import { decodeName, encodeName, nameBody } from './name-statement.js';
import { SignedValues } from './signed-values.js';

const B = address(0x0a0b0c0d);
const NOW = micros(0);
const bytesOf = (length: number): Uint8Array => new Uint8Array(length).fill(7);
const KEY = bytesOf(32);

/** A member whose counterparts sign with so many bytes, and are believed whatever they sign. */
const trusting = (length: number): SignedValues =>
  new SignedValues({
    self: address(1),
    layer: 'net',
    signer: {
      certificate: bytesOf(400),
      sign: () => bytesOf(length),
      verify: (_, region) => address(new DataView(region.buffer).getUint32(LABEL + 4)),
      wallMs: () => 0,
    },
    witnesses: { witnessOf: () => ({ certificate: bytesOf(400), wallMs: 0n }), nextNumber: () => 1n },
    counters: { crowded: 0, forged: 0, stale: 0, unknown: 0 } as DhtCounters,
  });
/** What is signed before the address: the purpose, and the layer. */
const LABEL = 'o7s name'.length + 1 + 'net'.length;

describe('an answer with signed names', () => {
  it('fits a packet of the smallest layer below, with as many as there is room for', () => {
    const sizes = fc.record({
      hash: fc.constantFrom(28, 32, 48, 64),
      signature: fc.constantFrom(64, 72, 139, 256, 512, 1024),
      members: fc.integer({ min: 1, max: 60 }),
      near: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(sizes, ({ hash, signature, members, near }) => {
        const values = trusting(signature);
        const key = bytesOf(hash);
        const serving = Array.from({ length: members }, (_, i) => address(0xffff_0000 + i));
        for (const one of serving) {
          const value = encodeName(nameBody({ address: one, number: 1n, withdrawn: false }, key), bytesOf(signature));
          expect(values.stored(key, value, B, NOW)).toBe(one);
        }
        const contact = { id: bytesOf(hash), address: 0xffff_ffff };
        const contacts = Array.from({ length: near }, () => contact);
        const answer = values.answer(key, serving, contacts, true, NOW);
        const ext = bytesOf(4);
        const cookie = 2n ** 64n - 1n;
        const bytes = encodeDht({ kind: 'find-value-response', src: contact, ext, cookie, key, ...answer });
        expect(bytes.length).toBeLessThanOrEqual(1300);
        const one = signature + 17;
        const room = Math.floor((1300 - 100 - 5 * (hash + 16)) / (one + 8));
        expect(answer.values.length).toBeGreaterThanOrEqual(Math.max(0, Math.min(members, room)));
        expect(answer.contacts.length).toBe(Math.min(near, 3));
      }),
    );
  });
});

describe('the value of a signed name', () => {
  it('is read as it was written', () => {
    const said = fc.record({
      address: fc.integer({ min: 1, max: 0xffff_ffff }).map((n) => n as Address),
      number: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
      withdrawn: fc.boolean(),
    });
    fc.assert(
      fc.property(said, fc.uint8Array({ minLength: 1, maxLength: 1024 }), (one, signature) => {
        expect(decodeName(encodeName(nameBody(one, KEY), signature))).toEqual({ ...one, signature });
      }),
    );
  });

  it('is nothing without signature, with one that is too long, with an address of 0 or above 32 bits, or an unknown flag', () => {
    const value = encodeName(nameBody({ address: B, number: 7n, withdrawn: false }, KEY), Uint8Array.of(1));
    const altered = (at: number, byte: number): Uint8Array => value.map((one, i) => (i === at ? byte : one));
    const long = concatBytes(value, new Uint8Array(1024));
    const nobody = concatBytes(new Uint8Array(8), value.subarray(8));
    for (const bytes of [value.subarray(0, 17), long, nobody, altered(0, 1), altered(16, 2)])
      expect(decodeName(bytes)).toBeUndefined();
  });
});
