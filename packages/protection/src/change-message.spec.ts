import { toHex } from '@ouroboros/model';
import fc from 'fast-check';
import {
  ANSWER_LENGTH,
  ChangeMessage,
  MESSAGE_HEAD,
  MESSAGE_MAX,
  OFFER_LENGTH,
  SHARE_PARTS,
  ShareAssembly,
  copyPart,
  readChangeHead,
  writeChangeHead,
  type ChangeFields,
} from './change-message.js';
import { OWN_OVERHEAD } from './own-packet.js';

const fields = (): ChangeFields => ({ type: ChangeMessage.REQUEST, epoch: 0, part: 0 });
const CHECKSUM = 4;

/** One message with its part. */
function written(type: ChangeMessage, epoch: number, part: number, share?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_MAX);
  writeChangeHead(bytes, 0, { type, epoch, part });
  return bytes.subarray(0, MESSAGE_HEAD + (share === undefined ? 0 : copyPart(share, part, bytes, MESSAGE_HEAD)));
}

const SHARED = [
  ['OFFER', ChangeMessage.OFFER, OFFER_LENGTH],
  ['ANSWER', ChangeMessage.ANSWER, ANSWER_LENGTH],
] as const;

describe('messages of key changes', () => {
  it('have their fields where the picture shows them', () => {
    expect(toHex(written(ChangeMessage.CONFIRM, 0x01020304, 0))).toBe('04030102030400');
  });

  it.each(SHARED)('carry a share of %s in parts of any order', (_name, type, length) => {
    const share = Uint8Array.from({ length }, (_, i) => i ^ (i >> 8));
    const orders = fc.array(fc.nat(SHARE_PARTS - 1), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(orders, fc.integer({ min: 0, max: 0xffffffff }), (order, epoch) => {
        const assembly = new ShareAssembly(length);
        for (const part of order) {
          const message = written(type, epoch, part, share);
          const read = fields();
          expect(readChangeHead(message, 0, message.length, read)).toBe(true);
          expect(read).toEqual({ type, epoch, part });
          assembly.put(part, message, MESSAGE_HEAD);
        }
        expect(assembly.complete).toBe(new Set(order).size === SHARE_PARTS);
        if (assembly.complete) expect(toHex(assembly.share)).toBe(toHex(share));
      }),
    );
  });

  it.each(SHARED)('of %s fit the 512 bytes that every path carries', (_name, type, length) => {
    for (let part = 0; part < SHARE_PARTS; part += 1) {
      const message = written(type, 1, part, new Uint8Array(length));
      expect(message.length + OWN_OVERHEAD + CHECKSUM).toBeLessThanOrEqual(512);
    }
  });

  it.each([
    ['cut in the head', written(ChangeMessage.CONFIRM, 1, 0).subarray(0, MESSAGE_HEAD - 1)],
    ['of an unknown kind', written(6 as ChangeMessage, 1, 0)],
    ['of kind 0', written(0 as ChangeMessage, 1, 0)],
    ['with a part that it has not', written(ChangeMessage.CONFIRM, 1, 1)],
    ['with a fourth part', written(ChangeMessage.OFFER, 1, SHARE_PARTS)],
    ['with a part that is cut', written(ChangeMessage.OFFER, 1, 0, new Uint8Array(OFFER_LENGTH)).subarray(0, -1)],
    ['with the last part of another share', written(ChangeMessage.OFFER, 1, 2, new Uint8Array(ANSWER_LENGTH))],
  ])('are refused when %s', (_what, message) => {
    expect(readChangeHead(message, 0, message.length, fields())).toBe(false);
  });

  it('are refused when something follows', () => {
    const message = written(ChangeMessage.CONFIRMED, 1, 0);
    const longer = new Uint8Array([...message, 0]);
    expect(readChangeHead(longer, 0, longer.length, fields())).toBe(false);
  });
});
