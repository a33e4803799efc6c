import type { Clock } from '@ouroboros/ports';
import type { Places } from './places.js';
import type { Pki } from './pki.js';

/** The authorities and certificates in a configuration directory. Code for certificates is loaded with the first call. */
export async function openPki(places: Places, clock: Clock): Promise<Pki> {
  return new (await import('./pki.js')).Pki(places, clock);
}
