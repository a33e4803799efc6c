import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CredentialFailureCode } from '@ouroboros/ports';
import { certificatesIn, listsIn, readAnchors } from './anchor-files.js';
import type { Certificate } from './certificate.js';
import { chainFault, type Anchors } from './chain.js';
import { WARN_DAYS } from './defaults.js';
import { find, findIn, foldersIn, isFailure, read, type Found } from './files.js';
import type { Places } from './places.js';

const DAY_MS = 86_400_000;

export type CertificateKind = 'authority' | 'trusted' | 'intermediate' | 'server' | 'client' | 'member' | 'issued';
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
  /** Why it is unreadable or untrusted; empty: it is not. */
  readonly problem: string;
  /** Path of its key when other users may read it; empty: they may not, or there is none. */
  readonly exposedKey: string;
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
  const cacert = findIn(places.folder('cacert'));
  const untrusted = findIn(places.folder('untrusted'));
  const crl = findIn(places.folder('crl'));
  const { anchors } = await readAnchors({ cacert, untrusted, crl });
  const survey = new Survey(nowMs, anchors);
  for (const kind of ['authority', 'server', 'client', 'member'] as const) await survey.names(kind, places.roles(kind));
  for (const found of cacert) await survey.file('trusted', found);
  for (const found of untrusted) await survey.file('intermediate', found);
  survey.issued(await allIssued(places));
  return { confDir: places.confDir, certificates: survey.certificates, lists: await Promise.all(crl.map(listStatus)) };
}

class Survey {
  readonly certificates: CertificateStatus[] = [];
  private readonly serials = new Set<string>();

  constructor(
    private readonly nowMs: number,
    private readonly anchors: Anchors,
  ) {}

  /** Folders with crt.pem and key.pem. */
  async names(kind: 'authority' | 'server' | 'client' | 'member', folder: string): Promise<void> {
    for (const name of await foldersIn(folder)) {
      const found = find(join(folder, name, 'crt.pem'));
      const exposed = await exposure(join(folder, name, 'key.pem'));
      await this.file(kind, found, name, exposed);
    }
  }

  /** A file with certificates. */
  async file(kind: CertificateKind, found: Found, name = lastOf(found.path), exposedKey = ''): Promise<void> {
    const file = await read(found);
    if (file === null) return;
    const certificates = isFailure(file) ? file : certificatesIn(file);
    if (isFailure(certificates)) {
      this.certificates.push({ ...UNREADABLE, kind, name, file: found.path, problem: certificates.text, exposedKey });
      return;
    }
    // An authority of this host is trusted here, and shown once.
    const fresh = certificates.filter(({ serial }) => kind !== 'trusted' || !this.serials.has(serial));
    for (const one of fresh) this.add(kind, name, found.path, one, exposedKey);
  }

  /** What authorities of this host signed for other hosts, as long as it matters and nothing newer is there for the key. */
  issued(files: readonly IssuedFile[]): void {
    const newest = new Map<string, number>();
    for (const { one } of files) newest.set(keyOf(one), Math.max(one.notAfterMs, newest.get(keyOf(one)) ?? 0));
    const matters = ({ one }: IssuedFile): boolean =>
      !this.serials.has(one.serial) && one.notAfterMs > this.nowMs && one.notAfterMs === newest.get(keyOf(one));
    for (const { file, one } of files.filter(matters)) this.add('issued', one.commonName, file, one, '');
  }

  private add(kind: CertificateKind, name: string, file: string, one: Certificate, exposedKey: string): void {
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
      problem: state === 'untrusted' && fault ? fault.text : '',
      exposedKey,
    });
  }
}

const keyOf = ({ x509 }: Certificate): string => x509.publicKey.export({ type: 'spki', format: 'der' }).toString('hex');

const UNREADABLE = {
  commonName: '',
  serial: '',
  issuer: '',
  notAfterMs: null,
  daysLeft: null,
  state: 'unreadable',
} as const;

/** A certificate that is not trusted here still expires, for those who do trust it. */
function stateOf(code: CredentialFailureCode | undefined, leftMs: number): CertificateState {
  if (code === 'expired' || code === 'not-yet-valid' || code === 'revoked') return code;
  if (leftMs < 0) return 'expired';
  if (leftMs < WARN_DAYS * DAY_MS) return 'expires-soon';
  return code === undefined ? 'valid' : 'untrusted';
}

interface IssuedFile {
  readonly file: string;
  readonly one: Certificate;
}

async function allIssued(places: Places): Promise<readonly IssuedFile[]> {
  const all: IssuedFile[] = [];
  for (const name of await foldersIn(places.roles('authority'))) {
    for (const found of findIn(join(places.of('authority', name), 'issued'))) {
      const file = await read(found);
      const certificates = file === null || isFailure(file) ? [] : certificatesIn(file);
      if (!isFailure(certificates)) all.push(...certificates.map((one) => ({ file: found.path, one })));
    }
  }
  return all;
}

async function listStatus(found: Found): Promise<RevocationStatus> {
  const file = await read(found);
  const lists = file === null ? [] : isFailure(file) ? file : listsIn(file);
  if (isFailure(lists)) return { file: found.path, revoked: 0, problem: lists.text };
  return { file: found.path, revoked: lists.reduce((sum, { revoked }) => sum + revoked.size, 0), problem: '' };
}

/** The path, when others than the owner may do something with the file. */
async function exposure(path: string): Promise<string> {
  const mode = await stat(path).then(
    (found) => found.mode,
    () => 0,
  );
  return (mode & 0o077) === 0 ? '' : path;
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.pem$/, '');
