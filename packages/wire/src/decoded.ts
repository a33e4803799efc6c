/**
 * How every decoder of this package answers. Decoders never throw for what a peer sent: they answer a value, or the
 * reason why there is none, for a counter or a log line.
 *
 * Encoders throw OuroborosError (EINVAL, EMSGSIZE) for values that do not fit the format: that is the caller's mistake.
 */

/**
 * Why bytes were refused.
 * `absent`: there is nothing to decode (optional areas only). `too-short`, `too-long`: the whole message. `bad-length`: a
 * byte field of the wrong length. `bad-value`: out of range. `missing-field`: a required field is not there.
 * `malformed`: the encoding itself is broken (protobuf, UTF-8, TLV).
 */
export type WireFault =
  'absent' | 'too-short' | 'too-long' | 'malformed' | 'missing-field' | 'bad-length' | 'bad-value';

export interface Refused {
  readonly ok: false;
  readonly reason: WireFault;
  /** Path of the field at fault, `dt.routing.ls` for example; empty when it is the whole message. Never peer's text. */
  readonly field: string;
}

export interface Accepted<T> {
  readonly ok: true;
  readonly value: T;
}

export type Decoded<T> = Accepted<T> | Refused;

export const accepted = <T>(value: T): Accepted<T> => ({ ok: true, value });
export const refused = (reason: WireFault, field = ''): Refused => ({ ok: false, reason, field });
