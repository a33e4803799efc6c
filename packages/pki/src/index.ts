/** Certificates: who is believed, what a name shows, and an authority of one's own. */
export { confDir } from './conf-dir.js';
export { FileCredentialStore } from './credential-store.js';
export { Places } from './places.js';
