/** The requester's part of a key exchange: what it offers, and what it makes of the answer. */
import { isKem, type KexKeys } from '@ouroboros/ports';
import type { DecodedOap, OapMessage } from '@ouroboros/wire';
import {
  cipherOf,
  digestOf,
  isRawKex,
  isWeakerCipher,
  isWeakerDigest,
  nidOfCipher,
  nidOfDigest,
} from './algorithms.js';
import { SHARE_KEX, isOwnProfile, type Exchanged } from './agreement.js';
import type { OapAlgorithms } from './enc-conf.js';
import { failed, type OapFailure } from './failure.js';
import type { SharedSecret } from './key-schedule.js';
import type { OapSecurity } from './security.js';
import type { OapCrypto } from './tools.js';

/** What the requester keeps of its offer. */
export interface KexOffer {
  readonly algorithms: OapAlgorithms;
  /** What goes into the request. */
  readonly data: Uint8Array;
  /** The own keys; null when the secret is there already, as the client encapsulated. */
  readonly keys: KexKeys | null;
  readonly encapsulated: SharedSecret | null;
  /** Keys of the share in our extension. */
  share: KexKeys | null;
}

/** Makes keys for an offer. ECRYPT when the server's static key is missing or of another kind. */
export function makeOffer(
  crypto: OapCrypto,
  algorithms: OapAlgorithms,
  security: OapSecurity,
  features: number,
): { readonly ok: true; readonly offer: KexOffer } | OapFailure {
  const { kex } = algorithms;
  if (algorithms.clientEncapsulates && isKem(kex)) return encapsulated(crypto, algorithms, security);
  const keys = crypto.keyExchange.generate(kex);
  const share = isOwnProfile(features) && !isKem(kex) ? crypto.keyExchange.generate(SHARE_KEX) : null;
  return { ok: true, offer: { algorithms, data: keys.publicKey, keys, encapsulated: null, share } };
}

function encapsulated(
  { keyExchange }: OapCrypto,
  algorithms: OapAlgorithms,
  { kemKeys }: OapSecurity,
): { readonly ok: true; readonly offer: KexOffer } | OapFailure {
  const { kex } = algorithms;
  const raw = isRawKex(kex);
  const publicKey = raw ? kemKeys?.raw : kemKeys?.der;
  if (!publicKey) return failed('ECRYPT', `the server's public key for ${kex} is not on this host`);
  const found = keyExchange.recognise(publicKey, raw);
  const made = found === kex ? keyExchange.encapsulate(kex, publicKey) : undefined;
  if (!made) return failed('ECRYPT', `the server's public key on this host is ${found ?? 'unknown'}, not ${kex}`);
  const secret = { kex, secret: made.secret, publicKeys: [publicKey] };
  return { ok: true, offer: { algorithms, data: made.ciphertext, keys: null, encapsulated: secret, share: null } };
}

/** Zeroes everything secret. */
export function forgetOffer(offer: KexOffer): void {
  offer.keys?.destroy();
  offer.share?.destroy();
  offer.encapsulated?.secret.fill(0);
}

export type Finished = { readonly ok: true; readonly exchanged: Exchanged } | OapFailure;

/** Checks what the server negotiated and makes the secrets. `share`: what the server answered to the share. */
export function finishOffer(offer: KexOffer, response: DecodedOap, share: Uint8Array | undefined): Finished {
  const { algorithms, encapsulated } = offer;
  const cipher = cipherOf(response.cipherNid);
  if (cipher === null) return failed('ECRYPT', 'the server names no cipher');
  if (isWeakerCipher(cipher, algorithms.cipher)) {
    return failed('ECRYPT', `the server's cipher ${cipher} is weaker than ${algorithms.cipher}`);
  }
  const kdf = digestOf(response.kdfNid) ?? algorithms.kdf;
  const wrongKdf = encapsulated ? kdf !== algorithms.kdf : isWeakerDigest(kdf, algorithms.kdf);
  if (wrongKdf) return failed('ECRYPT', `the server's key derivation ${kdf} does not go with ${algorithms.kdf}`);
  const shared = encapsulated ?? agreedSecret(offer, response);
  if (!shared) return failed('ECRYPT', `the server's answer to ${algorithms.kex} is no valid one`);
  const kemSecret = share && offer.share ? offer.share.agree(share) : null;
  if (kemSecret === undefined) return failed('ECRYPT', `the server's answer to ${SHARE_KEX} is no valid one`);
  return { ok: true, exchanged: { shared, kemSecret, cipher, kdf, staticKey: encapsulated !== null } };
}

function agreedSecret({ algorithms, data, keys }: KexOffer, { kex: answer }: DecodedOap): SharedSecret | undefined {
  const { kex } = algorithms;
  const secret = keys?.agree(answer);
  return secret && { kex, secret, publicKeys: isKem(kex) ? [data] : [data, answer] };
}

/** The fields of a request with this offer; without one all are 0. */
export function offerFields(offer: KexOffer | null): Partial<OapMessage> {
  if (!offer) return {};
  const { algorithms, data, encapsulated } = offer;
  return {
    cipherNid: nidOfCipher(algorithms.cipher),
    kdfNid: nidOfDigest(algorithms.kdf),
    mdNid: nidOfDigest(algorithms.digest),
    kex: data,
    kexRaw: isRawKex(algorithms.kex),
    kexClientEncapsulates: encapsulated !== null,
  };
}
