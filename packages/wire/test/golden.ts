import { fromHex, toHex } from '@ouroboros/model';
import type { Decoded, Refused } from '../src/decoded.js';

/** The value of an accepted result; throws with the reason otherwise. */
export function valueOf<T>(result: Decoded<T>): T {
  if (result.ok) return result.value;
  throw new Error(`refused: ${result.reason} ${result.field}`);
}

/** `reason` or `reason field` of a refused result; 'accepted' otherwise. */
export const reasonOf = (result: Decoded<unknown>): string => (result.ok ? 'accepted' : faultText(result));
const faultText = (fault: Refused): string => `${fault.reason} ${fault.field}`.trimEnd();

/** Undefined properties do not matter to a value. */
export function withoutUndefined<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutUndefined) as T;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const kept = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(kept.map(([name, one]) => [name, withoutUndefined(one)])) as T;
}

/** Expects the value and the bytes to be each other's image. */
export function expectGolden<T>(
  hex: string,
  value: T,
  decode: (bytes: Uint8Array) => Decoded<unknown>,
  encode: (value: T) => Uint8Array,
): void {
  const bytes = fromHex(hex);
  expect(toHex(encode(value))).toBe(toHex(bytes));
  expect(withoutUndefined(valueOf(decode(bytes)))).toEqual(value);
}

/** Name `oping` under the layers' hashes. [spec/wire-control.md §12] */
export const OPING_SHA3 = fromHex('42dee3b0415b4f690fd91cbd99876f1e9bd8d9745ef7fa32b142773af0349d54');
export const OPING_MD5 = fromHex('7862c6fec5ecaef4aa2e3934725e23b3');

/** The unconfigured OAP request and response. [spec/wire-crypto.md §10 a, b] */
export const OAP_REQUEST = `000102030405060708090a0b0c0d0e0f 17979cfe3d85cd15 0000 0000 0000 0000 0000 0000`;
export const OAP_RESPONSE = `000102030405060708090a0b0c0d0e0f 17979cfe3dd21855 0000 0000 0000 0000 0000 0000
  85770dd08a55740fdac4d7fe6cee20ff86aff78101f70864bee082339680c2a5f26b5342ddaf6b31e36d91ba6defc7ba`;
