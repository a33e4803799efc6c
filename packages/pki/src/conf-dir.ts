import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const VARIABLE = 'OUROBOROS_CONF_DIR';

/**
 * The directory with what this node is configured with, credentials among it: `$OUROBOROS_CONF_DIR`, else `/etc/ouroboros`
 * for root, else `$XDG_CONFIG_HOME/ouroboros`, else `~/.config/ouroboros`. Always absolute; it need not exist.
 */
export function confDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env[VARIABLE]) return resolve(env[VARIABLE]);
  if (process.geteuid?.() === 0) return '/etc/ouroboros';
  return resolve(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'ouroboros');
}
