import type { JsonObject } from '@ouroboros/model';
import type { AuthorityInfo, CertificateStatus, IssuedInfo, RevokedInfo } from '@ouroboros/pki';

/** The shapes of `irm pki --json`, described in JSON.md. */
const timeText = (ms: number): string => new Date(ms).toISOString();

export const authorityJson = (info: AuthorityInfo): JsonObject => ({
  name: info.name,
  serial: info.serial,
  notAfter: timeText(info.notAfterMs),
  certificateFile: info.certificateFile,
  keyFile: info.keyFile,
});

export const issuedJson = (info: IssuedInfo): JsonObject => ({
  ...authorityJson(info),
  role: info.role,
  commonName: info.commonName,
  authority: info.authority,
  newKey: info.newKey,
});

export const revokedJson = ({ commonName, serial, authority, notAfterMs, listFile }: RevokedInfo): JsonObject => ({
  commonName,
  serial,
  authority,
  notAfter: timeText(notAfterMs),
  listFile,
});

export const certificateStatusJson = (status: CertificateStatus): JsonObject => ({
  kind: status.kind,
  name: status.name,
  commonName: status.commonName || null,
  serial: status.serial || null,
  issuer: status.issuer || null,
  file: status.file,
  notAfter: status.notAfterMs === null ? null : timeText(status.notAfterMs),
  daysLeft: status.daysLeft,
  state: status.state,
  problem: status.problem || null,
});
