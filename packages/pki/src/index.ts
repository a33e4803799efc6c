/** Certificates: who is believed, what a name shows, and an authority of one's own. */
export { confDir } from './conf-dir.js';
export { FileCredentialStore } from './credential-store.js';
export {
  AUTHORITY_DAYS,
  LEAF_DAYS,
  Pki,
  type AuthorityInfo,
  type InitOptions,
  type IssuedInfo,
  type IssueOptions,
  type RenewOptions,
  type RevokedInfo,
  type RevokeOptions,
} from './pki.js';
export {
  WARN_DAYS,
  type CertificateKind,
  type CertificateState,
  type CertificateStatus,
  type PkiStatus,
  type RevocationStatus,
} from './pki-status.js';
export { credentialWarnings } from './warnings.js';
export { Places } from './places.js';
export { KEY_KINDS, type KeyKind } from './signing-key.js';
