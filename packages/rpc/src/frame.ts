import type { OuroborosError } from '@ouroboros/model';

/** A message with the fields of an interface of @ouroboros/ports, before or after its way over the wire. */
export type Plain = object;

/** What a frame of a stream carries: the name of the request or reply, and its message. */
export interface Body {
  readonly name: string;
  readonly value: Plain;
  /** Part of `value` that is zeroed as soon as the stream has taken it. */
  readonly secret?: Uint8Array | undefined;
}

/**
 * One message of a bidirectional stream. Each side numbers its own requests; a reply has the number of its request; a
 * request with number 0 is a notice. A body that breaks the rules of its message arrives as the error that says so.
 */
export interface Frame {
  readonly id: number;
  readonly kind: 'request' | 'reply';
  /** Empty when the sender knows more requests than we do. */
  readonly name: string;
  readonly value: Plain | OuroborosError;
  /** See Body. */
  readonly secret?: Uint8Array | undefined;
}

/** A bidirectional stream of frames over one connection. */
export interface FrameStream {
  /** EINVAL or EMSGSIZE when the frame cannot be encoded; silent when the stream has ended. */
  send(frame: Frame): void;
  /** Ends the stream after what was sent; the other side sees `error`, or a normal end. */
  close(error?: OuroborosError): void;
  /** Ends the stream at once; what was queued is lost. */
  cut(error: OuroborosError): void;
  onFrame: ((frame: Frame) => void) | null;
  /** Called once, also after `close` and `cut`. */
  onEnd: ((error: OuroborosError) => void) | null;
}

/** Longest message in bytes, in every service and direction. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
