import { isErrorCode, OuroborosError, toOuroborosError } from '@ouroboros/model';

/** An error as a message: `ouroboros.model.v1.Failure`. Empty field and stage = none. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly field: string;
  readonly stage: string;
}

/** Bounds the text, because a failure must fit into the trailer of a call (16 KiB, coded in base 64). */
const MAX_TEXT = 2048;

/** Any thrown value as a failure; what is no OuroborosError is our own fault and becomes EIO. */
export function toFailure(thrown: unknown): Failure {
  const { code, message, field = '', stage = '' } = toOuroborosError(thrown);
  return { code, message: clip(message), field: clip(field), stage: clip(stage) };
}

/** The error that the other side meant; an unknown code becomes EIO. */
export function fromFailure(failure: Failure): OuroborosError {
  const code = isErrorCode(failure.code) ? failure.code : 'EIO';
  return new OuroborosError(code, failure.message, {
    field: failure.field || undefined,
    stage: failure.stage || undefined,
  });
}

const clip = (text: string): string => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`);
