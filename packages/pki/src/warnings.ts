import type { Clock } from '@ouroboros/ports';
import { findIn } from './files.js';
import type { CertificateStatus, PkiStatus } from './pki-status.js';
import { pkiWarnings } from './pki-warnings.js';
import type { Places } from './places.js';

const NANOS_PER_MS = 1_000_000n;

/** The certificates of this host, for `irm status`. */
export interface CredentialHealth {
  /** What is wrong or soon will be, a line each. */
  readonly warnings: readonly string[];
  readonly certificates: number;
  /** Whole days that are left of the one that expires first; 0 without any. */
  readonly certificateDays: number;
}

/** Loads nothing while there are no certificates. Never rejects. */
export async function credentialHealth(places: Places, clock: Clock): Promise<CredentialHealth> {
  const status = await statusOf(places, clock);
  if (!status) return { warnings: [], certificates: 0, certificateDays: 0 };
  const days = status.certificates.map(({ daysLeft }) => daysLeft).filter((left) => left !== null);
  const certificateDays = days.length === 0 ? 0 : Math.min(...days);
  return { warnings: pkiWarnings(status), certificates: status.certificates.length, certificateDays };
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
