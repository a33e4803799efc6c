import { printable } from '@ouroboros/model';
import type { CredentialFailure, CredentialFailureCode } from '@ouroboros/ports';

export const failure = (code: CredentialFailureCode, text: string): CredentialFailure => ({
  ok: false,
  code,
  text: printable(text),
});
