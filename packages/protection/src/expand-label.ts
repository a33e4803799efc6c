import { concatBytes } from '@ouroboros/model';
import type { Kdf } from '@ouroboros/ports';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/**
 * HKDF-Expand-Label of TLS 1.3 with SHA-256 [RFC 8446 §7.1], except that the caller writes the whole label, prefix
 * included: `tls13 key` in TLS, `o7s key` here. Labels are ASCII; label and context have at most 255 bytes.
 *
 *   0 length (2) │ 2 label length (1) │ 3 label │ … context length (1) │ context
 */
export function expandLabel(
  kdf: Kdf,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const name = ascii(label);
  const info = concatBytes(
    Uint8Array.of(length >>> 8, length & 0xff, name.length),
    name,
    Uint8Array.of(context.length),
    context,
  );
  return kdf.expand('sha256', secret, info, length);
}
