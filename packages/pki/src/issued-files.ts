import { join } from 'node:path';
import { OuroborosError } from '@ouroboros/model';
import type { Certificate } from './certificate.js';
import type { KeyKind } from './defaults.js';
import { find, isFailure, read } from './files.js';
import { certificateIn, privateKeyIn } from './name-credential.js';
import type { CertificateRole } from './places.js';
import { generateKey, SigningKey } from './signing-key.js';
import { keyFault } from './signing.js';

/** @throws OuroborosError EEXIST when the folder of a name has a certificate or a key */
export async function refuseExisting(folder: string, role: CertificateRole, name: string): Promise<void> {
  for (const file of ['crt.pem', 'key.pem']) {
    if (find(join(folder, file)).kind === 'absent') continue;
    const hint = file === 'crt.pem' ? `: renew it with irm pki renew ${name} ${role}` : '';
    throw new OuroborosError('EEXIST', `${join(folder, file)} exists${hint}`);
  }
}

/** The certificate in a name's folder, undefined without one. @throws OuroborosError EIO */
export async function certificateAt(folder: string): Promise<Certificate | undefined> {
  const file = await read(find(join(folder, 'crt.pem')));
  if (file === null) return undefined;
  const certificate = isFailure(file) ? undefined : certificateIn(file);
  if (certificate === undefined)
    throw new OuroborosError('EIO', `${join(folder, 'crt.pem')} is no certificate that can be read`);
  return certificate;
}

/** @throws OuroborosError EIO */
export async function keyAt(path: string, certificate: Certificate): Promise<SigningKey> {
  const file = await read(find(path));
  const key = file === null || isFailure(file) ? undefined : privateKeyIn(file);
  if (key === undefined || keyFault(key) !== undefined || !certificate.x509.checkPrivateKey(key)) {
    throw new OuroborosError('EIO', `${path} is not the key to the certificate beside it`);
  }
  return new SigningKey(key);
}

/** A new key of the kind that the certificate is for. */
export function sameKind({ publicKey }: Certificate): SigningKey {
  const details = publicKey?.asymmetricKeyDetails?.namedCurve ?? publicKey?.asymmetricKeyType;
  return new SigningKey(generateKey(KIND_OF[details ?? ''] ?? 'p-256'));
}

const KIND_OF: Readonly<Record<string, KeyKind>> = {
  secp384r1: 'p-384',
  secp521r1: 'p-521',
  rsa: 'rsa',
  ed25519: 'ed25519',
};
