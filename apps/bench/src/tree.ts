import { join } from 'node:path';

/** The checkout that is measured: its programs, and the two processes of a measurement with its library. */
export interface Tree {
  readonly programs: string;
  readonly measured: string;
}

/** `tools/measured.mjs` has put the bundle there. */
export const treeAt = (folder: string): Tree => ({
  programs: join(folder, 'node_modules', '.bin'),
  measured: join(folder, 'node_modules', '.cache', 'ouroboros', 'measured.cjs'),
});
