import { createHash, type KeyObject } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { OuroborosError } from '@ouroboros/model';
import { listsIn } from './anchor-files.js';
import type { Authority } from './authority.js';
import { describe, fingerprintOf, isIssuedBy, readCertificate, spkiOf, type Certificate } from './certificate.js';
import { LEAF_DAYS } from './defaults.js';
import { find, isFailure, read } from './files.js';
import { certificateAt } from './issued-files.js';
import { certificateIn, privateKeyIn } from './name-credential.js';
import { toPem } from './pem.js';
import type { Pki } from './pki.js';
import { keyFault, signRegion } from './signing.js';
import { generateKey, SigningKey } from './signing-key.js';
import { checkSubject } from './subjects.js';
import { putFile, PRIVATE, PUBLIC } from './write-file.js';

/** What an authority hands to a new member; all DER. */
export interface MemberPapers {
  readonly certificate: Uint8Array;
  readonly authority: Uint8Array;
  readonly revoked: Uint8Array;
}

/** A key that was made here and waits for its certificate. It stays inside. */
export interface MemberRequest {
  /** SPKI DER. */
  readonly publicKey: Uint8Array;
  sign(region: Uint8Array): Uint8Array;
}

const DAY_MS = 86_400_000;
/** Hidden files do not count: a key without its certificate would be a fault. */
const WAITING_KEY = '.key.pem';

/**
 * Certificates of members of layers, signed by a host that has the authority's key for a key that never leaves the host of
 * the member. All calls reject with OuroborosError.
 */
export class MemberCertificates {
  constructor(private readonly pki: Pki) {}

  /**
   * The authority of a layer whose key is on this host: the one that is asked for, else the one with the name of the layer, else
   * the only one; null when there is none. EINVAL when it is not clear which.
   */
  async authorityOf(layer: string, name?: string): Promise<Authority | null> {
    const all = await this.pki.authorities();
    const named = all.find((one) => one.name === (name ?? layer));
    if (named !== undefined) return named;
    if (name !== undefined) throw new OuroborosError('ENAME', `there is no authority "${name}" on this host`);
    if (all.length <= 1) return all[0] ?? null;
    const names = all.map((one) => one.name).join(', ');
    const text = `this host has the authorities ${names}, of which none is called "${layer}": say which`;
    throw new OuroborosError('EINVAL', text, { field: '--authority' });
  }

  /**
   * EEXIST when the authority has certified another key under the name or its address, and that is good yet; EREFUSED for a key that was
   * revoked.
   */
  async refuseTaken(authority: Authority, member: string, publicKey: Uint8Array): Promise<void> {
    const revoked = await authority.revoked();
    const issued = await authority.issued();
    if (issued.some((one) => revoked.has(one.serial) && hasKey(one, publicKey))) {
      const text = `the key of "${member}" was revoked: it must remove security/member/${member} and make another`;
      throw new OuroborosError('EREFUSED', text);
    }
    const taken = issued.find(
      (one) =>
        addressOf(one.commonName) === addressOf(member) &&
        !revoked.has(one.serial) &&
        one.notAfterMs > this.pki.nowMs &&
        (one.commonName !== member || !hasKey(one, publicKey)),
    );
    if (taken === undefined) return;
    if (taken.commonName !== member) {
      throw new OuroborosError('EEXIST', `"${member}" would have the address of ${describe(taken)}: take another name`);
    }
    throw new OuroborosError('EEXIST', `there is a member "${member}" already, with another key: ${describe(taken)}`);
  }

  async certify(authority: Authority, member: string, publicKey: Uint8Array): Promise<MemberPapers> {
    checkSubject(member, 'member');
    await this.refuseTaken(authority, member, publicKey);
    const notAfterMs = Math.min(this.pki.nowMs + LEAF_DAYS * DAY_MS, authority.certificate.notAfterMs);
    const leaf = { role: 'member', commonName: member, publicDer: publicKey, notAfterMs } as const;
    const certificate = await authority.issue(leaf, this.pki.nowMs);
    return { certificate: certificate.der, authority: authority.certificate.der, revoked: await authority.listDer() };
  }

  /** Whether the member has a certificate that an authority of this fingerprint stands behind, and that is good now. */
  async has(member: string, fingerprint: Uint8Array): Promise<boolean> {
    checkSubject(member, 'member');
    const { certificates } = await this.pki.status();
    const own = certificates.find(({ kind, name }) => kind === 'member' && name === member);
    if (own?.state !== 'valid' && own?.state !== 'expires-soon') return false;
    const certificate = await certificateAt(this.pki.places.of('member', member));
    const trusted = certificates.filter(({ kind }) => kind === 'trusted' || kind === 'authority');
    const roots = await Promise.all(trusted.map(({ file }) => certificateFile(file)));
    return roots.some((root) => root && isIssuedBy(certificate!, root) && sameFingerprint(root, fingerprint));
  }

  /** The key of a member that is to be certified: the one that waits since an earlier try, else the one that it has, else a new one. */
  async request(member: string): Promise<MemberRequest> {
    checkSubject(member, 'member');
    const waiting = (await this.keyIn(member, WAITING_KEY)) ?? (await this.keyIn(member, 'key.pem'));
    const key = await this.wait(member, waiting ?? generateKey('p-256'));
    return {
      publicKey: new SigningKey(key).publicDer,
      sign: (region) => {
        const signature = signRegion(key, null, region);
        if (signature === undefined) throw new Error('a key of ours does not sign');
        return signature;
      },
    };
  }

  /**
   * Keeps what the authority answered beside the key. EAUTH unless the authority is the one of the fingerprint and has certified
   * this key under this name; EEXIST when this host trusts another authority of the same name.
   */
  async install(member: string, fingerprint: Uint8Array, papers: MemberPapers): Promise<void> {
    const key = await this.keyIn(member, WAITING_KEY);
    if (key === undefined) throw new OuroborosError('EIO', `the key of ${member} is gone`);
    const { certificate, authority } = checkPapers(papers, fingerprint, member, new SigningKey(key).publicDer);
    const { places } = this.pki;
    checkSubject(authority.commonName, 'authority');
    const anchor = join(places.folder('cacert'), `${authority.commonName}.pem`);
    await this.refuseOther(anchor, fingerprint, authority);
    await putFile(anchor, toPem('CERTIFICATE', authority.der), PUBLIC);
    await putFile(join(places.folder('crl'), `${authority.commonName}.pem`), toPem('X509 CRL', papers.revoked), PUBLIC);
    const folder = places.of('member', member);
    await rename(join(folder, WAITING_KEY), join(folder, 'key.pem'));
    await putFile(join(folder, 'crt.pem'), toPem('CERTIFICATE', certificate.der), PUBLIC);
  }

  private async refuseOther(anchor: string, fingerprint: Uint8Array, { commonName }: Certificate): Promise<void> {
    const known = await certificateFile(anchor);
    if (known === undefined || sameFingerprint(known, fingerprint)) return;
    throw new OuroborosError('EEXIST', `this host trusts another authority "${commonName}" already: ${anchor}`);
  }

  private async keyIn(member: string, name: string): Promise<KeyObject | undefined> {
    const file = await read(find(join(this.pki.places.of('member', member), name)));
    const key = file === null || isFailure(file) ? undefined : privateKeyIn(file);
    return key === undefined || keyFault(key) !== undefined ? undefined : key;
  }

  /** Keeps a key until its certificate comes. */
  private async wait(member: string, key: KeyObject): Promise<KeyObject> {
    await putFile(join(this.pki.places.of('member', member), WAITING_KEY), new SigningKey(key).pem, PRIVATE);
    return key;
  }
}

const hasKey = (certificate: Certificate, publicKey: Uint8Array): boolean =>
  Buffer.compare(spkiOf(certificate), publicKey) === 0;

/** In layers with authenticated members it follows from the name (packages/ipcp-unicast/src/addr-auth/certified.ts). */
const addressOf = (member: string): string => createHash('sha3-256').update(member).digest('hex').slice(0, 8);

const sameFingerprint = (certificate: Certificate, fingerprint: Uint8Array): boolean =>
  Buffer.compare(fingerprintOf(certificate), fingerprint) === 0;

async function certificateFile(path: string): Promise<Certificate | undefined> {
  const file = await read(find(path));
  if (file === null || isFailure(file)) return undefined;
  return certificateIn(file);
}

function checkPapers(
  papers: MemberPapers,
  fingerprint: Uint8Array,
  member: string,
  publicKey: Uint8Array,
): { readonly certificate: Certificate; readonly authority: Certificate } {
  const [certificate, authority] = [readCertificate(papers.certificate), readCertificate(papers.authority)];
  const fault = (text: string): OuroborosError => new OuroborosError('EAUTH', text, { stage: 'remote' });
  if (!certificate || !authority) throw fault('what the inviting host answered is no certificate');
  if (!sameFingerprint(authority, fingerprint)) {
    throw fault(`the authority "${authority.commonName}" of the inviting host is not the one that the token names`);
  }
  if (!authority.authority || !isIssuedBy(certificate, authority)) {
    throw fault(`${describe(certificate)} was not signed by the authority that the token names`);
  }
  if (certificate.commonName !== member || Buffer.compare(spkiOf(certificate), publicKey) !== 0) {
    throw fault(`${describe(certificate)} is not for ${member} and the key that was made here`);
  }
  const list = { path: 'the revocation list', bytes: Buffer.from(toPem('X509 CRL', papers.revoked), 'latin1') };
  if (isFailure(listsIn(list))) throw fault('the revocation list that the inviting host answered is not readable');
  return { certificate, authority };
}
