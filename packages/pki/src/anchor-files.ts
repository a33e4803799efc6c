import type { CredentialFailure, Trust } from '@ouroboros/ports';
import { isSelfSigned, readCertificate, type Certificate } from './certificate.js';
import type { Anchors } from './chain.js';
import { failure } from './failures.js';
import { isFailure, read, type Found, type ReadFile } from './files.js';
import { pemBlocks } from './pem.js';
import { readRevocationList, type RevocationList } from './revocation-list.js';
import { BrokenTrust, HostTrust } from './trust.js';

/** Folders of Places, as they are found. */
export interface TrustFiles {
  readonly cacert: readonly Found[];
  readonly untrusted: readonly Found[];
  readonly crl: readonly Found[];
}

/**
 * Reads authorities, intermediates and revocation lists, each file with one or more of them.
 *
 * Divergence from C, which puts both folders into one store: a self-signed certificate is trusted only in `cacert`.
 */
export async function readAnchors(files: TrustFiles): Promise<Anchors | CredentialFailure> {
  const cacert = await readAll(files.cacert, certificatesIn);
  if (isFailure(cacert)) return cacert;
  const untrusted = await readAll(files.untrusted, certificatesIn);
  if (isFailure(untrusted)) return untrusted;
  const lists = await readAll(files.crl, listsIn);
  if (isFailure(lists)) return lists;
  const roots = cacert.filter(isSelfSigned);
  return { roots, intermediates: [...cacert.filter((one) => !roots.includes(one)), ...untrusted], lists };
}

/**
 * Trust in what the files hold. One file that is not what it should be makes all trust void: without a revocation list,
 * say, those who were revoked would be believed.
 */
export async function readTrust(files: TrustFiles): Promise<Trust> {
  const anchors = await readAnchors(files);
  return isFailure(anchors) ? new BrokenTrust(anchors) : new HostTrust(anchors);
}

type Reader<T> = (file: ReadFile) => readonly T[] | CredentialFailure;

async function readAll<T>(found: readonly Found[], reader: Reader<T>): Promise<readonly T[] | CredentialFailure> {
  const all: T[] = [];
  for (const one of found) {
    const file = await read(one);
    if (file === null) continue;
    const items = isFailure(file) ? file : reader(file);
    if (isFailure(items)) return items;
    all.push(...items);
  }
  return all;
}

export function certificatesIn({ path, bytes }: ReadFile): readonly Certificate[] | CredentialFailure {
  const blocks = pemBlocks(Buffer.from(bytes).toString('latin1')).filter(({ label }) => label.endsWith('CERTIFICATE'));
  const certificates = blocks.flatMap(({ der }) => readCertificate(der) ?? []);
  if (blocks.length > 0 && certificates.length === blocks.length) return certificates;
  return failure('unreadable', `${path} has something else than certificates in PEM`);
}

export function listsIn({ path, bytes }: ReadFile): readonly RevocationList[] | CredentialFailure {
  const blocks = pemBlocks(Buffer.from(bytes).toString('latin1')).filter(({ label }) => label === 'X509 CRL');
  const lists = blocks.flatMap(({ der }) => readRevocationList(der) ?? []);
  if (blocks.length > 0 && lists.length === blocks.length) return lists;
  return failure('unreadable', `${path} has something else than revocation lists in PEM`);
}
