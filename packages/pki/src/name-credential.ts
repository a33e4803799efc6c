import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { Credential, CredentialFailure, DigestName, SignResult } from '@ouroboros/ports';
import { describe, readCertificate, type Certificate } from './certificate.js';
import { failure } from './failures.js';
import type { ReadFile } from './files.js';
import { pemBlocks } from './pem.js';
import { keyFault, signRegion, takesDigest } from './signing.js';

const NANOS_PER_MS = 1_000_000n;

/** The credential that two PEM files make; the key must be the certificate's and have no passphrase. */
export function readCredential(crt: ReadFile, key: ReadFile): Credential | CredentialFailure {
  const certificate = certificateIn(crt);
  if (certificate === undefined) return failure('unreadable', `${crt.path} has no certificate in PEM`);
  const privateKey = privateKeyIn(key);
  if (privateKey === undefined)
    return failure('unreadable', `${key.path} has no private key in PEM without passphrase`);
  const fault = keyFault(privateKey);
  if (fault !== undefined) return failure('unreadable', `${key.path}: ${FAULT_TEXT[fault]}`);
  if (!certificate.x509.checkPrivateKey(privateKey)) {
    return failure('unreadable', `${key.path} is not the key to ${crt.path}`);
  }
  return new NameCredential(certificate, privateKey);
}

const FAULT_TEXT = {
  unsupported: 'keys are EC (P-256, P-384, P-521), RSA, Ed25519 or Ed448',
  weak: 'an RSA key must have at least 2048 bits',
} as const;

/** The first certificate of a file. */
export function certificateIn({ bytes }: ReadFile): Certificate | undefined {
  const block = pemBlocks(Buffer.from(bytes).toString('latin1')).find(({ label }) => label.endsWith('CERTIFICATE'));
  return block && readCertificate(block.der);
}

/** Undefined when there is none, or one with a passphrase. */
export function privateKeyIn({ bytes }: ReadFile): KeyObject | undefined {
  try {
    return createPrivateKey(Buffer.from(bytes));
  } catch {
    return undefined;
  }
}

class NameCredential implements Credential {
  readonly #key: KeyObject;

  constructor(
    private readonly facts: Certificate,
    key: KeyObject,
  ) {
    this.#key = key;
  }

  get commonName(): string {
    return this.facts.commonName;
  }

  get certificate(): Uint8Array {
    return this.facts.der;
  }

  get takesDigest(): boolean {
    return takesDigest(this.#key);
  }

  get notAfterNanos(): bigint {
    return BigInt(this.facts.notAfterMs) * NANOS_PER_MS;
  }

  sign(digest: DigestName | null, region: Uint8Array): SignResult {
    const signature = signRegion(this.#key, digest, region);
    if (signature !== undefined) return { ok: true, signature };
    return failure('unsupported', `the key to ${describe(this.facts)} does not sign with ${digest ?? 'no digest'}`);
  }
}
