import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The workspace's root: the next folder above `from` that has nx.json. */
function workspaceRoot(from: string): string {
  for (let dir = from; dir !== dirname(dir); dir = dirname(dir)) if (existsSync(join(dir, 'nx.json'))) return dir;
  throw new Error(`no workspace above ${from}`);
}

/** Where `npm ci` puts the programs. */
export const binFolder = (): string => join(workspaceRoot(__dirname), 'node_modules', '.bin');

/**
 * The environment of a node's programs: its runtime directory, certificates of its own below that, and our programs in front
 * of the PATH.
 */
export function nodeEnvironment(runtimeDir: string, programs = binFolder()): NodeJS.ProcessEnv {
  const path = `${programs}:${process.env['PATH'] ?? ''}`;
  return {
    ...process.env,
    OUROBOROS_RUNTIME_DIR: runtimeDir,
    OUROBOROS_CONF_DIR: join(runtimeDir, 'conf'),
    OUROBOROS_IPCP_PATH: programs,
    PATH: path,
  };
}
