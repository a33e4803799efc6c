/**
 * The encryption configuration of a name: `enc.conf`, as C reads it. [spec/wire-crypto.md §8.2]
 *
 * Divergence from C: lines of more than 255 characters are not cut in two, and blanks around keys and values are ignored.
 */
import type { CipherName, DigestName, KexName } from '@ouroboros/ports';
import { isCipherName, isDigestName, isKexName } from './algorithms.js';

export interface OapAlgorithms {
  readonly kex: KexName;
  readonly cipher: CipherName;
  readonly kdf: DigestName;
  /** For the signature and the request hash. */
  readonly digest: DigestName;
  /** A KEM is used with the server's static key: no forward secrecy. */
  readonly clientEncapsulates: boolean;
}

/** Of a file that says nothing. */
export const CONFIGURED_ALGORITHMS: OapAlgorithms = {
  kex: 'prime256v1',
  cipher: 'aes-256-gcm',
  kdf: 'sha256',
  digest: 'sha256',
  clientEncapsulates: false,
};

/** `algorithms` null: the file says `none`. */
export type EncConf =
  | { readonly ok: true; readonly algorithms: OapAlgorithms | null }
  | { readonly ok: false; readonly key: string; readonly value: string };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What each known key sets; false for a value that it does not take. */
const KEYS: Readonly<Record<string, (found: Mutable<OapAlgorithms>, value: string) => boolean>> = {
  kex: (found, value) => isKexName(value) && ((found.kex = value), true),
  cipher: (found, value) => isCipherName(value) && ((found.cipher = value), true),
  kdf: (found, value) => isDigestName(value) && ((found.kdf = value), true),
  digest: (found, value) => isDigestName(value) && ((found.digest = value), true),
  kem_mode: (found, value) => {
    found.clientEncapsulates = value === 'client';
    return value === 'client' || value === 'server';
  },
};

/** Reads the text of an `enc.conf`; unknown keys and lines without `=` are ignored, an unknown value is a fault. */
export function parseEncConf(text: string): EncConf {
  const lines = text.split('\n').map((line) => (line.startsWith('#') ? '' : line.trim()));
  if (lines.includes('none')) return { ok: true, algorithms: null };
  const found: Mutable<OapAlgorithms> = { ...CONFIGURED_ALGORITHMS };
  for (const line of lines) {
    const at = line.indexOf('=');
    if (at < 0) continue;
    const [key, value] = [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    const set = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (set && !set(found, value)) return { ok: false, key, value };
  }
  return { ok: true, algorithms: found };
}
