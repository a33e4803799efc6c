import { join } from 'node:path';
import { OuroborosError, formatTime } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { Authority } from './authority.js';
import { isIssuedBy, type Certificate } from './certificate.js';
import { AUTHORITY_DAYS, LEAF_DAYS, type KeyKind } from './defaults.js';
import { find, foldersIn } from './files.js';
import { certificateAt, keyAt, refuseExisting, sameKind } from './issued-files.js';
import { toPem } from './pem.js';
import { Places, type CertificateRole } from './places.js';
import { pkiStatus, type PkiStatus } from './pki-status.js';
import { generateKey, SigningKey } from './signing-key.js';
import { checkClient, checkSubject, unknownName } from './subjects.js';
import { PRIVATE, PUBLIC, putFile } from './write-file.js';

const DAY_MS = 86_400_000;
const NANOS_PER_MS = 1_000_000n;

export interface InitOptions {
  readonly name: string;
  /** Default AUTHORITY_DAYS. */
  readonly days?: number;
  /** Default p-256. */
  readonly key?: KeyKind;
}

export interface IssueOptions {
  readonly name: string;
  readonly roles: readonly CertificateRole[];
  /** Common name of a client's certificate. Default `<name>.client`; a server's and a member's is always the name itself. */
  readonly as?: string;
  /** May be left out where this host has one authority. */
  readonly authority?: string;
  /** Default LEAF_DAYS; never beyond the end of the authority. */
  readonly days?: number;
  /** Default p-256. */
  readonly key?: KeyKind;
  /** The configuration directory of another host, to be carried there; default: this host's. */
  readonly to?: string;
}

export interface RenewOptions {
  readonly name: string;
  /** Default: whatever the name has. */
  readonly roles?: readonly CertificateRole[];
  readonly days?: number;
  readonly to?: string;
}

export interface RevokeOptions {
  /** Common name. */
  readonly name: string;
  /** Only this certificate; default: all of the common name. */
  readonly serial?: string;
}

export interface AuthorityInfo {
  readonly name: string;
  readonly serial: string;
  readonly notAfterMs: number;
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface IssuedInfo extends AuthorityInfo {
  readonly role: CertificateRole;
  readonly commonName: string;
  readonly authority: string;
  /** False: renewed with the key that was there. */
  readonly newKey: boolean;
}

export interface RevokedInfo {
  readonly commonName: string;
  readonly serial: string;
  readonly authority: string;
  readonly notAfterMs: number;
  /** The revocation list that says so. */
  readonly listFile: string;
}

/**
 * Authorities and certificates in a configuration directory, in files as OpenSSL reads them. A certificate says who serves a
 * name; that of a client must not: C looks at no purpose, and a client with the name in its certificate could pose as the
 * server. All calls reject with OuroborosError: EINVAL with `field`, ENAME for what is not there, EEXIST for what is,
 * EACCES and EIO for files.
 */
export class Pki {
  constructor(
    readonly places: Places,
    private readonly clock: Clock,
  ) {}

  /** Makes an authority and trusts it on this host. */
  async init({ name, days = AUTHORITY_DAYS, key = 'p-256' }: InitOptions): Promise<AuthorityInfo> {
    checkSubject(name, 'name');
    const folder = this.places.of('authority', name);
    if (find(join(folder, 'key.pem')).kind !== 'absent')
      throw new OuroborosError('EEXIST', `authority "${name}" exists in ${folder}`);
    const notAfterMs = this.nowMs + days * DAY_MS;
    const authority = await Authority.create(folder, name, new SigningKey(generateKey(key)), this.nowMs, notAfterMs);
    await this.publish(authority, this.places);
    return this.infoOf(authority);
  }

  /** Makes a key and a certificate for each role. */
  async issue(options: IssueOptions): Promise<readonly IssuedInfo[]> {
    const { name, roles, days = LEAF_DAYS, key = 'p-256' } = options;
    const places = options.to === undefined ? this.places : new Places(options.to);
    checkSubject(name, 'name');
    const commonNames = { server: name, client: options.as ?? `${name}.client`, member: name };
    if (roles.includes('client')) checkClient(commonNames.client, name);
    for (const role of roles) await refuseExisting(places.of(role, name), role, name);
    const authority = await this.authorityFor(options.authority);
    const made: IssuedInfo[] = [];
    for (const role of roles) {
      const pair = new SigningKey(generateKey(key));
      const commonName = commonNames[role];
      made.push(await this.certify({ authority, places, role, name, commonName, pair, days, newKey: true }));
    }
    await this.publish(authority, places);
    return made;
  }

  /** New certificates with the keys that are there, so that no flow notices; a new key where the old certificate was revoked. */
  async renew({ name, roles, days = LEAF_DAYS, to }: RenewOptions): Promise<readonly IssuedInfo[]> {
    const places = to === undefined ? this.places : new Places(to);
    checkSubject(name, 'name');
    const made: IssuedInfo[] = [];
    for (const role of roles ?? (['server', 'client', 'member'] as const)) {
      const old = await certificateAt(places.of(role, name));
      if (old !== undefined) made.push(await this.renewOne(places, role, name, old, days));
      else if (roles !== undefined) throw unknownName(`${name} has no ${role} certificate in ${places.of(role, name)}`);
    }
    if (made.length === 0) throw unknownName(`${name} has no certificate below ${places.confDir}`);
    return made;
  }

  /** A new certificate for the key of an authority: what it has signed stays good. */
  async renewAuthority(name: string, days = AUTHORITY_DAYS): Promise<AuthorityInfo> {
    const authority = await this.open(name);
    const renewed = await authority.renew(this.nowMs, this.nowMs + days * DAY_MS);
    await this.publish(renewed, this.places);
    return this.infoOf(renewed);
  }

  /** Puts certificates on the revocation lists of their authorities. ENAME when none that is valid fits. */
  async revoke(options: RevokeOptions): Promise<readonly RevokedInfo[]> {
    const done: RevokedInfo[] = [];
    for (const authority of await this.authorities()) done.push(...(await this.revokeOf(authority, options)));
    if (done.length > 0) return done;
    const which = options.serial === undefined ? '' : ` with serial number ${options.serial}`;
    throw unknownName(`no authority of this host has a valid certificate of "${options.name}"${which}`);
  }

  /** All certificates and revocation lists of this host. */
  status(): Promise<PkiStatus> {
    return pkiStatus(this.places, this.nowMs);
  }

  /** Authorities whose key is here, by name. */
  async authorities(): Promise<readonly Authority[]> {
    const names = await foldersIn(this.places.roles('authority'));
    const keys = await Promise.all(names.map((name) => find(join(this.places.of('authority', name), 'key.pem'))));
    return Promise.all(names.filter((_, i) => keys[i]!.kind !== 'absent').map((name) => this.open(name)));
  }

  /** Wall time of this host in ms since 1970. */
  get nowMs(): number {
    return Number(this.clock.wallNanos() / NANOS_PER_MS);
  }

  private open(name: string): Promise<Authority> {
    checkSubject(name, 'authority');
    return Authority.open(this.places.of('authority', name), name);
  }

  private async authorityFor(name: string | undefined): Promise<Authority> {
    if (name !== undefined) return this.open(name);
    const all = await this.authorities();
    if (all.length === 1) return all[0]!;
    if (all.length === 0) throw unknownName('this host has no authority: make one with irm pki init <name>');
    const names = all.map((one) => one.name).join(', ');
    throw new OuroborosError('EINVAL', `authority must be one of ${names}`, { field: 'authority' });
  }

  private async renewOne(
    places: Places,
    role: CertificateRole,
    name: string,
    old: Certificate,
    days: number,
  ): Promise<IssuedInfo> {
    const authority = (await this.authorities()).find((one) => isIssuedBy(old, one.certificate));
    if (authority === undefined) {
      throw unknownName(`the authority "${old.issuerName}" of ${places.of(role, name)}/crt.pem is not on this host`);
    }
    const newKey = (await authority.revoked()).has(old.serial);
    const pair = newKey ? sameKind(old) : await keyAt(join(places.of(role, name), 'key.pem'), old);
    const made = await this.certify({
      authority,
      places,
      role,
      name,
      commonName: old.commonName,
      pair,
      days,
      newKey,
    });
    await this.publish(authority, places);
    return made;
  }

  /** Signs before it touches any file of the name. */
  private async certify({ authority, places, role, name, commonName, pair, days, newKey }: Job): Promise<IssuedInfo> {
    const notAfterMs = Math.min(this.nowMs + days * DAY_MS, this.endOf(authority));
    const certificate = await authority.issue({ role, commonName, publicDer: pair.publicDer, notAfterMs }, this.nowMs);
    const certificateFile = join(places.of(role, name), 'crt.pem');
    const keyFile = join(places.of(role, name), 'key.pem');
    if (newKey) await putFile(keyFile, pair.pem, PRIVATE);
    await putFile(certificateFile, toPem('CERTIFICATE', certificate.der), PUBLIC);
    const made = { name, serial: certificate.serial, notAfterMs: certificate.notAfterMs, certificateFile, keyFile };
    return { ...made, role, commonName, authority: authority.name, newKey };
  }

  private endOf({ name, certificate }: Authority): number {
    const end = certificate.notAfterMs;
    if (end > this.nowMs) return end;
    const text = `authority "${name}" expired on ${formatTime(end)}: renew it first`;
    throw new OuroborosError('EINVAL', text, { field: 'authority' });
  }

  private async revokeOf(authority: Authority, { name, serial }: RevokeOptions): Promise<readonly RevokedInfo[]> {
    const already = await authority.revoked();
    const found = (await authority.issued()).filter(
      (one) =>
        one.commonName === name &&
        (serial === undefined || one.serial === serial.toUpperCase()) &&
        !already.has(one.serial) &&
        one.notAfterMs > this.nowMs,
    );
    if (found.length === 0) return [];
    await authority.revoke(found, this.nowMs);
    await this.publish(authority, this.places);
    const listFile = this.listFile(authority, this.places);
    return found.map((one) => ({
      commonName: name,
      serial: one.serial,
      authority: authority.name,
      notAfterMs: one.notAfterMs,
      listFile,
    }));
  }

  private listFile({ name }: Authority, places: Places): string {
    return join(places.folder('crl'), `${name}.pem`);
  }

  /** Lets a host trust the authority and know what it revoked. */
  private async publish(authority: Authority, places: Places): Promise<void> {
    await putFile(join(places.folder('cacert'), `${authority.name}.pem`), authority.pem, PUBLIC);
    await putFile(this.listFile(authority, places), await authority.listPem(), PUBLIC);
  }

  private infoOf({ name, certificate }: Authority): AuthorityInfo {
    const folder = this.places.of('authority', name);
    const { serial, notAfterMs } = certificate;
    return { name, serial, notAfterMs, certificateFile: join(folder, 'crt.pem'), keyFile: join(folder, 'key.pem') };
  }
}

interface Job {
  readonly authority: Authority;
  readonly places: Places;
  readonly role: CertificateRole;
  readonly name: string;
  readonly commonName: string;
  readonly pair: SigningKey;
  readonly days: number;
  readonly newKey: boolean;
}
