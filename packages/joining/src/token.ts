/**
 * What an inviting host gives to another, by whatever way: where to enroll, in which layer, which authority to believe, and a secret
 * that is good once and for minutes. It carries no authority's key, and no more than its holder may know.
 *
 *     o7s1:udp4:203.0.113.7:3435:udp#unicast:net:net.n1#<fingerprint>#<secret><check>
 *          what is below (shim-place.ts)  type layer member  16 bytes     16      4, hexadecimal
 *
 * Names are written as in URLs. A layer without authority has `-` for the fingerprint. The check finds slips of who copies; whoever
 * alters a token on purpose can compute it, and is found out by the proof, which is made with the secret over all the rest.
 */
import { OuroborosError, concatBytes, equalBytes, fromHex, toHex, utf8Bytes } from '@ouroboros/model';
import type { Kdf } from '@ouroboros/ports';
import { decodeName, encodeName, parseShim, shimText, type ShimPlace } from './shim-place.js';

export const MEMBER_TYPES = ['unicast', 'broadcast'] as const;

/** What a token says to everybody. */
export interface Destination {
  /** The layer below, and where the inviting host is in it. */
  readonly shim: ShimPlace;
  readonly type: (typeof MEMBER_TYPES)[number];
  readonly layer: string;
  /** Name of the IPCP to enroll with. */
  readonly member: string;
  /** FINGERPRINT_LENGTH bytes of SHA-256 of the authority's key (SPKI DER), or null: the layer has no authority. */
  readonly fingerprint: Uint8Array | null;
}

export interface Token {
  readonly destination: Destination;
  /** SECRET_LENGTH bytes. */
  readonly secret: Uint8Array;
}

export const FINGERPRINT_LENGTH = 16;
export const SECRET_LENGTH = 16;
const CHECK_LENGTH = 4;
const VERSION = 'o7s1';

/** All of a token but its secret: what the proofs are made over. */
export function publicText({ shim, type, layer, member, fingerprint }: Destination): string {
  return `${VERSION}:${shimText(shim)}#${type}:${encodeName(layer)}:${encodeName(member)}#${fingerprint ? toHex(fingerprint) : '-'}`;
}

export function formatToken({ destination, secret }: Token, kdf: Kdf): string {
  const text = publicText(destination);
  return `${text}#${toHex(secret)}${toHex(checkOf(text, secret, kdf))}`;
}

/** @throws OuroborosError EINVAL for what is no token, EAUTH for one that is altered or cut */
export function parseToken(text: string, kdf: Kdf): Token {
  const match = PATTERN.exec(text.trim());
  if (!text.trim().startsWith('o7s')) throw new OuroborosError('EINVAL', NO_TOKEN, { field: 'token' });
  if (!text.trim().startsWith(`${VERSION}:`)) throw new OuroborosError('EINVAL', NEWER, { field: 'token' });
  const destination = match && destinationOf(match);
  if (!match || !destination) throw altered();
  const tail = fromHex(match[6]!);
  const secret = tail.slice(0, SECRET_LENGTH);
  if (!equalBytes(tail.slice(SECRET_LENGTH), checkOf(publicText(destination), secret, kdf))) throw altered();
  return { destination, secret };
}

const NO_TOKEN = 'that is no token of irm invite: it begins with o7s1:';
const NEWER = 'the token is of a version that this program does not know';
const altered = (): OuroborosError =>
  new OuroborosError('EAUTH', 'the token is altered or cut: its check does not fit', { field: 'token' });

const NAME = "([A-Za-z0-9._~!'()*%-]+)";
const PATTERN = new RegExp(
  `^${VERSION}:([A-Za-z0-9:._~!'()*%[\\]-]+)` +
    `#([a-z]+):${NAME}:${NAME}#(-|[0-9a-f]{${2 * FINGERPRINT_LENGTH}})#([0-9a-f]{${2 * (SECRET_LENGTH + CHECK_LENGTH)}})$`,
);

function destinationOf([, below, type, layer, member, print]: RegExpExecArray): Destination | undefined {
  const shim = parseShim(below!);
  const known = MEMBER_TYPES.find((one) => one === type);
  const [knownLayer, knownMember] = [decodeName(layer!), decodeName(member!)];
  if (!shim || !known || knownLayer === undefined || knownMember === undefined) return undefined;
  const fingerprint = print === '-' ? null : fromHex(print!);
  return { shim, type: known, layer: knownLayer, member: knownMember, fingerprint };
}

const checkOf = (text: string, secret: Uint8Array, kdf: Kdf): Uint8Array =>
  kdf.digest('sha256', concatBytes(utf8Bytes(text), secret)).slice(0, CHECK_LENGTH);
