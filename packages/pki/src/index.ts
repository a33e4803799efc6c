/** Certificates: who is believed, what a name shows, and an authority of one's own. */
export { confDir } from './conf-dir.js';
export { FileCredentialStore } from './credential-store.js';
export { AUTHORITY_DAYS, KEY_KINDS, LEAF_DAYS, WARN_DAYS, type KeyKind } from './defaults.js';
export { openMembers, openPki } from './open-pki.js';
export type { MemberCertificates, MemberPapers, MemberRequest } from './member-certificates.js';
export type {
  AuthorityInfo,
  InitOptions,
  IssuedInfo,
  IssueOptions,
  Pki,
  RenewOptions,
  RevokedInfo,
  RevokeOptions,
} from './pki.js';
export type {
  CertificateKind,
  CertificateState,
  CertificateStatus,
  PkiStatus,
  RevocationStatus,
} from './pki-status.js';
export { Places, type CertificateRole } from './places.js';
export { signedBy } from './signing.js';
export { certificatesOf, credentialHealth, type CredentialHealth } from './warnings.js';
