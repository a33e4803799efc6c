/**
 * What an inviting host gives to another, by whatever way: where to enroll, in which layer, which authority to believe, and a secret
 * that is good once and for minutes. It carries no authority's key, and no more than its holder may know.
 *
 *     o7s1:udp4:203.0.113.7:3435:udp#unicast:net:net.n1#<fingerprint>#<secret><check>
 *          type address     port layer  type layer member  16 bytes     16      4, hexadecimal
 *
 * Names are written as in URLs. A layer without authority has `-` for the fingerprint. The check finds slips of who copies; whoever
 * alters a token on purpose can compute it, and is found out by the proof, which is made with the secret over all the rest.
 */
import {
  IPV4,
  IPV6,
  OuroborosError,
  concatBytes,
  endpointText,
  equalBytes,
  fromHex,
  nameFault,
  toHex,
  utf8Bytes,
} from '@ouroboros/model';
import type { Kdf } from '@ouroboros/ports';

/** Types of layers that a token can lead to: those where one address says where to go. */
export const SHIM_TYPES = ['udp4', 'udp6', 'tcp'] as const;
export type ShimType = (typeof SHIM_TYPES)[number];
export const MEMBER_TYPES = ['unicast', 'broadcast'] as const;

/** What a token says to everybody. */
export interface Destination {
  /** The layer below, and where the inviting host is in it. */
  readonly shim: { readonly type: ShimType; readonly host: string; readonly port: number; readonly layer: string };
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
  const below = `${VERSION}:${shim.type}:${endpointText(shim)}:${encodeName(shim.layer)}`;
  return `${below}#${type}:${encodeName(layer)}:${encodeName(member)}#${fingerprint ? toHex(fingerprint) : '-'}`;
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
  const tail = fromHex(match[9]!);
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
  `^${VERSION}:([a-z0-9]+):(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9._-]+):(\\d{1,5}):${NAME}` +
    `#([a-z]+):${NAME}:${NAME}#(-|[0-9a-f]{${2 * FINGERPRINT_LENGTH}})#([0-9a-f]{${2 * (SECRET_LENGTH + CHECK_LENGTH)}})$`,
);

function destinationOf([, shimType, host, port, shimLayer, type, layer, member, print]: RegExpExecArray):
  Destination | undefined {
  const [knownShim, knownType] = [SHIM_TYPES.find((one) => one === shimType), MEMBER_TYPES.find((one) => one === type)];
  const names = [shimLayer, layer, member].map((name) => decodeName(name!));
  if (!knownShim || !knownType || names.some((name) => name === undefined)) return undefined;
  const place = { type: knownShim, host: host!.replace(/^\[|\]$/g, ''), port: Number(port), layer: names[0]! };
  if (!isHost(knownShim, place.host) || place.port < 1 || place.port > 65_535) return undefined;
  const fingerprint = print === '-' ? null : fromHex(print!);
  return { shim: place, type: knownType, layer: names[1]!, member: names[2]!, fingerprint };
}

/** Addresses of UDP layers are numbers; TCP takes names of hosts too. */
export function isHost(type: ShimType, host: string): boolean {
  if (type === 'udp4') return IPV4.host(host) !== undefined;
  if (type === 'udp6') return IPV6.host(host) !== undefined;
  return /^[A-Za-z0-9_.-]{1,253}$/.test(host) || IPV6.host(host) !== undefined;
}

const encodeName = (name: string): string => encodeURIComponent(name);

function decodeName(text: string): string | undefined {
  try {
    const name = decodeURIComponent(text);
    return nameFault(name, 'name') === undefined && encodeURIComponent(name) === text ? name : undefined;
  } catch {
    return undefined;
  }
}

const checkOf = (text: string, secret: Uint8Array, kdf: Kdf): Uint8Array =>
  kdf.digest('sha256', concatBytes(utf8Bytes(text), secret)).slice(0, CHECK_LENGTH);
