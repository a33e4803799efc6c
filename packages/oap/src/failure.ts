import type { ErrorCode } from '@ouroboros/model';

/** Why an OAP message was refused. */
export interface OapFailure {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly text: string;
}
