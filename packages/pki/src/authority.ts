import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate as AsnCertificate } from '@peculiar/asn1-x509';
import { OuroborosError } from '@ouroboros/model';
import { certificatesIn, listsIn } from './anchor-files.js';
import { buildCertificate, commonNameOnly, type Issuer } from './build-certificate.js';
import { buildRevocationList } from './build-revocation-list.js';
import { fingerprintOf, readCertificate, type Certificate } from './certificate.js';
import { find, findIn, isFailure, read } from './files.js';
import { certificateIn, privateKeyIn } from './name-credential.js';
import { pemBlocks, toPem } from './pem.js';
import type { CertificateRole } from './places.js';
import { SigningKey } from './signing-key.js';
import { PRIVATE, PUBLIC, putFile } from './write-file.js';

/** Certificates are valid from an hour ago: the clocks of other hosts may be behind. */
const BACKDATE_MS = 3_600_000;
const SERIAL_BYTES = 16;

/** What an authority is asked to certify. */
export interface Leaf {
  readonly role: CertificateRole;
  readonly commonName: string;
  readonly publicDer: Uint8Array;
  readonly notAfterMs: number;
}

/** An authority whose key lies on this host, in one folder with all that it has signed. */
export class Authority {
  private constructor(
    readonly name: string,
    private readonly folder: string,
    readonly certificate: Certificate,
    private readonly issuer: Issuer,
  ) {}

  /** Certifies its own key. */
  static async create(
    folder: string,
    name: string,
    key: SigningKey,
    nowMs: number,
    notAfterMs: number,
  ): Promise<Authority> {
    await putFile(join(folder, 'key.pem'), key.pem, PRIVATE);
    const issuer = { name: commonNameOnly(name), key };
    const authority = new Authority(name, folder, await certify(folder, issuer, name, nowMs, notAfterMs), issuer);
    await authority.publishList(new Map(), nowMs);
    return authority;
  }

  /** OuroborosError ENAME when there is none, EIO when its files are not what they should be. */
  static async open(folder: string, name: string): Promise<Authority> {
    const crt = await read(find(join(folder, 'crt.pem')));
    const key = await read(find(join(folder, 'key.pem')));
    if (isFailure(crt)) throw new OuroborosError('EACCES', crt.text, { field: 'authority' });
    if (isFailure(key)) throw new OuroborosError('EACCES', key.text, { field: 'authority' });
    if (crt === null || key === null) {
      throw new OuroborosError('ENAME', `there is no authority "${name}" on this host`, { field: 'authority' });
    }
    const certificate = certificateIn(crt);
    const privateKey = privateKeyIn(key);
    if (!certificate || !privateKey || !certificate.x509.checkPrivateKey(privateKey)) {
      throw new OuroborosError('EIO', `${folder} holds no certificate with its key`, { field: 'authority' });
    }
    return new Authority(name, folder, certificate, { name: subjectOf(certificate), key: new SigningKey(privateKey) });
  }

  get fingerprint(): Uint8Array {
    return fingerprintOf(this.certificate);
  }

  get pem(): string {
    return toPem('CERTIFICATE', this.certificate.der);
  }

  /** A new certificate for the same key. */
  async renew(nowMs: number, notAfterMs: number): Promise<Authority> {
    const { name, folder, issuer, certificate } = this;
    const renewed = await certify(folder, issuer, certificate.commonName, nowMs, notAfterMs);
    return new Authority(name, folder, renewed, issuer);
  }

  /** Signs, and keeps a copy. */
  async issue({ role, commonName, publicDer, notAfterMs }: Leaf, nowMs: number): Promise<Certificate> {
    const der = buildCertificate({
      kind: role,
      commonName,
      serial: newSerial(),
      notBeforeMs: nowMs - BACKDATE_MS,
      notAfterMs,
      publicDer,
      issuer: this.issuer,
    });
    const certificate = readCertificate(der)!;
    await putFile(join(this.folder, 'issued', `${certificate.serial}.pem`), toPem('CERTIFICATE', der), PUBLIC);
    return certificate;
  }

  /** All that it has signed, but itself. */
  async issued(): Promise<readonly Certificate[]> {
    const files = await Promise.all(findIn(join(this.folder, 'issued')).map(read));
    return files.flatMap((file) => {
      const certificates = file === null || isFailure(file) ? [] : certificatesIn(file);
      return isFailure(certificates) ? [] : certificates;
    });
  }

  /** Serial numbers that were revoked, with the time. */
  async revoked(): Promise<ReadonlyMap<string, number>> {
    return (await this.currentList())?.revoked ?? new Map();
  }

  /** Adds to the revocation list. */
  async revoke(certificates: readonly Certificate[], nowMs: number): Promise<void> {
    const added = certificates.map(({ serial }) => [serial, nowMs] as const);
    await this.publishList(new Map([...(await this.revoked()), ...added]), nowMs);
  }

  /** The revocation list in PEM. */
  async listPem(): Promise<string> {
    const file = await read(find(this.listPath));
    if (file === null || isFailure(file)) throw new OuroborosError('EIO', `${this.listPath} is missing`);
    return Buffer.from(file.bytes).toString('latin1');
  }

  /** The same in DER. */
  async listDer(): Promise<Uint8Array> {
    return pemBlocks(await this.listPem())[0]!.der;
  }

  private get listPath(): string {
    return join(this.folder, 'crl.pem');
  }

  /** Refuses to go on from a list that it cannot read: a new one would give back what was revoked. */
  private async currentList() {
    const file = await read(find(this.listPath));
    if (file === null) return undefined;
    const lists = isFailure(file) ? file : listsIn(file);
    if (isFailure(lists)) throw new OuroborosError('EIO', lists.text);
    return lists[0];
  }

  /** The list holds as long as its authority: it is replaced when something is revoked, not because time has passed. */
  private async publishList(revoked: ReadonlyMap<string, number>, nowMs: number): Promise<void> {
    const der = buildRevocationList({
      issuer: this.issuer,
      number: ((await this.currentList())?.number ?? 0) + 1,
      thisUpdateMs: nowMs,
      nextUpdateMs: this.certificate.notAfterMs,
      revoked,
    });
    await putFile(this.listPath, toPem('X509 CRL', der), PUBLIC);
  }
}

const subjectOf = ({ der }: Certificate) => AsnConvert.parse(der, AsnCertificate).tbsCertificate.subject;

async function certify(
  folder: string,
  issuer: Issuer,
  commonName: string,
  nowMs: number,
  notAfterMs: number,
): Promise<Certificate> {
  const { publicDer } = issuer.key;
  const notBeforeMs = nowMs - BACKDATE_MS;
  const der = buildCertificate({
    kind: 'authority',
    commonName,
    serial: newSerial(),
    notBeforeMs,
    notAfterMs,
    publicDer,
    issuer,
  });
  await putFile(join(folder, 'crt.pem'), toPem('CERTIFICATE', der), PUBLIC);
  return readCertificate(der)!;
}

/** Random, as RFC 5280 asks for positive numbers of at most 20 bytes; the first bits make it positive and of full length. */
function newSerial(): Uint8Array {
  const bytes = new Uint8Array(randomBytes(SERIAL_BYTES));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes;
}
