import type { CipherName, CtrName } from '@ouroboros/ports';
import { CCounterProtection } from './c-counter-protection.js';
import { CProtection } from './c-protection.js';
import { OwnProtection } from './own-protection.js';
import type { Protection, ProtectionOptions } from './protection.js';

const isCtr = (cipher: CipherName): cipher is CtrName => cipher.endsWith('-ctr');

/** The protection that was agreed for a flow. Throws for a counter mode in profile `o7s`, which nobody may agree. */
export function createProtection(options: ProtectionOptions): Protection {
  const { profile, cipher } = options.crypto;
  if (profile === 'c')
    return isCtr(cipher) ? new CCounterProtection(options, cipher) : new CProtection(options, cipher);
  if (isCtr(cipher)) throw new Error(`profile o7s needs authentication, which ${cipher} has not`);
  return new OwnProtection(options, cipher);
}
