import { concatBytes, utf8Bytes, type Address } from '@ouroboros/model';

/** Who this member is, and who others are: the certificates of a layer that authenticates its members. */
export interface StatementSigner {
  readonly certificate: Uint8Array;
  /** Undefined when the key does not sign any more. */
  sign(region: Uint8Array): Uint8Array | undefined;
  /** The address of who signed, undefined unless the certificate holds now and the signature is its key's. */
  verify(certificate: Uint8Array, region: Uint8Array, signature: Uint8Array): Address | undefined;
  /** Wall time in ms since 1970. */
  wallMs(): number;
}

/** What is signed, and the signature. */
export interface Signed {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Signatures for one purpose in one layer: what a member signed for another purpose, or for another layer, means nothing here
 * [docs/wire-extensions.md, Layers with authenticated members].
 */
export class Seal {
  private readonly prefix: Uint8Array;

  constructor(
    purpose: string,
    layer: string,
    private readonly signer: StatementSigner,
  ) {
    const name = utf8Bytes(layer);
    this.prefix = concatBytes(utf8Bytes(purpose), Uint8Array.of(name.length), name);
  }

  /** Undefined when the key of this member does not sign. */
  sign(body: Uint8Array): Signed | undefined {
    const signature = this.signer.sign(concatBytes(this.prefix, body));
    return signature && { body, signature };
  }

  /** The address of who signed; undefined unless the certificate holds now. */
  signerOf(certificate: Uint8Array, { body, signature }: Signed): Address | undefined {
    return this.signer.verify(certificate, concatBytes(this.prefix, body), signature);
  }
}
