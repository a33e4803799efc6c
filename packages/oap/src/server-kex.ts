/** The responder's part of a key exchange: it negotiates and answers an offer. [spec/wire-crypto.md §4, §6] */
import { EMPTY_BYTES } from '@ouroboros/model';
import { isKem, type CipherName, type DigestName, type KexName } from '@ouroboros/ports';
import type { DecodedOap, OapMessage } from '@ouroboros/wire';
import {
  cipherOf,
  digestOf,
  isRawKex,
  isWeakerDigest,
  isWeakerKex,
  nidOfCipher,
  nidOfDigest,
  strongerCipher,
  strongerDigest,
} from './algorithms.js';
import { failed, type OapFailure } from './failure.js';
import type { SharedSecret } from './key-schedule.js';
import type { OapSecurity } from './security.js';
import type { OapCrypto } from './tools.js';

/** An offer that was answered. */
export interface KexAnswer {
  readonly ok: true;
  readonly shared: SharedSecret;
  readonly cipher: CipherName;
  /** As it goes into the response; null = none was named at either end. */
  readonly kdf: DigestName | null;
  readonly staticKey: boolean;
  /** Public key or ciphertext for the client; empty where the client encapsulated. */
  readonly data: Uint8Array;
}

/** Negotiates the algorithms and makes the shared secret. ECRYPT for what is too weak, unknown or no valid key. */
export function answerOffer(crypto: OapCrypto, request: DecodedOap, security: OapSecurity): KexAnswer | OapFailure {
  const { algorithms } = security;
  const cipher = strongerCipher(cipherOf(request.cipherNid), algorithms?.cipher ?? null);
  if (cipher === null) return failed('ECRYPT', 'a key exchange without a cipher');
  const theirs = digestOf(request.kdfNid);
  if (request.kexClientEncapsulates) {
    if (algorithms && isWeakerDigest(theirs, algorithms.kdf)) return failed('ECRYPT', weak(theirs, algorithms.kdf));
    return opened(crypto, request, security, { cipher, kdf: theirs });
  }
  const kex = crypto.keyExchange.recognise(request.kex, request.kexRaw);
  if (kex === undefined) return failed('ECRYPT', 'a key exchange that is not known here');
  if (algorithms && isWeakerKex(kex, algorithms.kex)) {
    return failed('ECRYPT', weak(kex, algorithms.kex), { wanted: algorithms.kex });
  }
  return answered(crypto, request, kex, { cipher, kdf: strongerDigest(theirs, algorithms?.kdf ?? null) });
}

const weak = (theirs: string | null, ours: string): string =>
  `${theirs ?? 'none'} is weaker than ${ours}, which is demanded here`;

type Negotiated = Pick<KexAnswer, 'cipher' | 'kdf'>;

function answered(
  { keyExchange }: OapCrypto,
  { kex: theirs }: DecodedOap,
  kex: KexName,
  negotiated: Negotiated,
): KexAnswer | OapFailure {
  if (isKem(kex)) {
    const made = keyExchange.encapsulate(kex, theirs);
    if (!made) return failed('ECRYPT', `a public key of ${kex} that is none`);
    const shared = { kex, secret: made.secret, publicKeys: [theirs] };
    return { ok: true, ...negotiated, shared, staticKey: false, data: made.ciphertext };
  }
  const keys = keyExchange.generate(kex);
  const secret = keys.agree(theirs);
  keys.destroy();
  if (!secret) return failed('ECRYPT', `a public key of ${kex} that is none`);
  const shared = { kex, secret, publicKeys: [theirs, keys.publicKey] };
  return { ok: true, ...negotiated, shared, staticKey: false, data: keys.publicKey };
}

/**
 * The client encapsulated to our static key. Divergence from C, which without a configuration ends here with a crash and
 * with one goes by the configured algorithm: the key itself says what it is. [spec/wire-crypto.md §11, 6 and 7]
 */
function opened(
  { keyExchange }: OapCrypto,
  { kex: ciphertext, kexRaw }: DecodedOap,
  { kemKeys }: OapSecurity,
  negotiated: Negotiated,
): KexAnswer | OapFailure {
  const privateKey = kexRaw ? kemKeys?.raw : kemKeys?.der;
  const loaded = privateKey ? keyExchange.load(privateKey, kexRaw) : undefined;
  if (!loaded) return failed('ECRYPT', 'this server has no static key of this kind');
  const { kex, keys } = loaded;
  const secret = keys.agree(ciphertext);
  keys.destroy();
  if (!secret) return failed('ECRYPT', `a ciphertext that does not fit ${kex}`);
  const shared = { kex, secret, publicKeys: [keys.publicKey] };
  return { ok: true, ...negotiated, shared, staticKey: true, data: EMPTY_BYTES };
}

/** The fields of the response; without an answer all are 0. */
export function answerFields(answer: KexAnswer | null): Partial<OapMessage> {
  if (!answer) return {};
  const { cipher, kdf, data, shared } = answer;
  const kexRaw = data.length > 0 && isRawKex(shared.kex);
  return { cipherNid: nidOfCipher(cipher), kdfNid: nidOfDigest(kdf), kex: data, kexRaw };
}
