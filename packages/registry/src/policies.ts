import type { SecurityPolicy } from '@ouroboros/ports';
import { failure, type Failure } from './messages.js';

/** Leaves all to wider settings. */
export const OPEN_POLICY: SecurityPolicy = { encryption: '', authentication: '' };

const WORDS: { readonly [K in keyof SecurityPolicy]: readonly SecurityPolicy[K][] } = {
  encryption: ['require', 'offer', 'off', ''],
  authentication: ['require', 'offer', ''],
};

/** What is wrong with a policy, if something is. */
export function policyFault(policy: SecurityPolicy | null | undefined): Failure | undefined {
  if (!policy) return undefined;
  for (const field of ['encryption', 'authentication'] as const) {
    const words: readonly string[] = WORDS[field];
    if (words.includes(policy[field])) continue;
    const legal = words.filter((word) => word !== '').join(', ');
    return failure('EINVAL', `${field} must be one of ${legal}, not "${policy[field]}"`, { field });
  }
  return undefined;
}
