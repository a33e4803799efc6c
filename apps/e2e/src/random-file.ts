import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const BLOCK = 2 ** 20;

/** Writes a file of random bytes, a multiple of 1 MiB; answers its SHA-256. */
export function randomFile(path: string, length: number): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'w');
  for (let written = 0; written < length; written += BLOCK) {
    const block = randomBytes(BLOCK);
    hash.update(block);
    writeSync(file, block);
  }
  closeSync(file);
  return hash.digest('hex');
}
