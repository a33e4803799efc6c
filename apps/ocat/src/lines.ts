import type { Flow } from '@ouroboros/flow';
import { inUnits } from '@ouroboros/tool-kit';
import type { Outcome, TransferCount, TransferResult } from './transfer.js';

/** The summary of `ocat --json`. This shape is documented and kept. */
export interface TransferJson {
  readonly name: string;
  /** Empty between two processes of one host. */
  readonly layer: string;
  /** `plain`, or the cipher. */
  readonly protection: string;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly timeMs: number;
  readonly sending: Outcome;
  readonly receiving: Outcome;
  /** Every byte of both directions arrived: exit status 0. */
  readonly complete: boolean;
  /** The code of the failure, or null. */
  readonly error: string | null;
}

export const isComplete = ({ sending, receiving }: TransferResult): boolean =>
  sending === 'complete' && receiving === 'complete';

export function summaryJson(flow: Flow, count: TransferCount, result: TransferResult, timeMs: number): TransferJson {
  const { name, layer, crypto } = flow;
  const { sending, receiving, error } = result;
  const facts = { name, layer, protection: crypto?.cipher ?? 'plain' };
  const bytes = { sentBytes: count.sent, receivedBytes: count.received, timeMs: Math.round(timeMs) };
  return { ...facts, ...bytes, sending, receiving, complete: isComplete(result), error: error?.code ?? null };
}

/** Why the exit status is not 0, or null. */
export function faultLine(result: TransferResult): string | null {
  if (result.error) return `ocat: ${result.error.message}: bytes may be missing at either side`;
  if (isComplete(result)) return null;
  return 'ocat: nobody can tell whether every byte arrived: the other side is an Ouroboros of C, or the QoS loses packets';
}

/** How the flow is carried and protected. */
export function flowLine({ id, name, layer, crypto }: Flow): string {
  const way = layer === '' ? 'within this host' : `through layer ${layer}`;
  const peer = crypto?.peer ? `, authenticated as ${crypto.peer}` : '';
  return `ocat: flow ${id} for ${name} ${way}, ${crypto ? `encrypted with ${crypto.cipher}${peer}` : 'plain'}`;
}

/** Bytes, and the rate since `before`, which was `ms` ago. */
export function progressLine(count: TransferCount, before: TransferCount, ms: number): string {
  const part = (now: number, then: number): string => `${inUnits(now)} (${inUnits(((now - then) * 1000) / ms)}/s)`;
  return `sent ${part(count.sent, before.sent)}, received ${part(count.received, before.received)}`;
}
