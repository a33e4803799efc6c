import type { Clock } from '@ouroboros/ports';
import { findIn } from './files.js';
import type { Places } from './places.js';

const NANOS_PER_MS = 1_000_000n;

/**
 * What is wrong with the certificates of this host or soon will be, a line each, for `irm status`. Loads nothing while there
 * are none. Never rejects.
 */
export async function credentialWarnings(places: Places, clock: Clock): Promise<readonly string[]> {
  const folders = [places.folder('cacert'), places.folder('untrusted'), places.folder('crl')];
  const roles = (['server', 'client', 'authority'] as const).map((role) => places.roles(role));
  const found = await Promise.all([...folders, ...roles].map(findIn));
  if (found.every((entries) => entries.length === 0)) return [];
  const { pkiStatus, pkiWarnings } = await import('./pki-status.js');
  return pkiWarnings(await pkiStatus(places, Number(clock.wallNanos() / NANOS_PER_MS)));
}
