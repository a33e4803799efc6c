import { OuroborosError } from './error.js';
import { MAX_NAME_BYTES } from './ipcp.js';
import { utf8Bytes } from './text.js';

/**
 * What is wrong with a name of a service, layer, IPCP or program, or undefined: 1 to 255 bytes of UTF-8 without a NUL
 * character are legal. [spec/architecture.md §1]
 */
export function nameFault(name: string, field: string): string | undefined {
  const length = utf8Bytes(name).length;
  if (length === 0 || length > MAX_NAME_BYTES) return `${field} must have 1 to ${MAX_NAME_BYTES} bytes, not ${length}`;
  return name.includes('\0') ? `${field} contains a NUL character` : undefined;
}

/** Throws OuroborosError EINVAL that names `field` unless the name is legal. */
export function checkName(name: string, field: string): void {
  const fault = nameFault(name, field);
  if (fault !== undefined) throw new OuroborosError('EINVAL', fault, { field });
}
