import { OAP_FIXED, OAP_KEX_MAX, OapFeature, decodeOapExtension } from '@ouroboros/wire';

const CRT_LENGTH_AT = 30;
const KEX_LENGTH_AT = 32;
const DATA_LENGTH_AT = 34;

/**
 * True when an OAP message carries our extension with the deallocation message among its features: a request offers it,
 * a reply repeats what was agreed. Looks at the data field alone: whether the message is a good one is the IRM daemon's
 * business. [docs/wire-extensions.md]
 */
export function takesDealloc(oap: Uint8Array): boolean {
  if (oap.length < OAP_FIXED) return false;
  const at = OAP_FIXED + u16(oap, CRT_LENGTH_AT) + (u16(oap, KEX_LENGTH_AT) & OAP_KEX_MAX);
  const end = at + u16(oap, DATA_LENGTH_AT);
  if (end > oap.length) return false;
  const extension = decodeOapExtension(oap.subarray(at, end));
  return extension.ok && (extension.value.features & OapFeature.DEALLOC_MESSAGE) !== 0;
}

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
