/**
 * The requester's side of OAP without cryptography. `prepareOap` makes the request and what must be remembered of it;
 * `completeOap` checks the response against that; `readOapRefusal` reads why the other host said no.
 *
 * States: prepared → completed or failed. [spec/wire-crypto.md §3, §5]
 */
import { EMPTY_BYTES, equalBytes } from '@ouroboros/model';
import type { Hash } from '@ouroboros/ports';
import {
  OapFeature,
  decodeOap,
  decodeOapExtension,
  encodeOap,
  encodeOapExtension,
  type OapMessage,
} from '@ouroboros/wire';
import { plainMessage } from './digest.js';
import type { OapFailure } from './failure.js';

export interface OapRequest {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  /** Wall time. */
  readonly timestampNs: bigint;
  /** OapFeature bits to offer; 0 makes a request as a C host makes it. */
  readonly features: number;
}

/** What the requester remembers of its request. */
export interface OapExchange {
  readonly id: Uint8Array;
  /** SHA-384 of the whole request. */
  readonly requestHash: Uint8Array;
  readonly offered: number;
}

export interface OapPrepared {
  /** The request, to be carried as piggyback data. */
  readonly bytes: Uint8Array;
  readonly exchange: OapExchange;
}

export type OapCompleted = { readonly ok: true; readonly features: number } | OapFailure;

/** Why the other host refused. */
export interface OapRefusalReason {
  /** Negative error number. */
  readonly error: number;
  /** In the other host's words, without control characters. */
  readonly text: string;
}

export function prepareOap(request: OapRequest, hash: Hash): OapPrepared {
  const { id, timestampNs, features } = request;
  const data = features === 0 ? EMPTY_BYTES : encodeOapExtension({ features });
  const bytes = encodeOap(plainMessage({ id, timestampNs, data }));
  return { bytes, exchange: { id, requestHash: hash.digest('SHA384', bytes), offered: features } };
}

/** The response as a message, when it is the answer to the request of `exchange`. */
function checkedResponse(exchange: OapExchange, bytes: Uint8Array): { message: OapMessage } | OapFailure {
  const decoded = decodeOap(bytes, exchange.requestHash.length);
  if (!decoded.ok)
    return { ok: false, code: 'ECRYPT', text: `the OAP response is ${decoded.reason} ${decoded.field}`.trim() };
  const message = decoded.value;
  if (!equalBytes(message.id, exchange.id))
    return { ok: false, code: 'ECRYPT', text: 'the OAP response has another id' };
  if (!equalBytes(message.requestHash, exchange.requestHash)) {
    return { ok: false, code: 'ECRYPT', text: 'the OAP request was changed on its way' };
  }
  return { message };
}

/**
 * Checks the response to a request that was accepted; never throws. ECRYPT when it does not belong to the request, EAUTH
 * when it carries a certificate, which nobody here can verify. The timestamp is not checked: replays are kept out by id
 * and hash. The features are the subset of the offered ones that the other host repeated; a C host repeats none.
 */
export function completeOap(exchange: OapExchange, bytes: Uint8Array): OapCompleted {
  const checked = checkedResponse(exchange, bytes);
  if ('ok' in checked) return checked;
  if (checked.message.certificate.length > 0) {
    return { ok: false, code: 'EAUTH', text: 'the server sent a certificate, which cannot be verified here' };
  }
  const extension = decodeOapExtension(checked.message.data);
  return { ok: true, features: extension.ok ? (extension.value.features & exchange.offered) >>> 0 : 0 };
}

const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * The reason in the data of a refusal; undefined when there is none that can be trusted to answer this request. The text
 * is the peer's: control and formatting characters are replaced by blanks.
 */
export function readOapRefusal(exchange: OapExchange, bytes: Uint8Array): OapRefusalReason | undefined {
  if ((exchange.offered & OapFeature.REFUSAL_REASON) === 0) return undefined;
  const checked = checkedResponse(exchange, bytes);
  if ('ok' in checked) return undefined;
  const extension = decodeOapExtension(checked.message.data);
  const refusal = extension.ok ? extension.value.refusal : undefined;
  if (refusal === undefined || refusal.error >= 0) return undefined;
  return { error: refusal.error, text: refusal.text.replace(CONTROL, ' ') };
}
