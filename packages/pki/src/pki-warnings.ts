import { formatTime, printable } from '@ouroboros/model';
import type { CertificateStatus, PkiStatus } from './pki-status.js';

/** A line for each thing that keeps flows from being authenticated, or soon will, or endangers a key. */
export function pkiWarnings({ certificates, lists }: PkiStatus): string[] {
  const broken = lists.filter(({ problem }) => problem !== '').map(({ problem }) => `${problem}: ${NO_TRUST}`);
  const exposed = certificates.filter(({ exposedKey }) => exposedKey !== '');
  return [
    ...certificates.filter(needsAttention).map(warningOf),
    ...broken,
    ...exposed.map(({ exposedKey }) => `${exposedKey} is open to other users: chmod 600`),
  ];
}

/** A host may show what it does not itself believe, and what was revoked for another host is as it should be. */
function needsAttention({ kind, state }: CertificateStatus): boolean {
  if (kind === 'issued') return state !== 'valid' && state !== 'revoked';
  if (kind === 'server' || kind === 'client' || kind === 'member') return state !== 'valid' && state !== 'untrusted';
  return state !== 'valid';
}

const NO_TRUST = 'this host believes no certificate until it is mended';

function warningOf({ kind, name, commonName, daysLeft, notAfterMs, state, problem, file }: CertificateStatus): string {
  const which = `${kind} certificate of "${printable(kind === 'issued' ? commonName : name)}"`;
  switch (state) {
    case 'expires-soon':
      return `${which} expires in ${daysLeft} days (${file})`;
    case 'expired':
      return `${which} expired on ${formatTime(notAfterMs!)} (${file})`;
    case 'unreadable':
      return kind === 'trusted' || kind === 'intermediate' ? `${problem}: ${NO_TRUST}` : `${which}: ${problem}`;
    case 'revoked':
      return `${which} is revoked (${file})`;
    case 'not-yet-valid':
      return `${which} is not yet valid (${file})`;
    default:
      return `${which}: ${problem}`;
  }
}
