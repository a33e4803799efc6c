import { FlowFrame } from '@ouroboros/wire';

/**
 * Messages of a key change, as they stand inside the encryption:
 *
 *   0 frame type = 4 │ 1 message (1) │ 2 epoch that is to begin (4) │ 6 part (1) │ 7 bytes of the share …
 *
 * Shares of X25519MLKEM768 are longer than a path is sure to carry, so they go in parts of PART_LENGTH bytes, the last
 * shorter; part is 0 and nothing follows in messages that carry none.
 */

export const ChangeMessage = {
  /** Initiator: a part of its public key. Under the epoch before. */
  OFFER: 1,
  /** Responder: a part of its ciphertext. Under the epoch before. */
  ANSWER: 2,
  /** Initiator: I have the new keys and seal with them. Under the new epoch. */
  CONFIRM: 3,
  /** Responder: so do I. Under the new epoch. */
  CONFIRMED: 4,
  /** Responder: begin a key change. Under the epoch before. */
  REQUEST: 5,
} as const;
export type ChangeMessage = (typeof ChangeMessage)[keyof typeof ChangeMessage];

export const OFFER_LENGTH = 1216;
export const ANSWER_LENGTH = 1120;
export const SHARE_PARTS = 3;
/** A sealed message with a checksum behind it fits the 512 bytes that every path must carry. */
export const PART_LENGTH = 448;
export const MESSAGE_HEAD = 7;
export const MESSAGE_MAX = MESSAGE_HEAD + PART_LENGTH;

/** One message, read or to be written; reused, so that nothing is allocated. */
export interface ChangeFields {
  type: ChangeMessage;
  epoch: number;
  part: number;
}

/** Writes the fields; a part of a share goes behind them. */
export function writeChangeHead(bytes: Uint8Array, at: number, fields: ChangeFields): void {
  bytes[at] = FlowFrame.keyChange;
  bytes[at + 1] = fields.type;
  bytes[at + 2] = fields.epoch >>> 24;
  bytes[at + 3] = fields.epoch >>> 16;
  bytes[at + 4] = fields.epoch >>> 8;
  bytes[at + 5] = fields.epoch;
  bytes[at + 6] = fields.part;
}

/** Reads a message that begins with FlowFrame.keyChange into `fields`; false when it is none. */
export function readChangeHead(bytes: Uint8Array, at: number, length: number, fields: ChangeFields): boolean {
  if (length < MESSAGE_HEAD) return false;
  const type = bytes[at + 1]!;
  const part = bytes[at + 6]!;
  if (type < ChangeMessage.OFFER || type > ChangeMessage.REQUEST) return false;
  fields.type = type as ChangeMessage;
  fields.epoch = ((bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!) >>> 0;
  fields.part = part;
  return length - MESSAGE_HEAD === bytesOfPart(fields.type, part);
}

/** Bytes of the share in a message, or -1 when there is no such part. */
function bytesOfPart(type: ChangeMessage, part: number): number {
  if (type === ChangeMessage.OFFER) return partLength(OFFER_LENGTH, part);
  if (type === ChangeMessage.ANSWER) return partLength(ANSWER_LENGTH, part);
  return part === 0 ? 0 : -1;
}

const partLength = (total: number, part: number): number =>
  part < SHARE_PARTS ? Math.min(PART_LENGTH, total - part * PART_LENGTH) : -1;

/** Copies part `part` of a share to `out`; answers its length. */
export function copyPart(share: Uint8Array, part: number, out: Uint8Array, at: number): number {
  const length = partLength(share.length, part);
  const from = part * PART_LENGTH;
  for (let i = 0; i < length; i += 1) out[at + i] = share[from + i]!;
  return length;
}

/** A share of which parts come in any order, some of them more than once. */
export class ShareAssembly {
  readonly share: Uint8Array;
  private received = 0;

  constructor(length: number) {
    this.share = new Uint8Array(length);
  }

  get started(): boolean {
    return this.received !== 0;
  }

  get complete(): boolean {
    return this.received === (1 << SHARE_PARTS) - 1;
  }

  has(part: number): boolean {
    return (this.received & (1 << part)) !== 0;
  }

  /** Takes a part that `readChangeHead` has accepted; `at` is where its bytes begin. The first of its number counts. */
  put(part: number, bytes: Uint8Array, at: number): void {
    if (this.has(part)) return;
    const length = partLength(this.share.length, part);
    for (let i = 0; i < length; i += 1) this.share[part * PART_LENGTH + i] = bytes[at + i]!;
    this.received |= 1 << part;
  }

  clear(): void {
    this.received = 0;
  }
}
