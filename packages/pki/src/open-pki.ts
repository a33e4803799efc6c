import type { Clock } from '@ouroboros/ports';
import type { Places } from './places.js';
import type { MemberCertificates } from './member-certificates.js';
import type { Pki } from './pki.js';

/** The authorities and certificates in a configuration directory. Code for certificates is loaded with the first call. */
export async function openPki(places: Places, clock: Clock): Promise<Pki> {
  return new (await import('./pki.js')).Pki(places, clock);
}

/** Certificates of members of layers, in the same directory. */
export async function openMembers(pki: Pki): Promise<MemberCertificates> {
  return new (await import('./member-certificates.js')).MemberCertificates(pki);
}
