/** Algorithms by name and by number, and which of two is stronger. [spec/wire-crypto.md §2] */
import type { AeadName, CipherName, DigestName, KexName } from '@ouroboros/ports';
import { OAP_CIPHERS, OAP_DIGESTS, OAP_KEY_EXCHANGES } from '@ouroboros/wire';

type Row<Name> = { readonly name: Name; readonly nid: number };

const CIPHERS: readonly Row<CipherName>[] = OAP_CIPHERS;
const DIGESTS: readonly Row<DigestName>[] = OAP_DIGESTS;
const KEX: readonly Row<KexName>[] = OAP_KEY_EXCHANGES;

const nameOf = <Name>(rows: readonly Row<Name>[], nid: number): Name | null =>
  rows.find((row) => row.nid === nid)?.name ?? null;
const nidOf = <Name>(rows: readonly Row<Name>[], name: Name | null): number =>
  rows.find((row) => row.name === name)?.nid ?? 0;
/** Position in the table from 1, weakest first; 0 for none. */
const rankOf = <Name>(rows: readonly Row<Name>[], name: Name | null): number =>
  rows.findIndex((row) => row.name === name) + 1;
const strongest = <Name>(rows: readonly Row<Name>[], a: Name | null, b: Name | null): Name | null =>
  rankOf(rows, a) >= rankOf(rows, b) ? a : b;

export const cipherOf = (nid: number): CipherName | null => nameOf(CIPHERS, nid);
export const digestOf = (nid: number): DigestName | null => nameOf(DIGESTS, nid);
export const kexOf = (nid: number): KexName | null => nameOf(KEX, nid);
export const nidOfCipher = (name: CipherName | null): number => nidOf(CIPHERS, name);
export const nidOfDigest = (name: DigestName | null): number => nidOf(DIGESTS, name);
export const nidOfKex = (name: KexName | null): number => nidOf(KEX, name);

export const strongerCipher = (a: CipherName | null, b: CipherName | null): CipherName | null =>
  strongest(CIPHERS, a, b);
export const strongerDigest = (a: DigestName | null, b: DigestName | null): DigestName | null =>
  strongest(DIGESTS, a, b);
export const isWeakerCipher = (a: CipherName, b: CipherName): boolean => rankOf(CIPHERS, a) < rankOf(CIPHERS, b);
export const isWeakerDigest = (a: DigestName | null, b: DigestName): boolean => rankOf(DIGESTS, a) < rankOf(DIGESTS, b);
export const isWeakerKex = (a: KexName, b: KexName): boolean => rankOf(KEX, a) < rankOf(KEX, b);

export const isCipherName = (text: string): text is CipherName => CIPHERS.some(({ name }) => name === text);
export const isDigestName = (text: string): text is DigestName => DIGESTS.some(({ name }) => name === text);
export const isKexName = (text: string): text is KexName => KEX.some(({ name }) => name === text);

export const isAead = (cipher: CipherName): cipher is AeadName => !cipher.endsWith('-ctr');
/** Hybrid keys have no DER form: flag F of OAP. */
export const isRawKex = (kex: KexName): boolean => kex === 'X25519MLKEM768' || kex === 'X448MLKEM1024';
