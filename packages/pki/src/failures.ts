import type { CredentialFailure, CredentialFailureCode } from '@ouroboros/ports';
import { printable } from './words.js';

export const failure = (code: CredentialFailureCode, text: string): CredentialFailure => ({
  ok: false,
  code,
  text: printable(text),
});
