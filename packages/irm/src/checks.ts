import { MAX_NAME_BYTES, OuroborosError } from '@ouroboros/model';

const bytesOf = (codePoint: number): number =>
  codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
const utf8Length = (text: string): number =>
  Array.from(text).reduce((sum, char) => sum + bytesOf(char.codePointAt(0)!), 0);

/**
 * The one rule for names of IPCPs, layers and services: 1 to 255 bytes of UTF-8. [spec/architecture.md §1]
 * @throws OuroborosError EINVAL that names `field`
 */
export function checkName(name: string, field: string): void {
  const bytes = utf8Length(name);
  if (bytes >= 1 && bytes <= MAX_NAME_BYTES) return;
  throw new OuroborosError('EINVAL', `${field} must have 1 to ${MAX_NAME_BYTES} bytes, not ${bytes}`, { field });
}

/** @throws OuroborosError EINVAL unless `pid` can be a process id */
export function checkPid(pid: number): void {
  if (Number.isSafeInteger(pid) && pid >= 1 && pid <= MAX_PID) return;
  throw new OuroborosError('EINVAL', `pid must be a whole number from 1 to ${MAX_PID}, not ${pid}`, { field: 'pid' });
}

/** The largest that Linux gives out on 64-bit machines (PID_MAX_LIMIT). */
const MAX_PID = 4_194_304;
