/**
 * A client that does not take the flow it was granted, because of what the response says, tells the server why, so that
 * the operator there learns of a certificate that nobody believes. The notice is a request of the same id, for no flow:
 * its extension holds a refusal. Nothing authenticates it; it does no more than a line in a log.
 */
import { errorNumber } from '@ouroboros/model';
import { OapFeature, encodeOap, encodeOapExtension } from '@ouroboros/wire';
import { printable, type OapExchange, type OapRefusalReason } from './client.js';
import type { OapFailure } from './failure.js';
import { plainMessage } from './message.js';
import type { OapOffer } from './server.js';

/** The notice of why `completeOap` failed; undefined when the other host does not take any. */
export function refusalNotice(
  { id }: OapExchange,
  { code, text, features = 0 }: OapFailure,
  timestampNs: bigint,
): Uint8Array | undefined {
  if ((features & OapFeature.REFUSAL_NOTICE) === 0) return undefined;
  const data = encodeOapExtension({ features, refusal: { error: -errorNumber(code), text } });
  return encodeOap(plainMessage({ id, timestampNs, data }));
}

/** Why a client does not take a flow; undefined when what was read asks for one. */
export function noticeIn({ extension, features }: OapOffer): OapRefusalReason | undefined {
  if (!extension?.refusal || (features & OapFeature.REFUSAL_NOTICE) === 0) return undefined;
  const { error, text } = extension.refusal;
  return { error, text: printable(text) };
}
