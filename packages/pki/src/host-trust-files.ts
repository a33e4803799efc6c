import type { CredentialFailure, Trust } from '@ouroboros/ports';
import { isSelfSigned, readCertificate, type Certificate } from './certificate.js';
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
 * Reads authorities, intermediates and revocation lists, each file with one or more of them. One file that is not what it
 * should be makes all trust void: without a revocation list, say, those who were revoked would be believed.
 *
 * Divergence from C, which puts both folders into one store: a self-signed certificate is trusted only in `cacert`.
 */
export async function readTrust(files: TrustFiles): Promise<Trust> {
  const cacert = await readAll(files.cacert, certificatesIn);
  const untrusted = await readAll(files.untrusted, certificatesIn);
  const lists = await readAll(files.crl, listsIn);
  const fault = [cacert, untrusted, lists].find(isFailure);
  if (fault !== undefined) return new BrokenTrust(fault);
  const trusted = cacert as readonly Certificate[];
  return new HostTrust({
    roots: trusted.filter(isSelfSigned),
    intermediates: [...trusted.filter((one) => !isSelfSigned(one)), ...(untrusted as readonly Certificate[])],
    lists: lists as readonly RevocationList[],
  });
}

type Reader<T> = (file: ReadFile) => readonly T[] | CredentialFailure;

async function readAll<T>(found: readonly Found[], reader: Reader<T>): Promise<readonly T[] | CredentialFailure> {
  const all: T[] = [];
  for (const one of found) {
    const file = await read(one);
    if (file === null) continue;
    const items = isFailure(file) ? file : reader(file);
    if ('ok' in items) return items;
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
