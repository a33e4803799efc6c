import fc from 'fast-check';
import { fromHex, toHex } from '@ouroboros/model';
import {
  DT_PCI_LENGTH,
  DT_PCI_TABLE,
  dtCube,
  dtDst,
  dtEcn,
  dtEidHigh,
  dtEidLow,
  dtTtl,
  eidHigh,
  eidLow,
  eidOf,
  markDtEcn,
  setDtTtl,
  writeDtPci,
} from './dt-pci.js';
import { readFields } from './field-table.js';

const u32 = fc.nat({ max: 0xffffffff });
const u8 = fc.nat({ max: 255 });

function expectHeader(hex: string, dst: number, eid: bigint): void {
  const written = new Uint8Array(DT_PCI_LENGTH);
  writeDtPci(written, 0, dst, 0, 60, 0, eidLow(eid), eidHigh(eid));
  expect(toHex(written)).toBe(hex);
  expect(dtDst(written, 0)).toBe(dst);
  expect(eidOf(dtEidLow(written, 0), dtEidHigh(written, 0))).toBe(eid);
}

describe('the DT header', () => {
  it('matches the worked examples of the control plane', () => {
    expectHeader('0d0c0b0a003c000100000000000000', 0x0a0b0c0d, 1n);
    expectHeader('0d0c0b0a003c000000000000000000', 0x0a0b0c0d, 0n);
    expectHeader('44332211003c0040000000efbeadde', 0x11223344, 0xdeadbeef00000040n);
  });

  it('matches the worked example of a data packet', () => {
    const packet = fromHex('01020304003c0041000000d4c3b2a168656c6c6f');
    expect([dtDst(packet, 0), dtCube(packet, 0), dtTtl(packet, 0), dtEcn(packet, 0)]).toEqual([0x04030201, 0, 60, 0]);
    expect([dtEidLow(packet, 0), dtEidHigh(packet, 0)]).toEqual([0x41, 0xa1b2c3d4]);
    expectHeader('01020304003c0041000000d4c3b2a1', 0x04030201, 0xa1b2c3d400000041n);
  });

  it('reads back what was written, at any offset, and touches nothing else', () => {
    fc.assert(
      fc.property(fc.nat({ max: 20 }), u32, u8, u8, u8, u32, u32, (at, dst, cube, ttl, ecn, low, high) => {
        const buffer = new Uint8Array(40).fill(0x55);
        writeDtPci(buffer, at, dst, cube, ttl, ecn, low, high);
        expect([dtDst(buffer, at), dtCube(buffer, at), dtTtl(buffer, at), dtEcn(buffer, at)]).toEqual([
          dst,
          cube,
          ttl,
          ecn,
        ]);
        expect([dtEidLow(buffer, at), dtEidHigh(buffer, at)]).toEqual([low, high]);
        expect(readFields(DT_PCI_TABLE, buffer, at)).toEqual({ dst, cube, ttl, ecn, eid: eidOf(low, high) });
        expect(buffer.subarray(0, at).every((byte) => byte === 0x55)).toBe(true);
        expect(buffer.subarray(at + DT_PCI_LENGTH).every((byte) => byte === 0x55)).toBe(true);
      }),
    );
  });

  it('takes TTL and marks in place: TTL wraps, marks are ORed', () => {
    const buffer = new Uint8Array(20);
    writeDtPci(buffer, 3, 7, 1, 0, 1, 2, 3);
    setDtTtl(buffer, 3, dtTtl(buffer, 3) - 1);
    markDtEcn(buffer, 3, 2);
    markDtEcn(buffer, 3, 1);
    expect([dtTtl(buffer, 3), dtEcn(buffer, 3), dtCube(buffer, 3), dtEidLow(buffer, 3)]).toEqual([255, 3, 1, 2]);
  });

  it('splits a 64-bit EID into halves and joins them without loss', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (eid) => {
        expect(eidOf(eidLow(eid), eidHigh(eid))).toBe(eid);
      }),
    );
  });
});
