import { id_kp_clientAuth, id_kp_serverAuth, anyExtendedKeyUsage } from '@peculiar/asn1-x509';
import type { CredentialFailure, CredentialRole, PeerProof, Trust, VerifiedPeer } from '@ouroboros/ports';
import { describe, readCertificate, type Certificate } from './certificate.js';
import { chainFault, type Anchors } from './chain.js';
import { failure } from './failures.js';
import { verifyRegion } from './signing.js';

const PURPOSE: Readonly<Record<CredentialRole, string>> = { server: id_kp_serverAuth, client: id_kp_clientAuth };
const NANOS_PER_MS = 1_000_000n;

/** Certificates that are kept readable: those of the members of a layer are shown again and again. */
const MAX_READ = 1024;

/** Trust in authorities that were read from files. */
export class HostTrust implements Trust {
  private readonly read = new Map<string, Certificate>();

  constructor(private readonly anchors: Anchors) {}

  get authorities(): number {
    return this.anchors.roots.length;
  }

  /** The chain goes before the signature: only what an authority stands behind is worth more work. */
  verify(proof: PeerProof): VerifiedPeer | CredentialFailure {
    const certificate = this.certificateOf(proof.certificate);
    if (certificate === undefined) {
      return failure('malformed', `the peer's certificate of ${proof.certificate.length} bytes is not readable`);
    }
    const moment = {
      ownMs: toMs(proof.wallNanos),
      peerMs: proof.peerWallNanos === null ? null : toMs(proof.peerWallNanos),
    };
    const fault =
      chainFault(certificate, this.anchors, moment) ??
      purposeFault(certificate, proof.role) ??
      nameFault(certificate, proof.name) ??
      signatureFault(certificate, proof);
    return fault ?? { ok: true, name: certificate.commonName, text: describe(certificate) };
  }

  /** Reading one and finding its issuer takes twenty times as long as a signature. */
  private certificateOf(der: Uint8Array): Certificate | undefined {
    const key = Buffer.from(der).toString('latin1');
    const known = this.read.get(key);
    if (known !== undefined) return known;
    const certificate = readCertificate(der.slice());
    if (certificate === undefined) return undefined;
    if (this.read.size >= MAX_READ) this.read.delete(this.read.keys().next().value!);
    this.read.set(key, certificate);
    return certificate;
  }
}

/** Trust that cannot be had, because a file is not readable: nobody is believed until it is mended. */
export class BrokenTrust implements Trust {
  readonly authorities = 0;

  constructor(private readonly fault: CredentialFailure) {}

  verify(): CredentialFailure {
    return failure(this.fault.code, `${this.fault.text}: this host believes no certificate until it is mended`);
  }
}

const toMs = (nanos: bigint): number => Number(nanos / NANOS_PER_MS);

/** A certificate without purposes is good for all; C looks at none. */
function purposeFault(certificate: Certificate, role: CredentialRole): CredentialFailure | undefined {
  const { purposes, signs } = certificate;
  if (!signs) return failure('wrong-purpose', `${describe(certificate)} is not for signatures`);
  if (purposes === null || purposes.includes(PURPOSE[role]) || purposes.includes(anyExtendedKeyUsage)) return undefined;
  return failure('wrong-purpose', `${describe(certificate)} is not that of a ${role}`);
}

function nameFault(certificate: Certificate, name: string | null): CredentialFailure | undefined {
  if (name === null || certificate.commonName === name) return undefined;
  return failure('wrong-name', `${describe(certificate)} is not that of "${name}"`);
}

/** The chain has seen to it that there is a key. */
function signatureFault(certificate: Certificate, proof: PeerProof): CredentialFailure | undefined {
  const { digest, region, signature } = proof;
  const good = verifyRegion(certificate.publicKey!, digest, region, signature);
  if (good === undefined) {
    return failure('unsupported', `${describe(certificate)}: its key does not go with ${digest ?? 'no digest'}`);
  }
  return good ? undefined : failure('bad-signature', `${describe(certificate)}: its key did not sign the message`);
}
