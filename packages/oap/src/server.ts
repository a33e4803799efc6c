/**
 * The responder's side of OAP without cryptography. `OapServer.read` decodes a request, keeps replays out and finds what
 * both hosts can do; `acceptOap` and `refuseOap` make the piggyback data of the reply.
 *
 * States of a request: read → accepted or refused. [spec/wire-crypto.md §4, §9]
 *
 * Divergence from C: the age of a request is not checked. C refuses a client whose clock is 100 ms ahead or 20 s behind;
 * our hosts need no common clock, so a replay is caught by the table of recent requests alone, also one by a C client. Later
 * than the table remembers a replay opens a flow that nobody at the client knows of; it could be opened without a recording
 * just as well, since nothing is authenticated.
 */
import { EMPTY_BYTES, errorNumber, type ErrorCode, type Micros } from '@ouroboros/model';
import type { Hash } from '@ouroboros/ports';
import {
  OapFeature,
  decodeOap,
  decodeOapExtension,
  encodeOap,
  encodeOapExtension,
  type DecodedOap,
} from '@ouroboros/wire';
import { correlationIdOf } from './correlation.js';
import { plainMessage, requestDigest } from './digest.js';
import type { OapFailure } from './failure.js';
import { ReplayTable } from './replay.js';

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
}

/** `offer` is there when the request could be read far enough to say no in the client's terms. */
export type OapRead = { readonly ok: true; readonly offer: OapOffer } | (OapFailure & { readonly offer?: OapOffer });

const fail = (code: ErrorCode, text: string, offer?: OapOffer): OapRead => ({ ok: false, code, text, offer });

export class OapServer {
  private readonly replays: ReplayTable;

  /** `features`: the OapFeature bits that this host has; 0 answers as a C host answers. */
  constructor(
    private readonly hash: Hash,
    private readonly features: number,
    replayCapacity?: number,
  ) {
    this.replays = new ReplayTable(replayCapacity);
  }

  /**
   * Reads a request; never throws. EAUTH: not an OAP request, or a replay. ECRYPT: the client insists on cryptography
   * (a key exchange, a certificate, a digest of such a configuration), which a server without it cannot give.
   */
  read(bytes: Uint8Array, now: Micros): OapRead {
    const decoded = decodeOap(bytes, 0);
    if (!decoded.ok) return fail('EAUTH', `the OAP request is ${decoded.reason} ${decoded.field}`.trim());
    const request = decoded.value;
    const digest = requestDigest(request.mdNid);
    if (!digest) return fail('ECRYPT', 'the server has no digest of this kind');
    const offer = this.offerOf(request, this.hash.digest(digest, bytes));
    if (request.kex.length > 0) return fail('ECRYPT', 'the server has no key exchange', offer);
    if (request.certificate.length > 0) return fail('ECRYPT', 'the server cannot verify certificates', offer);
    if (!this.replays.add(request.timestampNs, request.id, now))
      return fail('EAUTH', 'a request that was seen before', offer);
    return { ok: true, offer };
  }

  private offerOf(request: DecodedOap, requestHash: Uint8Array): OapOffer {
    const extension = this.features === 0 ? undefined : decodeOapExtension(request.data);
    const ours = extension?.ok === true;
    return {
      id: request.id,
      correlationId: correlationIdOf(request.id),
      requestHash,
      ours,
      features: ours ? (extension.value.features & this.features) >>> 0 : 0,
    };
  }
}

/** The response to an accepted request; a client of ours is told the agreed features, a C client gets an empty field. */
export function acceptOap(offer: OapOffer, timestampNs: bigint): Uint8Array {
  const data = offer.ours ? encodeOapExtension({ features: offer.features }) : EMPTY_BYTES;
  return encodeOap(plainMessage({ id: offer.id, timestampNs, data, requestHash: offer.requestHash }));
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
};

/** A refusal. Its reason goes only to a client that showed that it is ours and reads reasons; C gets a number it knows. */
export function refuseOap(offer: OapOffer | undefined, code: ErrorCode, text: string, timestampNs: bigint): OapRefused {
  if (!offer || (offer.features & OapFeature.REFUSAL_REASON) === 0) {
    return { response: -errorNumber(FOR_C[code] ?? code), data: EMPTY_BYTES };
  }
  const error = -errorNumber(code);
  const data = encodeOapExtension({ features: offer.features, refusal: { error, text } });
  const { id, requestHash } = offer;
  return { response: error, data: encodeOap(plainMessage({ id, timestampNs, data, requestHash })) };
}
