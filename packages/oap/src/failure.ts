import type { ErrorCode } from '@ouroboros/model';
import type { CredentialFailure, KexName } from '@ouroboros/ports';

/** Why an OAP message was refused, or could not be made. */
export interface OapFailure {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly text: string;
  /** A server's failure for weakness: the weakest key exchange that would do. */
  readonly wanted?: KexName;
  /** A client's failure: what both ends agreed though, so that the end of the flow can be told to the other host. */
  readonly features?: number;
}

export const failed = (code: ErrorCode, text: string, more: Partial<OapFailure> = {}): OapFailure => ({
  ...more,
  ok: false,
  code,
  text,
});

/** A certificate does not hold: EAUTH, or ECLOCK where it may be a clock that is wrong. */
export const unverified = ({ code, text }: CredentialFailure): OapFailure =>
  failed(code === 'not-yet-valid' ? 'ECLOCK' : 'EAUTH', text);
