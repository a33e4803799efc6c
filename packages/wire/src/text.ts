import { getTextEncoding } from '@bufbuild/protobuf/wire';

export const encodeText = (text: string): Uint8Array => getTextEncoding().encodeUtf8(text);

/** Undefined for bytes that are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return getTextEncoding().decodeUtf8(bytes, true);
  } catch {
    return undefined;
  }
}

/** The longest prefix of the text that fits `maxBytes` in UTF-8 and ends between two characters. */
export function encodeTextPrefix(text: string, maxBytes: number): Uint8Array {
  const bytes = encodeText(text);
  if (bytes.length <= maxBytes) return bytes;
  let end = maxBytes;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
