import type { DigestName } from './crypto.js';

/**
 * Who an end of a flow is: certificates that it shows, signatures, and the authorities that it believes.
 * [spec/wire-crypto.md §8] Whatever a file or a peer can get wrong comes back as a value; nothing here throws for it.
 */

/** `server`: shown by who serves the name. `client`: shown when calling the name. */
export type CredentialRole = 'server' | 'client';

/**
 * - `unreadable`: a file of this host: missing beside its partner, not to be read, or not what it should hold
 * - `malformed`: the peer's certificate is none
 * - `unsupported`: a kind of key, or a digest that the kind of key cannot sign
 * - `weak`: an RSA key below 2,048 bits, or a certificate signed over MD5 or SHA-1
 * - `untrusted`: no chain to a trusted authority
 * - `not-yet-valid`, `expired`, `revoked`: the certificate or one above it
 * - `wrong-name`: of somebody else than who was called
 * - `wrong-purpose`: a client's certificate shown by a server, or the reverse
 * - `bad-signature`: the message was not signed with the key of the certificate
 */
export type CredentialFailureCode =
  | 'unreadable'
  | 'malformed'
  | 'unsupported'
  | 'weak'
  | 'untrusted'
  | 'not-yet-valid'
  | 'expired'
  | 'revoked'
  | 'wrong-name'
  | 'wrong-purpose'
  | 'bad-signature';

export interface CredentialFailure {
  readonly ok: false;
  readonly code: CredentialFailureCode;
  /** One line for people: which certificate or file, what is wrong and, for time, by how much. Without control characters. */
  readonly text: string;
}

/** A certificate and the key to it. The key stays inside. */
export interface Credential {
  /** Common name of the certificate. */
  readonly commonName: string;
  /** DER, as it goes into an OAP message. */
  readonly certificate: Uint8Array;
  /** False for Ed25519 and Ed448, which sign without a digest: the message then says digest 0. [spec/wire-crypto.md §8.3] */
  readonly takesDigest: boolean;
  /** End of its validity, nanoseconds since 1970. */
  readonly notAfterNanos: bigint;
  /**
   * Signs `region`. `digest` null = what the key does by itself: SHA-256 for EC and RSA, none for Ed25519. Fails with
   * `unsupported` for a digest that does not go with the key (BLAKE2; any for Ed25519).
   */
  sign(digest: DigestName | null, region: Uint8Array): SignResult;
}

export type SignResult = { readonly ok: true; readonly signature: Uint8Array } | CredentialFailure;

/** What a peer showed. */
export interface PeerProof {
  /** DER. */
  readonly certificate: Uint8Array;
  /** The signed bytes of the message. */
  readonly region: Uint8Array;
  readonly signature: Uint8Array;
  /** From the peer's message; null for 0. */
  readonly digest: DigestName | null;
  /** The peer's end of the flow. */
  readonly role: CredentialRole;
  /** The name that the certificate must bear; null = any. */
  readonly name: string | null;
  /** Wall time of this host. */
  readonly wallNanos: bigint;
  /** Timestamp of the peer's message, to tell clocks that differ from a certificate that is too old; null = unknown. */
  readonly peerWallNanos: bigint | null;
}

export interface VerifiedPeer {
  readonly ok: true;
  /** The first common name in the certificate's subject. */
  readonly name: string;
  /** The certificate in words for logs: name, serial number and issuer. */
  readonly text: string;
}

/** The authorities, intermediates and revocation lists of this host at one time. Immutable. */
export interface Trust {
  /** How many authorities are trusted; with 0 every certificate is `untrusted`. */
  readonly authorities: number;
  /** Bounded work, whatever the peer sends: chains of at most 8 certificates. */
  verify(proof: PeerProof): VerifiedPeer | CredentialFailure;
}

/** Files of a name; empty = the default place. [spec/wire-crypto.md §8.1] */
export interface CredentialPaths {
  readonly crt: string;
  readonly key: string;
  readonly enc: string;
  /** The IPCP that asks for the flow: it shows its certificate as a member of a layer where the name has none. */
  readonly member?: string;
}

/** Static KEM keys as their files have them: the server's private key, or on the client's side the server's public one. */
export interface StaticKemKeys {
  /** DER from the `.pem` file, PKCS#8 or SPKI, for ML-KEM; null: no such file. */
  readonly der: Uint8Array | null;
  /** The `.raw` file, for the hybrids; null: no such file. */
  readonly raw: Uint8Array | null;
}

/** All that the files say of one name in one role. */
export interface NameSecurity {
  readonly ok: true;
  /** Null: neither certificate nor key is there. */
  readonly credential: Credential | null;
  /** The text of enc.conf; null: there is no such file. */
  readonly encConf: string | null;
  readonly kemKeys: StaticKemKeys;
  readonly trust: Trust;
}

export interface CredentialStore {
  /**
   * What holds for the name now. Cached; a file that has changed is read again, revocation lists included, so it is called
   * for each allocation. Fails with `unreadable`. An authority or a list that is unreadable fails `trust.verify` alone, with
   * the same code. Never rejects.
   */
  load(role: CredentialRole, name: string, paths: CredentialPaths): Promise<NameSecurity | CredentialFailure>;
}
