import type { Clock } from '@ouroboros/ports';
import { findIn } from './files.js';
import type { CertificateStatus, PkiStatus } from './pki-status.js';
import { pkiWarnings } from './pki-warnings.js';
import type { Places } from './places.js';

const NANOS_PER_MS = 1_000_000n;

/**
 * What is wrong with the certificates of this host or soon will be, a line each, for `irm status`. Loads nothing while there
 * are none. Never rejects.
 */
export async function credentialWarnings(places: Places, clock: Clock): Promise<readonly string[]> {
  const status = await statusOf(places, clock);
  return status ? pkiWarnings(status) : [];
}

/** All certificates of this host. Loads nothing while there are none. Never rejects. */
export async function certificatesOf(places: Places, clock: Clock): Promise<readonly CertificateStatus[]> {
  return (await statusOf(places, clock))?.certificates ?? [];
}

async function statusOf(places: Places, clock: Clock): Promise<PkiStatus | undefined> {
  const folders = [places.folder('cacert'), places.folder('untrusted'), places.folder('crl')];
  const roles = (['server', 'client', 'authority'] as const).map((role) => places.roles(role));
  const found = await Promise.all([...folders, ...roles].map(findIn));
  if (found.every((entries) => entries.length === 0)) return undefined;
  const { pkiStatus } = await import('./pki-status.js');
  return pkiStatus(places, Number(clock.wallNanos() / NANOS_PER_MS));
}
