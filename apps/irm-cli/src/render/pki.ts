import { printable } from '@ouroboros/model';
import type { AuthorityInfo, IssuedInfo, PkiStatus, RevokedInfo } from '@ouroboros/pki';
import { renderTable } from './table.js';
import { renderFields } from './text.js';

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export const renderAuthority = (made: AuthorityInfo): string =>
  renderFields([
    ['authority', made.name],
    ['valid until', dayOf(made.notAfterMs)],
    ['certificate', made.certificateFile],
    ['key, secret', made.keyFile],
  ]);

export const renderIssued = (made: readonly IssuedInfo[]): string => made.map(renderOne).join('\n');

const renderOne = (made: IssuedInfo): string =>
  renderFields([
    [made.role, made.commonName],
    ['signed by', made.authority],
    ['valid until', dayOf(made.notAfterMs)],
    ['certificate', made.certificateFile],
    [made.newKey ? 'key, secret' : 'key as before', made.keyFile],
  ]);

export const renderRevoked = (revoked: readonly RevokedInfo[]): string =>
  revoked
    .map(
      ({ commonName, serial, authority }) =>
        `revoked ${printable(commonName)}, serial ${serial}, of ${printable(authority)}\n`,
    )
    .join('');

const TITLES = ['kind', 'name', 'common name', 'issuer', 'valid until', 'days left', 'state'];

export function renderPkiStatus({ confDir, certificates, lists }: PkiStatus): string {
  const revoked = lists.reduce((sum, list) => sum + list.revoked, 0);
  const facts = renderFields([
    ['directory', confDir],
    ['revocation lists', `${lists.length}, with ${revoked} certificates`],
  ]);
  if (certificates.length === 0) return `${facts}No certificates.\n`;
  const rows = certificates.map(({ kind, name, commonName, issuer, notAfterMs, daysLeft, state }) => [
    kind,
    name,
    commonName || '-',
    issuer || '-',
    notAfterMs === null ? '-' : dayOf(notAfterMs),
    daysLeft === null ? '-' : String(daysLeft),
    state,
  ]);
  const table = renderTable(
    TITLES.map((title) => ({ title })),
    rows,
  );
  return `${facts}\n${table}`;
}
