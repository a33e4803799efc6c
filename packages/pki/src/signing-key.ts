import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import type { KeyKind } from './defaults.js';

/** About as strong as P-256. [NIST SP 800-57 part 1, table 2] */
const RSA_BITS = 3072;

export function generateKey(kind: KeyKind): KeyObject {
  switch (kind) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: RSA_BITS }).privateKey;
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    default:
      return generateKeyPairSync('ec', { namedCurve: kind.toUpperCase() }).privateKey;
  }
}

/** What a key signs certificates and lists with: by its strength. */
interface Scheme {
  readonly oid: string;
  readonly digest: string | null;
  /** RSA has a NULL parameter, the others none. [RFC 4055 §5, RFC 5758 §3.2] */
  readonly parameters: null | undefined;
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  prime256v1: { oid: '1.2.840.10045.4.3.2', digest: 'sha256', parameters: undefined },
  secp384r1: { oid: '1.2.840.10045.4.3.3', digest: 'sha384', parameters: undefined },
  secp521r1: { oid: '1.2.840.10045.4.3.4', digest: 'sha512', parameters: undefined },
  rsa: { oid: '1.2.840.113549.1.1.11', digest: 'sha256', parameters: null },
  ed25519: { oid: '1.3.101.112', digest: null, parameters: undefined },
  ed448: { oid: '1.3.101.113', digest: null, parameters: undefined },
};

/** A key that keyFault has let pass. */
export class SigningKey {
  private readonly scheme: Scheme;

  constructor(readonly key: KeyObject) {
    this.scheme = SCHEMES[key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? '']!;
  }

  get algorithm(): AlgorithmIdentifier {
    return new AlgorithmIdentifier({ algorithm: this.scheme.oid, parameters: this.scheme.parameters });
  }

  /** SPKI DER of the public key. */
  get publicDer(): Uint8Array {
    return new Uint8Array(createPublicKey(this.key).export({ type: 'spki', format: 'der' }));
  }

  /** PKCS #8 in PEM, as OpenSSL and C read it. */
  get pem(): string {
    return this.key.export({ type: 'pkcs8', format: 'pem' }) as string;
  }

  sign(bytes: Uint8Array): ArrayBuffer {
    return toArrayBuffer(sign(this.scheme.digest, bytes, this.key));
  }
}

export const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
