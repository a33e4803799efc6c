/**
 * The server's side of SOCKS 5 until the connection is the client's own. [RFC 1928]
 *
 *   greeting ──methods──▶ request ──CONNECT──▶ over      (`connect`: the caller replies)
 *      └──────────────── refused ─────────────▶ over      (`refuse`: the reply is given)
 *
 *   greeting  05 n method×n                         → 05 00, or 05 FF: no method that we know
 *   request   05 command 00 type address port(2)    → 05 reply 00 01 0.0.0.0 0
 *
 * Bytes come in as they arrive, in pieces of any size; at most one greeting and one request are kept.
 */
import { EMPTY_BYTES } from '@ouroboros/model';

export type SocksOutput =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** The client wants to go to `host`, a name or an address as text. `rest`: what it has sent behind its request. */
  | { readonly kind: 'connect'; readonly host: string; readonly port: number; readonly rest: Uint8Array }
  /** Send these bytes and close. */
  | { readonly kind: 'refuse'; readonly bytes: Uint8Array; readonly why: string };

/** [RFC 1928 §6] */
export const SocksReply = {
  SUCCEEDED: 0,
  FAILURE: 1,
  NOT_ALLOWED: 2,
  NETWORK_UNREACHABLE: 3,
  HOST_UNREACHABLE: 4,
  REFUSED: 5,
  TTL_EXPIRED: 6,
  COMMAND_UNKNOWN: 7,
  ADDRESS_UNKNOWN: 8,
} as const;
export type SocksReply = (typeof SocksReply)[keyof typeof SocksReply];

export const SOCKS_VERSION = 5;
const NO_AUTHENTICATION = 0;
const NO_METHOD = 0xff;
const CONNECT = 1;
const [IPV4, DOMAIN, IPV6] = [1, 3, 4];
const REQUEST_HEAD = 4;
const PORT_LENGTH = 2;

/** The reply to a request; the address in it is none, as flows have none. */
export const socksReply = (reply: SocksReply): Uint8Array =>
  Uint8Array.of(SOCKS_VERSION, reply, 0, IPV4, 0, 0, 0, 0, 0, 0);

export class SocksHandshake {
  private state: 'greeting' | 'request' | 'over' = 'greeting';
  private held: Uint8Array = EMPTY_BYTES;

  /** What to do with the next bytes; nothing: more have to come. After `connect` or `refuse` it is over. */
  take(bytes: Uint8Array): SocksOutput[] {
    if (this.state === 'over') return [];
    this.held = joined(this.held, bytes);
    const outputs: SocksOutput[] = [];
    for (let output = this.step(); output; output = this.step()) outputs.push(output);
    return outputs;
  }

  private step(): SocksOutput | undefined {
    if (this.state === 'over' || this.held.length === 0) return undefined;
    if (this.held[0] !== SOCKS_VERSION) return this.refuse(SocksReply.FAILURE, `version ${this.held[0]}`);
    return this.state === 'greeting' ? this.greeting() : this.request();
  }

  private greeting(): SocksOutput | undefined {
    const length = 2 + (this.held[1] ?? Infinity);
    if (this.held.length < length) return undefined;
    const methods = this.held.subarray(2, length);
    this.held = this.held.subarray(length);
    if (methods.includes(NO_AUTHENTICATION)) {
      this.state = 'request';
      return { kind: 'send', bytes: Uint8Array.of(SOCKS_VERSION, NO_AUTHENTICATION) };
    }
    this.state = 'over';
    return { kind: 'refuse', bytes: Uint8Array.of(SOCKS_VERSION, NO_METHOD), why: 'the client asks for a login' };
  }

  private request(): SocksOutput | undefined {
    const { held } = this;
    if (held.length < REQUEST_HEAD) return undefined;
    const [, command, , type] = held;
    if (command !== CONNECT) return this.refuse(SocksReply.COMMAND_UNKNOWN, `command ${command}, which is not CONNECT`);
    if (type !== IPV4 && type !== DOMAIN && type !== IPV6) {
      return this.refuse(SocksReply.ADDRESS_UNKNOWN, `address type ${type}`);
    }
    const start = REQUEST_HEAD + (type === DOMAIN ? 1 : 0);
    const end = start + (type === IPV4 ? 4 : type === IPV6 ? 16 : (held[REQUEST_HEAD] ?? Infinity));
    if (held.length < end + PORT_LENGTH) return undefined;
    this.state = 'over';
    const host = hostText(type, held.subarray(start, end));
    const port = held[end]! * 256 + held[end + 1]!;
    return { kind: 'connect', host, port, rest: held.slice(end + PORT_LENGTH) };
  }

  private refuse(reply: SocksReply, why: string): SocksOutput {
    this.state = 'over';
    return { kind: 'refuse', bytes: socksReply(reply), why };
  }
}

function joined(held: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (held.length === 0) return bytes;
  const both = new Uint8Array(held.length + bytes.length);
  both.set(held);
  both.set(bytes, held.length);
  return both;
}

/** Addresses are for messages only: they are not looked at. */
function hostText(type: number, bytes: Uint8Array): string {
  if (type === DOMAIN) return new TextDecoder().decode(bytes);
  if (type === IPV4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! * 256 + bytes[2 * i + 1]!).toString(16));
  return groups.join(':');
}
