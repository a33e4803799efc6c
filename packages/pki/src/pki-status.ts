import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CredentialFailureCode } from '@ouroboros/ports';
import { certificatesIn, listsIn, readAnchors } from './anchor-files.js';
import type { Certificate } from './certificate.js';
import { chainFault, type Anchors } from './chain.js';
import { WARN_DAYS } from './defaults.js';
import { find, findIn, isFailure, read, type Found } from './files.js';
import type { Places } from './places.js';
import { formatTime, printable } from './words.js';

const DAY_MS = 86_400_000;

export type CertificateKind = 'authority' | 'trusted' | 'intermediate' | 'server' | 'client' | 'issued';
export type CertificateState =
  | 'valid'
  | 'expires-soon'
  | Extract<CredentialFailureCode, 'not-yet-valid' | 'expired' | 'revoked' | 'untrusted' | 'unreadable'>;

/** One certificate of this host. */
export interface CertificateStatus {
  /** `issued`: signed by an authority of this host, and not among the others: for another host. */
  readonly kind: CertificateKind;
  /** Name of the folder or file. */
  readonly name: string;
  /** The next three are empty for a file that cannot be read. */
  readonly commonName: string;
  readonly serial: string;
  readonly issuer: string;
  readonly file: string;
  /** Null for a file that cannot be read. */
  readonly notAfterMs: number | null;
  /** Whole days that are left, negative when it has expired. */
  readonly daysLeft: number | null;
  readonly state: CertificateState;
  /** What to know beyond the state; empty: nothing. */
  readonly problem: string;
}

export interface RevocationStatus {
  readonly file: string;
  /** Certificates on the list. */
  readonly revoked: number;
  /** Empty: the list is readable. */
  readonly problem: string;
}

export interface PkiStatus {
  readonly confDir: string;
  readonly certificates: readonly CertificateStatus[];
  readonly lists: readonly RevocationStatus[];
}

/** Looks at all certificates and lists of a configuration directory. Never rejects. */
export async function pkiStatus(places: Places, nowMs: number): Promise<PkiStatus> {
  const [cacert, untrusted, crl] = await Promise.all([
    findIn(places.folder('cacert')),
    findIn(places.folder('untrusted')),
    findIn(places.folder('crl')),
  ]);
  const anchors = await readAnchors({ cacert, untrusted, crl });
  const survey = new Survey(nowMs, isFailure(anchors) ? { roots: [], intermediates: [], lists: [] } : anchors);
  for (const kind of ['authority', 'server', 'client'] as const) await survey.names(kind, places.roles(kind));
  for (const found of cacert) await survey.file('trusted', found);
  for (const found of untrusted) await survey.file('intermediate', found);
  for (const name of await foldersIn(places.roles('authority'))) {
    for (const found of await findIn(join(places.of('authority', name), 'issued'))) await survey.issued(found);
  }
  return { confDir: places.confDir, certificates: survey.certificates, lists: await Promise.all(crl.map(listStatus)) };
}

/** A line for each thing that keeps flows from being authenticated, or soon will. */
export function pkiWarnings({ certificates, lists }: PkiStatus): string[] {
  const bad = certificates.filter(({ kind, state, problem }) => {
    if (kind === 'issued' && state === 'revoked') return false;
    return state !== 'valid' || problem !== '';
  });
  return [...bad.map(warningOf), ...lists.filter(({ problem }) => problem !== '').map(({ problem }) => problem)];
}

function warningOf({ kind, name, commonName, daysLeft, notAfterMs, state, problem, file }: CertificateStatus): string {
  const which = `${kind} certificate of "${printable(kind === 'issued' ? commonName : name)}"`;
  if (state === 'valid' || state === 'unreadable' || state === 'untrusted') return `${which}: ${problem}`;
  if (state === 'expires-soon') return `${which} expires in ${daysLeft} days (${file})`;
  if (state === 'expired') return `${which} expired on ${formatTime(notAfterMs!)} (${file})`;
  return `${which} is ${state === 'revoked' ? 'revoked' : 'not yet valid'} (${file})`;
}

class Survey {
  readonly certificates: CertificateStatus[] = [];
  private readonly serials = new Set<string>();

  constructor(
    private readonly nowMs: number,
    private readonly anchors: Anchors,
  ) {}

  /** Folders with crt.pem and key.pem. */
  async names(kind: 'authority' | 'server' | 'client', folder: string): Promise<void> {
    for (const name of await foldersIn(folder)) {
      const found = await find(join(folder, name, 'crt.pem'));
      const exposed = await exposure(join(folder, name, 'key.pem'));
      await this.file(kind, found, name, exposed);
    }
  }

  /** A file with certificates; one of an authority of this host is shown once. */
  async file(kind: CertificateKind, found: Found, name = lastOf(found.path), problem = ''): Promise<void> {
    const file = await read(found);
    if (file === null) return;
    const certificates = isFailure(file) ? file : certificatesIn(file);
    if (isFailure(certificates)) {
      this.certificates.push({ ...UNREADABLE, kind, name, file: found.path, problem: certificates.text });
      return;
    }
    for (const one of certificates)
      if (kind !== 'trusted' || !this.serials.has(one.serial)) this.add(kind, name, found.path, one, problem);
  }

  /** What an authority of this host signed for other hosts, as long as it matters. */
  async issued(found: Found): Promise<void> {
    const file = await read(found);
    const certificates = file === null || isFailure(file) ? [] : certificatesIn(file);
    if (isFailure(certificates)) return;
    for (const one of certificates) {
      if (!this.serials.has(one.serial) && one.notAfterMs > this.nowMs)
        this.add('issued', one.commonName, found.path, one, '');
    }
  }

  private add(kind: CertificateKind, name: string, file: string, one: Certificate, problem: string): void {
    this.serials.add(one.serial);
    const fault = chainFault(one, this.anchors, { ownMs: this.nowMs, peerMs: null });
    const state = stateOf(fault?.code, one.notAfterMs - this.nowMs);
    this.certificates.push({
      kind,
      name,
      commonName: one.commonName,
      serial: one.serial,
      issuer: one.issuerName,
      file,
      notAfterMs: one.notAfterMs,
      daysLeft: Math.floor((one.notAfterMs - this.nowMs) / DAY_MS),
      state,
      problem: [state === 'untrusted' && fault ? fault.text : '', problem].filter((text) => text !== '').join('; '),
    });
  }
}

const UNREADABLE = {
  commonName: '',
  serial: '',
  issuer: '',
  notAfterMs: null,
  daysLeft: null,
  state: 'unreadable',
} as const;

function stateOf(code: CredentialFailureCode | undefined, leftMs: number): CertificateState {
  if (code === 'expired' || code === 'not-yet-valid' || code === 'revoked') return code;
  if (code !== undefined) return 'untrusted';
  return leftMs < WARN_DAYS * DAY_MS ? 'expires-soon' : 'valid';
}

async function listStatus(found: Found): Promise<RevocationStatus> {
  const file = await read(found);
  const lists = file === null ? [] : isFailure(file) ? file : listsIn(file);
  if (isFailure(lists)) return { file: found.path, revoked: 0, problem: lists.text };
  return { file: found.path, revoked: lists.reduce((sum, { revoked }) => sum + revoked.size, 0), problem: '' };
}

/** What is wrong with the access to a key. */
async function exposure(path: string): Promise<string> {
  const mode = await stat(path).then(
    (found) => found.mode,
    () => 0,
  );
  return (mode & 0o077) === 0 ? '' : `${path} is open to other users: chmod 600`;
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.pem$/, '');

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
