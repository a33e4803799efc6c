import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { OuroborosError, type ErrorCode } from '@ouroboros/model';

export const PRIVATE = 0o600;
export const PUBLIC = 0o644;

const CODES: Readonly<Record<string, ErrorCode>> = { EACCES: 'EACCES', EPERM: 'EPERM', EROFS: 'EACCES' };

/**
 * Makes the folders above, and the file in one step: who reads meanwhile sees all of it or what was there before.
 * OuroborosError EACCES, EPERM or EIO that names the file.
 */
export async function putFile(path: string, content: string, mode: typeof PRIVATE | typeof PUBLIC): Promise<void> {
  const draft = `${dirname(path)}/.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await writeFile(draft, content, { mode, flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new OuroborosError(CODES[code] ?? 'EIO', `cannot write ${path}: ${code}`, { cause: error });
  }
}
