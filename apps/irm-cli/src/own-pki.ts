import { NodeClock } from '@ouroboros/node-runtime';
import { confDir, openPki, Places, type Pki } from '@ouroboros/pki';

/** The certificates in the configuration directory of this user. */
export const openOwnPki = (): Promise<Pki> => openPki(new Places(confDir()), new NodeClock());
