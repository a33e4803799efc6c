import { NodeClock } from '@ouroboros/node-runtime';
import { confDir, Pki, Places } from '@ouroboros/pki';

/** The certificates in the configuration directory of this user. */
export const openPki = (): Pki => new Pki(new Places(confDir()), new NodeClock());
