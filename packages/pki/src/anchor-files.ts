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

/** What is in the files that are as they should be, and the first thing that is wrong with the others. */
export interface ReadAnchors {
  readonly anchors: Anchors;
  readonly fault: CredentialFailure | undefined;
}

/**
 * Reads authorities, intermediates and revocation lists, each file with one or more of them.
 *
 * Divergence from C, which puts both folders into one store: a self-signed certificate is trusted only in `cacert`.
 */
export async function readAnchors(files: TrustFiles): Promise<ReadAnchors> {
  const cacert = await readAll(files.cacert, certificatesIn);
  const untrusted = await readAll(files.untrusted, certificatesIn);
  const lists = await readAll(files.crl, listsIn);
  const roots = cacert.items.filter(isSelfSigned);
  const intermediates = [...cacert.items.filter((one) => !roots.includes(one)), ...untrusted.items];
  return {
    anchors: { roots, intermediates, lists: lists.items },
    fault: cacert.fault ?? untrusted.fault ?? lists.fault,
  };
}

/**
 * Trust in what the files hold. One file that is not what it should be makes all trust void: without a revocation list,
 * say, those who were revoked would be believed.
 */
export async function readTrust(files: TrustFiles): Promise<Trust> {
  const { anchors, fault } = await readAnchors(files);
  return fault === undefined ? new HostTrust(anchors) : new BrokenTrust(fault);
}

type Reader<T> = (file: ReadFile) => readonly T[] | CredentialFailure;

async function readAll<T>(found: readonly Found[], reader: Reader<T>) {
  const items: T[] = [];
  let fault: CredentialFailure | undefined;
  for (const one of found) {
    const file = await read(one);
    if (file === null) continue;
    const part = isFailure(file) ? file : reader(file);
    if (isFailure(part)) fault ??= part;
    else items.push(...part);
  }
  return { items, fault };
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
