import { formatTime } from '@ouroboros/model';
import type { CredentialFailure } from '@ouroboros/ports';
import { describe, isIssuedBy, type Certificate } from './certificate.js';
import { failure } from './failures.js';
import type { RevocationList } from './revocation-list.js';
import { isBroken } from './signature-algorithms.js';
import { keyFault } from './signing.js';
import { formatDistance } from './words.js';

/**
 * Chains of certificates: from the one that a peer shows, over intermediates of this host, to an authority that this host
 * trusts. All chains that signatures make are tried; the first that nothing speaks against decides. [RFC 5280 §6]
 */

/** Longest chain, both ends counted. */
export const MAX_CHAIN = 8;

export interface Anchors {
  /** Self-signed and trusted. */
  readonly roots: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  readonly lists: readonly RevocationList[];
}

/** Times in milliseconds since 1970. */
export interface Moment {
  readonly ownMs: number;
  /** Null: the peer did not say. */
  readonly peerMs: number | null;
}

/** What speaks against a certificate; undefined: it is good now. */
export function chainFault(leaf: Certificate, anchors: Anchors, moment: Moment): CredentialFailure | undefined {
  let first: CredentialFailure | undefined;
  for (const chain of chainsFrom([leaf], anchors)) {
    const fault = faultIn(chain, anchors.lists, moment);
    if (fault === undefined) return undefined;
    first ??= fault;
  }
  return first ?? untrusted(leaf, anchors);
}

function* chainsFrom(chain: readonly Certificate[], anchors: Anchors): Generator<readonly Certificate[]> {
  const top = chain.at(-1)!;
  if (anchors.roots.some((root) => sameCertificate(root, top))) yield chain;
  if (chain.length === MAX_CHAIN) return;
  for (const issuer of [...anchors.roots, ...anchors.intermediates]) {
    if (chain.some((member) => sameCertificate(member, issuer)) || !isIssuedBy(top, issuer)) continue;
    yield* chainsFrom([...chain, issuer], anchors);
  }
}

const sameCertificate = (a: Certificate, b: Certificate): boolean => Buffer.compare(a.der, b.der) === 0;

function untrusted(leaf: Certificate, { roots }: Anchors): CredentialFailure {
  const known =
    roots.length === 0 ? 'this host trusts no authority' : 'no authority that this host trusts stands behind it';
  return failure('untrusted', `${describe(leaf)}: ${known}`);
}

/** From the authority downwards: what is wrong at the top makes what is below meaningless. */
function faultIn(
  chain: readonly Certificate[],
  lists: readonly RevocationList[],
  moment: Moment,
): CredentialFailure | undefined {
  for (let place = chain.length - 1; place >= 0; place -= 1) {
    const certificate = chain[place]!;
    const fault =
      strengthFault(certificate) ??
      (place > 0 ? authorityFault(certificate, chain.slice(1, place)) : undefined) ??
      timeFault(certificate, moment) ??
      revocationFault(certificate, chain[place + 1], lists);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function strengthFault(certificate: Certificate): CredentialFailure | undefined {
  const key = keyFault(certificate.publicKey);
  if (key === 'weak') return failure('weak', `${describe(certificate)} has an RSA key of less than 2048 bits`);
  if (key === 'unsupported') return failure('unsupported', `${describe(certificate)} has a key of an unsupported kind`);
  if (isBroken(certificate.signedWith)) {
    return failure('weak', `${describe(certificate)} was signed with a broken digest, MD5 or SHA-1`);
  }
  const unknown = certificate.unknownCritical;
  if (unknown !== null)
    return failure('unsupported', `${describe(certificate)} has the unknown critical extension ${unknown}`);
  return undefined;
}

/** `below`: the intermediates between the leaf and this one. Self-issued ones don't count. [RFC 5280 §6.1.4 (l)] */
function authorityFault(certificate: Certificate, below: readonly Certificate[]): CredentialFailure | undefined {
  if (!certificate.authority) {
    return failure('untrusted', `${describe(certificate)} signed another, but is not that of an authority`);
  }
  const length = below.filter(({ subject, issuer }) => subject !== issuer).length;
  if (length <= certificate.pathLength) return undefined;
  return failure(
    'untrusted',
    `${describe(certificate)} allows ${certificate.pathLength} authorities below it, not ${length}`,
  );
}

function timeFault(certificate: Certificate, moment: Moment): CredentialFailure | undefined {
  const { notBeforeMs, notAfterMs } = certificate;
  const distance = (ms: number): string => formatDistance(moment.ownMs - ms);
  if (moment.ownMs < notBeforeMs) {
    const text = `is valid from ${formatTime(notBeforeMs)}, ${distance(notBeforeMs)} from now by this host's clock`;
    return failure('not-yet-valid', `${describe(certificate)} ${text}${clocks(moment)}`);
  }
  if (moment.ownMs > notAfterMs) {
    const text = `expired on ${formatTime(notAfterMs)}, ${distance(notAfterMs)} ago by this host's clock`;
    return failure('expired', `${describe(certificate)} ${text}${clocks(moment)}`);
  }
  return undefined;
}

/** Whether a clock is wrong, or really the certificate. Messages travel for less than a second. */
function clocks({ ownMs, peerMs }: Moment): string {
  if (peerMs === null) return '';
  const ahead = peerMs - ownMs;
  if (Math.abs(ahead) < 1000) return '; the clocks of both hosts agree';
  return `; the peer's clock is ${formatDistance(ahead)} ${ahead > 0 ? 'ahead of' : 'behind'} this host's`;
}

/** An authority that is trusted has nobody above it who could revoke it. */
function revocationFault(
  certificate: Certificate,
  issuer: Certificate | undefined,
  lists: readonly RevocationList[],
): CredentialFailure | undefined {
  if (issuer === undefined) return undefined;
  const list = lists.find(({ revoked, isBy }) => revoked.has(certificate.serial) && isBy(issuer));
  if (list === undefined) return undefined;
  return failure(
    'revoked',
    `${describe(certificate)} was revoked on ${formatTime(list.revoked.get(certificate.serial)!)}`,
  );
}
