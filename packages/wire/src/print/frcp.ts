/** Printer of FRCP packets, plain ones. One line each, see line.ts. */
import {
  FRCP_PCI_LENGTH,
  FrcpFlag,
  frcpAckno,
  frcpDuplicates,
  frcpFlags,
  frcpHere,
  frcpMissing,
  frcpRangeCount,
  frcpSeqno,
  frcpWindow,
} from '../frcp-pci.js';
import { decimal, printLine, printRefused, type Column } from './line.js';

/** Ranges that are printed; the rest is counted. */
const SHOWN_RANGES = 8;

const FRCP: readonly Column[] = [
  ['window', 'window', decimal],
  ['seqno', 'seqno', decimal],
  ['ackno', 'ackno', decimal],
  ['payload', 'payload', decimal],
  ['duplicates', 'duplicates', decimal],
  ['ranges', 'here', String],
];

/** A whole packet of a flow with FRCP, after decryption. `selective`: both ends agreed on FRCP_SELECTIVE. */
export function printFrcp(bytes: Uint8Array, selective: boolean): string {
  if (bytes.length === 0) return 'FRCP keep-alive';
  if (bytes.length < FRCP_PCI_LENGTH)
    return printRefused('FRCP', { ok: false, reason: 'too-short', field: '' }, bytes.length);
  const flags = frcpFlags(bytes, 0);
  const names = Object.entries(FrcpFlag).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]));
  const has = (bit: number): boolean => (flags & bit) !== 0;
  return printLine(
    `FRCP ${names.length === 0 ? 'no flags' : names.join('|')}`,
    {
      window: has(FrcpFlag.FC) ? frcpWindow(bytes, 0) : undefined,
      seqno: has(FrcpFlag.DATA | FrcpFlag.DRF) ? frcpSeqno(bytes, 0) : undefined,
      ackno: has(FrcpFlag.ACK) ? frcpAckno(bytes, 0) : undefined,
      payload: has(FrcpFlag.DATA) ? bytes.length - FRCP_PCI_LENGTH : undefined,
      ...(selective && has(FrcpFlag.ACK) && !has(FrcpFlag.DATA) ? arrivals(bytes) : {}),
    },
    FRCP,
  );
}

/** What a selective acknowledgement says beyond ackno: numbers of packets, first and last of each range. */
function arrivals(bytes: Uint8Array): { readonly duplicates?: number; readonly ranges?: string } {
  const count = frcpRangeCount(bytes.length);
  if (count < 0) return {};
  const shown: string[] = [];
  let at = frcpAckno(bytes, 0);
  for (let i = 0; i < Math.min(count, SHOWN_RANGES); i++) {
    const first = at + frcpMissing(bytes, 0, i);
    at = first + frcpHere(bytes, 0, i);
    shown.push(`${first >>> 0}-${(at - 1) >>> 0}`);
  }
  if (count > SHOWN_RANGES) shown.push(`+${count - SHOWN_RANGES}`);
  return { duplicates: frcpDuplicates(bytes, 0), ranges: count === 0 ? undefined : shown.join(',') };
}
