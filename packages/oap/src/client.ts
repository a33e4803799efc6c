/**
 * The requester's side of OAP. `prepareOap` makes the request and what must be remembered of it; `completeOap` checks
 * the response against that and derives what the flow is protected with; `readOapRefusal` reads why the other host said
 * no; `forgetOap` zeroes what is left of an exchange that came to nothing.
 *
 * States: prepared → completed, refused or forgotten. [spec/wire-crypto.md §3, §5]
 */
import { equalBytes } from '@ouroboros/model';
import type { VerifiedPeer } from '@ouroboros/ports';
import { OapFeature, decodeOap, decodeOapExtension, type DecodedOap, type OapExtension } from '@ouroboros/wire';
import { digestOf, isWeakerKex, kexOf } from './algorithms.js';
import { featuresWith, flowCryptoOf, isOwnProfile, type OapAgreed } from './agreement.js';
import { finishOffer, forgetOffer, makeOffer, offerFields, type KexOffer } from './client-kex.js';
import { failed, unverified, type OapFailure } from './failure.js';
import { encodeWithShare, plainMessage } from './message.js';
import { DEFAULT_ALGORITHMS, type OapSecurity, mayIgnore } from './security.js';
import { digested, requestDigest, type OapTools } from './tools.js';
import { unseenAlgorithms, asksUnseen, seenResponse } from './unseen-kex.js';

export interface OapRequest {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  /** Wall time. */
  readonly timestampNs: bigint;
  /** OapFeature bits to offer; 0 makes a request as a C host makes it. */
  readonly features: number;
  /** The name that is asked for, which the server's certificate must bear. */
  readonly name: string;
  readonly security: OapSecurity;
  /** How long the request may become by our extensions, in bytes. */
  readonly room: number;
}

/** What the requester remembers of its request. */
export interface OapExchange {
  readonly id: Uint8Array;
  readonly name: string;
  readonly security: OapSecurity;
  readonly request: Uint8Array;
  /** Digest of the whole request by its own `md_nid`. */
  readonly requestHash: Uint8Array;
  readonly offered: number;
  /** Null: no key exchange was offered. */
  readonly offer: KexOffer | null;
  /** The key exchange is in our extension alone. */
  readonly unseen: boolean;
}

export type OapPrepared =
  | {
      readonly ok: true;
      /** The request, to be carried as piggyback data. */
      readonly bytes: Uint8Array;
      readonly exchange: OapExchange;
    }
  | OapFailure;

export type OapCompleted = ({ readonly ok: true } & OapAgreed) | OapFailure;

/** Why the other host refused. */
export interface OapRefusalReason {
  /** Negative error number. */
  readonly error: number;
  /** In the other host's words, without control characters. */
  readonly text: string;
  /** What a refusal for weakness asks for. */
  readonly wantedKex?: number;
}

/**
 * Makes a request. ECRYPT: encryption is demanded and cannot be offered, or the server's static key does not fit. EAUTH:
 * the own credential cannot sign.
 */
export function prepareOap(request: OapRequest, tools: OapTools): OapPrepared {
  const { security } = request;
  if (security.encryption !== 'off' && tools.crypto) {
    const features = featuresWith(request.features, (security.algorithms ?? DEFAULT_ALGORITHMS).cipher);
    const unseen = asksUnseen(security, features);
    const algorithms = security.algorithms ?? (unseen ? unseenAlgorithms(security) : DEFAULT_ALGORITHMS);
    const made = makeOffer(tools.crypto, algorithms, security, features);
    if (made.ok && unseen) dropSecond(made.offer);
    return made.ok ? encoded(request, features, made.offer, tools) : made;
  }
  if (security.encryption === 'require') return failed('ECRYPT', 'this host cannot encrypt');
  return encoded(request, featuresWith(request.features, null), null, tools);
}

function encoded(request: OapRequest, offered: number, offer: KexOffer | null, tools: OapTools): OapPrepared {
  const { id, timestampNs, name, security, room } = request;
  const { credential } = security;
  const unseen = asksUnseen(security, offered);
  const fields = unseen ? {} : offerFields(offer);
  const message = plainMessage({
    id,
    timestampNs,
    ...fields,
    mdNid: credential?.takesDigest === false ? 0 : (fields.mdNid ?? 0),
  });
  const extension =
    offered === 0 ? null : { features: offered, kemShare: unseen ? offer?.data : offer?.share?.publicKey };
  const made = encodeWithShare(message, extension, credential, room);
  const requestHash = made.ok ? digested(tools, requestDigest(message.mdNid), made.bytes) : undefined;
  if (!made.ok || !requestHash) {
    if (offer) forgetOffer(offer);
    return made.ok ? failed('ECRYPT', 'this host lacks the digest of its own request') : made;
  }
  if (offer && !made.shared) dropShare(offer, unseen);
  const kept = unseen && !made.shared ? null : offer;
  return {
    ok: true,
    bytes: made.bytes,
    exchange: { id, name, security, request: made.bytes, requestHash, offered, offer: kept, unseen },
  };
}

/** What goes unseen is one exchange, in the place of the share. */
function dropSecond(offer: KexOffer): void {
  offer.share?.destroy();
  offer.share = null;
}

/** The share did not fit; an exchange that has nothing but the share is over with it. */
function dropShare(offer: KexOffer, unseen: boolean): void {
  if (unseen) forgetOffer(offer);
  else dropSecond(offer);
}

/** Zeroes the secrets of an exchange that was refused or given up; harmless when repeated or after `completeOap`. */
export function forgetOap({ offer }: OapExchange): void {
  if (offer) forgetOffer(offer);
}

interface Response {
  readonly ok: true;
  readonly message: DecodedOap;
  readonly extension: OapExtension | undefined;
}

/** The response as a message, when it is the answer to the request of `exchange`. */
function checkedResponse(exchange: OapExchange, bytes: Uint8Array): Response | OapFailure {
  const decoded = decodeOap(bytes, exchange.requestHash.length);
  if (!decoded.ok) return failed('ECRYPT', `the OAP response is ${decoded.reason} ${decoded.field}`.trim());
  const message = decoded.value;
  if (!equalBytes(message.id, exchange.id)) return failed('ECRYPT', 'the OAP response has another id');
  if (!equalBytes(message.requestHash, exchange.requestHash)) {
    return failed('ECRYPT', 'the OAP request was changed on its way');
  }
  const extension = decodeOapExtension(message.data);
  return { ok: true, message, extension: extension.ok ? extension.value : undefined };
}

/**
 * Checks the response to a request that was accepted, and ends the exchange; never throws. ECRYPT when it does not belong
 * to the request or is not encrypted as it must be, EAUTH when the server's certificate does not hold or is missing where
 * one is demanded. The timestamp is not checked: replays are kept out by id and hash. The features are the subset of the
 * offered ones that the other host repeated; a C host repeats none. The caller owns the secret in the result.
 */
export function completeOap(
  exchange: OapExchange,
  bytes: Uint8Array,
  wallNanos: bigint,
  tools: OapTools,
): OapCompleted {
  const completed = completedWith(exchange, bytes, wallNanos, tools);
  forgetOap(exchange);
  return completed;
}

function completedWith(exchange: OapExchange, bytes: Uint8Array, wallNanos: bigint, tools: OapTools): OapCompleted {
  const response = checkedResponse(exchange, bytes);
  if (!response.ok) return response;
  const { message, extension } = response;
  const repeated = ((extension?.features ?? 0) & exchange.offered) >>> 0;
  const server = verifiedServer(exchange, bytes, message, wallNanos);
  if (!server.ok) return { ...server, features: repeated };
  const peer = server.name;
  const share = extension?.kemShare;
  const seen = exchange.unseen && share && isOwnProfile(repeated) ? seenResponse(message, share) : message;
  if (isPlain(seen, exchange.offer)) return plainFlow(exchange, message, repeated, peer);
  if (!exchange.offer || !tools.crypto) return failed('ECRYPT', 'the server encrypts, unasked', { features: repeated });
  const finished = finishOffer(exchange.offer, seen, share);
  if (!finished.ok) return { ...finished, features: repeated };
  const features = featuresWith(repeated, finished.exchanged.cipher);
  const transcript = { request: exchange.request, response: bytes };
  const crypto = flowCryptoOf(tools.crypto, finished.exchanged, { features, peer }, transcript);
  return { ok: true, features, crypto, peer };
}

/** Whether the server encrypts nothing. Where the client encapsulates there is no answer to its key exchange. */
const isPlain = ({ cipherNid, kex }: DecodedOap, offer: KexOffer | null): boolean =>
  kex.length === 0 && (!offer?.encapsulated || cipherNid === 0);

function plainFlow(exchange: OapExchange, { cipherNid }: DecodedOap, repeated: number, peer: string): OapCompleted {
  const features = featuresWith(repeated, null);
  if (exchange.security.encryption === 'require') {
    return failed('ECRYPT', `the server does not encrypt, which ${exchange.name} needs`, { features });
  }
  if (cipherNid !== 0) return failed('ECRYPT', 'the server names a cipher, but exchanges no key', { features });
  return { ok: true, features, crypto: null, peer };
}

/** The name of the server, empty for an anonymous one. */
function verifiedServer(
  { name, security }: OapExchange,
  bytes: Uint8Array,
  message: DecodedOap,
  wallNanos: bigint,
): Pick<VerifiedPeer, 'ok' | 'name'> | OapFailure {
  const { certificate, signature, mdNid, signedLength, timestampNs } = message;
  if (certificate.length === 0) {
    if (security.authentication !== 'require') return { ok: true, name: '' };
    return failed('EAUTH', `the server shows no certificate, which ${name} needs`);
  }
  const ignored = mayIgnore(security) ? ({ ok: true, name: '' } as const) : undefined;
  if (!security.trust) {
    return ignored ?? failed('EAUTH', 'the server shows a certificate, which nobody can verify here');
  }
  const region = bytes.subarray(0, signedLength);
  const proof = { certificate, region, signature, digest: digestOf(mdNid), role: 'server', name } as const;
  const verified = security.trust.verify({ ...proof, wallNanos, peerWallNanos: timestampNs });
  return verified.ok ? verified : (ignored ?? unverified(verified));
}

const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Words of a peer with control and formatting characters replaced by blanks. */
export const printable = (text: string): string => text.replace(CONTROL, ' ');

/** The reason in the data of a refusal; undefined when there is none that can be trusted to answer this request. */
export function readOapRefusal(exchange: OapExchange, bytes: Uint8Array): OapRefusalReason | undefined {
  if ((exchange.offered & OapFeature.REFUSAL_REASON) === 0) return undefined;
  const response = checkedResponse(exchange, bytes);
  if (!response.ok || response.extension?.refusal === undefined) return undefined;
  const { refusal, wantedKex } = response.extension;
  if (refusal.error >= 0) return undefined;
  return { error: refusal.error, text: printable(refusal.text), wantedKex };
}

/** The strongest key exchange that every C host has, with OpenSSL before 3.5 too. */
const STRONG_FOR_C = 'secp521r1';

/**
 * After a refusal with ECRYPT: what to offer in a second attempt, for which the server may have found the first too weak.
 * Undefined when nothing was offered, when the offer was not ours to choose, or when nothing stronger is asked for.
 */
export function strongerOffer(exchange: OapExchange, reason: OapRefusalReason | undefined): OapSecurity | undefined {
  const { offer, security, unseen } = exchange;
  if (!offer || unseen || security.algorithms !== null) return undefined;
  const kex = reason === undefined ? STRONG_FOR_C : kexOf(reason.wantedKex ?? 0);
  if (kex === null || !isWeakerKex(offer.algorithms.kex, kex)) return undefined;
  return { ...security, algorithms: { ...DEFAULT_ALGORITHMS, kex } };
}
