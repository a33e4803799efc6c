import type {
  Credential,
  CredentialFailure,
  CredentialPaths,
  CredentialRole,
  CredentialStore,
  NameSecurity,
  Trust,
} from '@ouroboros/ports';
import { failure } from './failures.js';
import { find, findIn, isFailure, read, stampOf, type Found, type ReadFile } from './files.js';
import { pemBlocks } from './pem.js';
import type { TrustFiles } from './anchor-files.js';
import type { NameFiles, Places } from './places.js';

/** Names whose files are remembered; beyond that the one asked for longest ago is read anew. */
const MAX_NAMES = 1024;

interface Remembered<T> {
  readonly stamp: string;
  readonly value: T;
}

/** What files of one name and role hold, without what all names share. */
type Own = Omit<NameSecurity, 'trust'>;

/**
 * Credentials and trust from the files of a configuration directory. Each load looks at all files that matter and reads
 * again what has changed; nobody has to tell, and no flow that is up is touched. Certificate code is loaded with the first
 * certificate, so that a node without any starts as fast as before.
 */
export class FileCredentialStore implements CredentialStore {
  private readonly names = new Map<string, Remembered<Own | CredentialFailure>>();
  private trusted: Remembered<Promise<Trust>> | undefined;

  constructor(private readonly places: Places) {}

  async load(role: CredentialRole, name: string, paths: CredentialPaths): Promise<NameSecurity | CredentialFailure> {
    const [own, trust] = await Promise.all([this.loadOwn(role, this.places.files(role, name, paths)), this.trust()]);
    return isFailure(own) ? own : { ...own, trust };
  }

  /** Authorities, intermediates and revocation lists as they are now. */
  async trust(): Promise<Trust> {
    const cacert = findIn(this.places.folder('cacert'));
    const untrusted = findIn(this.places.folder('untrusted'));
    const crl = findIn(this.places.folder('crl'));
    const stamp = stampOf([...cacert, ...untrusted, ...crl]);
    if (this.trusted?.stamp !== stamp) this.trusted = { stamp, value: trustOf({ cacert, untrusted, crl }) };
    return this.trusted.value;
  }

  private async loadOwn(role: CredentialRole, files: NameFiles): Promise<Own | CredentialFailure> {
    const found = findOwn(files);
    const stamp = stampOf(Object.values(found));
    const key = `${role} ${files.crt} ${files.key} ${files.enc} ${files.memberCrt}`;
    const old = this.names.get(key);
    const value = old?.stamp === stamp ? old.value : await readOwn(found);
    this.remember(key, { stamp, value });
    return value;
  }

  private remember(key: string, value: Remembered<Own | CredentialFailure>): void {
    this.names.delete(key);
    this.names.set(key, value);
    if (this.names.size > MAX_NAMES) this.names.delete(this.names.keys().next().value!);
  }
}

async function trustOf(files: TrustFiles): Promise<Trust> {
  if (files.cacert.length + files.untrusted.length + files.crl.length === 0) return NO_TRUST;
  return (await import('./anchor-files.js')).readTrust(files);
}

const NO_TRUST: Trust = {
  authorities: 0,
  verify: () => failure('untrusted', 'the peer shows a certificate, but this host trusts no authority'),
};

type OwnFound = Readonly<Record<keyof NameFiles, Found>>;

const findOwn = (files: NameFiles): OwnFound => ({
  crt: find(files.crt),
  key: find(files.key),
  enc: find(files.enc),
  memberCrt: find(files.memberCrt),
  memberKey: find(files.memberKey),
  kemDer: find(files.kemDer),
  kemRaw: find(files.kemRaw),
});

async function readOwn(found: OwnFound): Promise<Own | CredentialFailure> {
  const credential =
    (await credentialOf(found.crt, found.key)) ?? (await credentialOf(found.memberCrt, found.memberKey));
  const [enc, der, raw] = await Promise.all([read(found.enc), read(found.kemDer), read(found.kemRaw)]);
  if (isFailure(credential)) return credential;
  if (isFailure(enc)) return enc;
  if (isFailure(der)) return der;
  if (isFailure(raw)) return raw;
  const kemKey = der && keyBlock(der);
  if (kemKey === undefined) return failure('unreadable', `${found.kemDer.path} has no key in PEM`);
  return {
    ok: true,
    credential,
    encConf: enc && Buffer.from(enc.bytes).toString('utf8'),
    kemKeys: { der: kemKey, raw: raw && raw.bytes },
  };
}

const keyBlock = ({ bytes }: ReadFile): Uint8Array | undefined =>
  pemBlocks(Buffer.from(bytes).toString('latin1')).find(({ label }) => label.endsWith(' KEY'))?.der;

/** Used only if both files exist. [spec/wire-crypto.md §8.1] Divergence: one alone is a fault, and not ignored. */
async function credentialOf(crt: Found, key: Found): Promise<Credential | CredentialFailure | null> {
  const [certificate, privateKey] = await Promise.all([read(crt), read(key)]);
  if (isFailure(certificate)) return certificate;
  if (isFailure(privateKey)) return privateKey;
  if (certificate === null && privateKey === null) return null;
  if (certificate === null)
    return failure('unreadable', `${key.path} has no certificate beside it: ${crt.path} is missing`);
  if (privateKey === null) return failure('unreadable', `${crt.path} has no key beside it: ${key.path} is missing`);
  return (await import('./name-credential.js')).readCredential(certificate, privateKey);
}
