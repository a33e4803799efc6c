import fc from 'fast-check';
import { fromHex, toHex } from '@ouroboros/model';
import {
  FRCP_MAX_RANGES,
  FRCP_PCI_LENGTH,
  FRCP_RANGES_AT,
  FrcpFlag,
  frcpAckno,
  frcpDuplicates,
  frcpFlags,
  frcpHere,
  frcpMissing,
  frcpRangeCount,
  frcpSeqno,
  frcpWindow,
  writeFrcpDuplicates,
  writeFrcpPci,
  writeFrcpRange,
} from './frcp-pci.js';
import { printFrcp } from './print/frcp.js';

const u32 = fc.nat({ max: 0xffffffff });
const u16 = fc.nat({ max: 0xffff });
const { DATA, DRF, ACK, FC, RDVS } = FrcpFlag;

function header(flags: number, window: number, seqno: number, ackno: number): string {
  const bytes = new Uint8Array(FRCP_PCI_LENGTH);
  writeFrcpPci(bytes, 0, flags, window, seqno, ackno);
  return toHex(bytes);
}

describe('the FRCP header', () => {
  it('matches the worked examples', () => {
    const [s, t] = [0xfffffff0, 0x00c0ffee];
    const next = (s + 1) % 2 ** 32;
    expect(header(DATA | DRF, 0, s, 0)).toBe('03000000fffffff000000000');
    expect(header(DATA | DRF | ACK | FC, s + 257, t, next)).toBe('0f0000f100c0ffeefffffff1');
    expect(header(ACK | FC, t + 257, 0, t + 1)).toBe('0cc100ef0000000000c0ffef');
    expect(header(DRF | ACK | FC, s + 257, t, next)).toBe('0e0000f100c0ffeefffffff1');
    expect(header(RDVS, 0, 0, 0)).toBe('100000000000000000000000');
    expect(header(FC, s + 257, 0, 0)).toBe('080000f10000000000000000');
    expect(header(ACK, 0, 0, t + 1)).toBe('040000000000000000c0ffef');
  });

  it('reads back what was written, at any offset, and touches nothing else', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(255), u32, u32, u32, (at, flags, window, seqno, ackno) => {
        const buffer = new Uint8Array(40).fill(0x55);
        writeFrcpPci(buffer, at, flags, window, seqno, ackno);
        expect([frcpFlags(buffer, at), frcpWindow(buffer, at)]).toEqual([flags, window & 0xffffff]);
        expect([frcpSeqno(buffer, at), frcpAckno(buffer, at)]).toEqual([seqno, ackno]);
        expect(buffer.subarray(0, at).every((byte) => byte === 0x55)).toBe(true);
        expect(buffer.subarray(at + FRCP_PCI_LENGTH).every((byte) => byte === 0x55)).toBe(true);
      }),
    );
  });

  it('carries ranges that read back', () => {
    fc.assert(
      fc.property(u32, fc.array(fc.tuple(u16, u16), { maxLength: FRCP_MAX_RANGES }), fc.nat(9), (count, ranges, at) => {
        const buffer = new Uint8Array(at + FRCP_RANGES_AT + ranges.length * 4);
        writeFrcpDuplicates(buffer, at, count);
        ranges.forEach(([missing, here], i) => writeFrcpRange(buffer, at, i, missing, here));
        expect(frcpDuplicates(buffer, at)).toBe(count);
        expect(frcpRangeCount(buffer.length - at)).toBe(ranges.length);
        expect(ranges.map((_, i) => [frcpMissing(buffer, at, i), frcpHere(buffer, at, i)])).toEqual(ranges);
      }),
    );
  });

  it('refuses lengths that no ranges have', () => {
    expect([12, 15, 17, 18, 19, 21].map(frcpRangeCount)).toEqual([-1, -1, -1, -1, -1, -1]);
    expect(frcpRangeCount(FRCP_RANGES_AT)).toBe(0);
    expect(frcpRangeCount(FRCP_RANGES_AT + 4 * FRCP_MAX_RANGES)).toBe(FRCP_MAX_RANGES);
    expect(frcpRangeCount(FRCP_RANGES_AT + 4 * FRCP_MAX_RANGES + 4)).toBe(-1);
  });
});

describe('the FRCP printer', () => {
  it('prints one line per packet', () => {
    expect(printFrcp(fromHex(''), false)).toBe('FRCP keep-alive');
    expect(printFrcp(fromHex('0300'), false)).toBe('FRCP refused: too-short (2 bytes)');
    expect(printFrcp(fromHex('03000000fffffff00000000070696e67'), false)).toBe(
      'FRCP DATA|DRF seqno=4294967280 payload=4',
    );
    expect(printFrcp(fromHex('0cc100ef0000000000c0ffef'), false)).toBe('FRCP ACK|FC window=12648687 ackno=12648431');
    expect(printFrcp(fromHex('000000000000000000000000'), false)).toBe('FRCP no flags');
  });

  it('prints what arrived beyond ackno, across the end of the numbers', () => {
    const ack = '0c00002000000000fffffffe' + '00000003' + '00000001' + '00010002';
    expect(printFrcp(fromHex(ack), true)).toBe(
      'FRCP ACK|FC window=32 ackno=4294967294 duplicates=3 here=4294967294-4294967294,0-1',
    );
  });
});
