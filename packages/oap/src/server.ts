/**
 * The responder's side of OAP. `OapServer.read` decodes a request and keeps replays out; `answerOap` authenticates the
 * client, negotiates, makes the response and what the flow is protected with; `refuseOap` makes the data of a refusal.
 *
 * States of a request: read → answered or refused. [spec/wire-crypto.md §4, §9]
 */
import { EMPTY_BYTES, errorNumber, type ErrorCode, type Micros } from '@ouroboros/model';
import type { VerifiedPeer } from '@ouroboros/ports';
import {
  OapFeature,
  decodeOap,
  decodeOapExtension,
  encodeOap,
  encodeOapExtension,
  type DecodedOap,
  type OapExtension,
} from '@ouroboros/wire';
import { digestOf, nidOfDigest, nidOfKex } from './algorithms.js';
import { SHARE_KEX, featuresWith, flowCryptoOf, isOwnProfile, type OapAgreed } from './agreement.js';
import { correlationIdOf } from './correlation.js';
import { failed, unverified, type OapFailure } from './failure.js';
import { staleness } from './freshness.js';
import { encodeWithShare, plainMessage } from './message.js';
import { ReplayTable } from './replay.js';
import { mayIgnore, type OapSecurity } from './security.js';
import { answerFields, answerOffer, type KexAnswer } from './server-kex.js';
import { digested, requestDigest, type OapCrypto, type OapTools } from './tools.js';
import { seenRequest } from './unseen-kex.js';

/** A request that was read; whoever holds it answers it once. */
export interface OapOffer {
  readonly id: Uint8Array;
  readonly correlationId: string;
  /** Digest of the whole request, repeated in every response. */
  readonly requestHash: Uint8Array;
  /** True when the other host speaks our extensions; false for C. */
  readonly ours: boolean;
  /** OapFeature bits that both hosts have. */
  readonly features: number;
  readonly request: DecodedOap;
  readonly bytes: Uint8Array;
  readonly extension: OapExtension | undefined;
}

/** `offer` is there when the request could be read far enough to say no in the client's terms. */
export type OapRead = { readonly ok: true; readonly offer: OapOffer } | (OapFailure & { readonly offer?: OapOffer });

export class OapServer {
  private readonly replays: ReplayTable;

  /** `features`: the OapFeature bits that this host has; 0 answers as a C host answers. */
  constructor(
    private readonly tools: OapTools,
    private readonly features: number,
    replayCapacity?: number,
  ) {
    this.replays = new ReplayTable(replayCapacity);
  }

  /** Reads a request; never throws. EAUTH: not an OAP request, or a replay. ECRYPT: its digest is not known here. */
  read(bytes: Uint8Array, now: Micros): OapRead {
    const decoded = decodeOap(bytes, 0);
    if (!decoded.ok) return failed('EAUTH', `the OAP request is ${decoded.reason} ${decoded.field}`.trim());
    const request = decoded.value;
    const requestHash = digested(this.tools, requestDigest(request.mdNid), bytes);
    if (!requestHash) return failed('ECRYPT', 'the server has no digest of this kind');
    const offer = this.offerOf(request, bytes, requestHash);
    if (this.replays.add(request.timestampNs, request.id, now)) return { ok: true, offer };
    return { ...failed('EAUTH', 'a request that was seen before'), offer };
  }

  private offerOf(request: DecodedOap, bytes: Uint8Array, requestHash: Uint8Array): OapOffer {
    const { id } = request;
    const decoded = this.features === 0 ? undefined : decodeOapExtension(request.data);
    const extension = decoded?.ok ? decoded.value : undefined;
    const features = ((extension?.features ?? 0) & this.features) >>> 0;
    const ours = extension !== undefined;
    return { id, correlationId: correlationIdOf(id), requestHash, ours, features, request, bytes, extension };
  }
}

export interface OapReply {
  readonly security: OapSecurity;
  /** Wall time of now: for the response, and for certificates. */
  readonly timestampNs: bigint;
  /** How long the response may become by our extensions, in bytes. */
  readonly room: number;
}

export type OapAnswered =
  | {
      readonly ok: true;
      /** The response, to be carried as piggyback data. */
      readonly bytes: Uint8Array;
      /** The caller owns the secret in it. */
      readonly agreed: OapAgreed;
    }
  | OapFailure;

/**
 * Answers a request; never throws. EAUTH: the client's certificate does not hold, or is missing where one is demanded;
 * the own credential cannot sign. ECLOCK: the request is outdated, or the certificate not yet valid. ECRYPT: the key exchange is missing where one is demanded, is
 * too weak, or cannot be answered.
 */
export function answerOap(offer: OapOffer, reply: OapReply, tools: OapTools): OapAnswered {
  const client = verifiedClient(offer, reply);
  if (!client.ok) return client;
  const stale = staleness(offer.request, reply.timestampNs);
  if (stale !== undefined) return failed('ECLOCK', stale);
  const request = seenRequest(offer.request, offer.extension?.kemShare, offer.features);
  const crypto = cryptoFor({ ...offer, request }, reply.security, tools);
  if (crypto && !('kdf' in crypto)) return crypto;
  if (!crypto) return plainAnswer(offer, reply, client.name);
  const answer = answerOffer(crypto, request, reply.security);
  if (!answer.ok) return answer;
  if (request !== offer.request) return unseenAnswer(offer, reply, client.name, answer, crypto);
  return encryptedAnswer(offer, reply, client.name, answer, crypto);
}

/** The name of the client, empty for an anonymous one. */
function verifiedClient(
  { request, bytes }: OapOffer,
  { security, timestampNs: wallNanos }: OapReply,
): Pick<VerifiedPeer, 'ok' | 'name'> | OapFailure {
  const { certificate, signature, mdNid, signedLength, timestampNs } = request;
  if (certificate.length === 0) {
    if (security.authentication !== 'require') return { ok: true, name: '' };
    return failed('EAUTH', 'the client shows no certificate, which is demanded here');
  }
  const ignored = mayIgnore(security) ? ({ ok: true, name: '' } as const) : undefined;
  if (!security.trust) return ignored ?? failed('EAUTH', 'the server cannot verify certificates');
  const region = bytes.subarray(0, signedLength);
  const proof = { certificate, region, signature, digest: digestOf(mdNid), role: 'client', name: null } as const;
  const verified = security.trust.verify({ ...proof, wallNanos, peerWallNanos: timestampNs });
  return verified.ok ? verified : (ignored ?? unverified(verified));
}

/**
 * What the key exchange is answered with; null for a plain flow. A client of ours whose offer is not taken sees that in
 * the response and decides itself; one that is not insists on what it offers. [spec/wire-crypto.md §5, 6]
 */
function cryptoFor({ request, ours }: OapOffer, security: OapSecurity, tools: OapTools): OapCrypto | OapFailure | null {
  const { encryption } = security;
  if (request.kex.length === 0) {
    return encryption === 'require'
      ? failed('ECRYPT', 'the client offers no key exchange, which is demanded here')
      : null;
  }
  if (encryption !== 'off' && tools.crypto) return tools.crypto;
  if (encryption === 'require') return failed('ECRYPT', 'this host cannot encrypt');
  return ours ? null : failed('ECRYPT', 'the server has no key exchange');
}

function plainAnswer(offer: OapOffer, reply: OapReply, peer: string): OapAnswered {
  const features = featuresWith(offer.features, null);
  const made = encodeReply(offer, reply, null, { features });
  return made.ok ? { ok: true, bytes: made.bytes, agreed: { features, crypto: null, peer } } : made;
}

function encryptedAnswer(
  offer: OapOffer,
  reply: OapReply,
  peer: string,
  answer: KexAnswer,
  crypto: OapCrypto,
): OapAnswered {
  const features = featuresWith(offer.features, answer.cipher);
  const share = shareFor(offer, features, crypto);
  if (share === undefined) return failed('ECRYPT', `a public key of ${SHARE_KEX} that is none`);
  const made = encodeReply(offer, reply, answer, { features, kemShare: share?.ciphertext });
  if (!made.ok) return made;
  const { shared, cipher, kdf, staticKey } = answer;
  const kemSecret = made.shared ? share!.secret : null;
  const exchanged = { shared, kemSecret, cipher, kdf: kdf ?? 'sha256', staticKey } as const;
  const transcript = { request: offer.bytes, response: made.bytes };
  const flow = flowCryptoOf(crypto, exchanged, { features, peer }, transcript);
  return { ok: true, bytes: made.bytes, agreed: { features, crypto: flow, peer } };
}

/** The answer to a key exchange that is in our extension alone. Where it does not fit there is none. */
function unseenAnswer(
  offer: OapOffer,
  reply: OapReply,
  peer: string,
  answer: KexAnswer,
  crypto: OapCrypto,
): OapAnswered {
  const { shared, cipher, kdf, staticKey, data: kemShare } = answer;
  const features = featuresWith(offer.features, cipher);
  const made = encodeReply(offer, reply, { ...answer, data: EMPTY_BYTES }, { features, kemShare });
  if (!made.ok) return made;
  if (!made.shared || !isOwnProfile(features)) {
    shared.secret.fill(0);
    if (reply.security.encryption !== 'require') return plainAnswer(offer, reply, peer);
    return failed('ECRYPT', 'the answer to the key exchange does not fit');
  }
  const exchanged = { shared, kemSecret: null, cipher, kdf: kdf ?? 'sha256', staticKey } as const;
  const flow = flowCryptoOf(crypto, exchanged, { features, peer }, { request: offer.bytes, response: made.bytes });
  return { ok: true, bytes: made.bytes, agreed: { features, crypto: flow, peer } };
}

/** The answer to the share in our extension; null when there is none to answer, undefined when it is no valid one. */
function shareFor({ extension }: OapOffer, features: number, { keyExchange }: OapCrypto) {
  const share = extension?.kemShare;
  return share && isOwnProfile(features) ? keyExchange.encapsulate(SHARE_KEX, share) : null;
}

/** A client of ours is told the agreed features, a C client gets an empty field. */
function encodeReply(offer: OapOffer, reply: OapReply, answer: KexAnswer | null, extension: OapExtension) {
  const { id, requestHash, ours } = offer;
  const { security, timestampNs, room } = reply;
  const { credential, algorithms } = security;
  const mdNid = credential?.takesDigest === false ? 0 : nidOfDigest(algorithms?.digest ?? null);
  const message = plainMessage({ id, timestampNs, requestHash, mdNid, ...answerFields(answer) });
  return encodeWithShare(message, ours ? extension : null, credential, room);
}

export interface OapRefused {
  /** Negative error number for the response field of the flow reply. */
  readonly response: number;
  /** Piggyback data; empty for a C client. */
  readonly data: Uint8Array;
}

/** Codes of ours as a C host knows them. [spec/architecture.md §1] */
const FOR_C: Partial<Readonly<Record<ErrorCode, ErrorCode>>> = {
  ENOSERVER: 'ENAME',
  EREFUSED: 'EPERM',
  EQOS: 'ENOTSUP',
  ENOANSWER: 'ETIMEDOUT',
  ECLOCK: 'EAUTH',
};

/** A refusal. Its reason goes only to a client that showed that it is ours and reads reasons; C gets a number it knows. */
export function refuseOap(
  offer: OapOffer | undefined,
  { code, text, wanted }: Pick<OapFailure, 'code' | 'text' | 'wanted'>,
  timestampNs: bigint,
): OapRefused {
  if (!offer || (offer.features & OapFeature.REFUSAL_REASON) === 0) {
    return { response: -errorNumber(FOR_C[code] ?? code), data: EMPTY_BYTES };
  }
  const error = -errorNumber(code);
  const { id, requestHash, features } = offer;
  const wantedKex = wanted && nidOfKex(wanted);
  const data = encodeOapExtension({ features: featuresWith(features, null), refusal: { error, text }, wantedKex });
  return { response: error, data: encodeOap(plainMessage({ id, timestampNs, data, requestHash })) };
}
