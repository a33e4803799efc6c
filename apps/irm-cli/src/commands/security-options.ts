import type { SecurityPolicy } from '@ouroboros/ports';
import type { OptionSpec } from '../grammar/command.js';
import { readChoice } from '../grammar/values.js';
import type { Words } from '../grammar/words.js';

/** What flows must or may have; what is not given is left to the next wider setting. */
export const SECURITY_OPTIONS: readonly OptionSpec[] = [
  {
    word: 'encryption',
    value: '<policy>',
    help: 'require, offer (where the other host can), off',
    completes: ['require', 'offer', 'off'],
    fallback: 'as the layer or the node says',
  },
  {
    word: 'authentication',
    value: '<policy>',
    help: 'require (the other host must show a certificate), offer',
    completes: ['require', 'offer'],
    fallback: 'as the layer or the node says',
  },
];

/** Undefined when no policy is given. @throws OuroborosError EINVAL */
export function optionalSecurity(words: Words): Partial<SecurityPolicy> | undefined {
  return SECURITY_OPTIONS.some(({ word }) => words.has(word)) ? readSecurity(words) : undefined;
}

/** @throws OuroborosError EINVAL */
export function readSecurity(words: Words): Partial<SecurityPolicy> {
  const [encryption, authentication] = [words.get('encryption'), words.get('authentication')];
  return {
    ...(encryption !== undefined && { encryption: readChoice('encryption', encryption, ['require', 'offer', 'off']) }),
    ...(authentication !== undefined && {
      authentication: readChoice('authentication', authentication, ['require', 'offer']),
    }),
  };
}
