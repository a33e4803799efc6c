import { mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A log file that outgrew this when its process starts is set aside as `<file>.1`. */
const LARGEST_BYTES = 16 * 1024 * 1024;

/** Opens `<runtime>/log/<name>.log` for appending; the caller closes the descriptor. */
export function openLogFile(dir: string, name: string): number {
  const folder = join(dir, 'log');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${fileName(name)}.log`);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

/** Names of IPCPs may hold anything, a slash for instance. File names end at 255 bytes; the rest of a name is cut off. */
const fileName = (name: string): string => encodeURIComponent(name).replace(/^\./, '%2E').slice(0, 200);
