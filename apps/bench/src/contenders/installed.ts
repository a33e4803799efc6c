import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Administrators' programs are not in everybody's PATH. */
const FURTHER = ['/usr/sbin', '/sbin'];

/** Where a program is installed; undefined where it is not. */
export function installed(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...FURTHER];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/** Why programs can't be run, or null: those that are not installed. */
export function notInstalled(...programs: readonly string[]): string | null {
  const missing = programs.filter((program) => installed(program) === undefined);
  return missing.length === 0 ? null : `not installed: ${missing.join(', ')}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
