import { readdirSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CredentialFailure } from '@ouroboros/ports';
import { failure } from './failures.js';

/** A file and what stands in it. */
export interface ReadFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A file as it is found: absent, not to be read, or read; `stamp` changes when the file does. */
export type Found = { readonly path: string; readonly stamp: string } & (
  { readonly kind: 'absent' } | { readonly kind: 'fault'; readonly reason: string } | { readonly kind: 'file' }
);

/** Nobody keeps a certificate or a list this large; a device or a log file is taken by mistake. */
const MAX_BYTES = 16 * 1024 * 1024;

const isAbsence = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Looks at a file without reading it; links are followed. Never throws. It is done for each flow: a look takes a few µs. */
export function find(path: string | undefined): Found {
  if (path === undefined) return { path: '', stamp: '-', kind: 'absent' };
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (found === undefined) return { path, stamp: '-', kind: 'absent' };
    const stamp = `${found.ino}.${found.size}.${found.mtimeNs}.${found.ctimeNs}`;
    if (!found.isFile()) return { path, stamp, kind: 'fault', reason: 'is not a file' };
    if (found.size > MAX_BYTES) return { path, stamp, kind: 'fault', reason: `has more than ${MAX_BYTES} bytes` };
    return { path, stamp, kind: 'file' };
  } catch (error) {
    return isAbsence(error) ? { path, stamp: '-', kind: 'absent' } : faultOf(path, error);
  }
}

function faultOf(path: string, error: unknown): Found {
  const reason = (error as NodeJS.ErrnoException).code ?? String(error);
  return { path, stamp: `!${reason}`, kind: 'fault', reason };
}

/** All entries of a folder but hidden ones, sorted; a folder that is absent has none. Never throws. */
export function findIn(folder: string): readonly Found[] {
  try {
    if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
    const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
    return names.sort().map((name) => find(join(folder, name)));
  } catch (error) {
    return isAbsence(error) ? [] : [faultOf(folder, error)];
  }
}

/** The bytes of a file that was found (null when it is absent), or why there are none. Never rejects. */
export async function read(found: Found): Promise<ReadFile | CredentialFailure | null> {
  if (found.kind === 'absent') return null;
  if (found.kind === 'fault') return failure('unreadable', `${found.path}: ${found.reason}`);
  try {
    return { path: found.path, bytes: await readFile(found.path) };
  } catch (error) {
    return isAbsence(error) ? null : failure('unreadable', `${found.path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

export const isFailure = (value: object | null): value is CredentialFailure =>
  value !== null && 'ok' in value && value.ok === false;

/** Equal as long as none of the files changed. */
export const stampOf = (found: readonly Found[]): string =>
  found.map(({ path, stamp }) => `${path}=${stamp}`).join('\n');

/** Names of the folders in a folder, sorted; none when it is absent or closed to us. Never rejects. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
