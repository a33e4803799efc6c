import { EMPTY_BYTES, concatBytes } from '@ouroboros/model';
import { AEAD_NONCE_LENGTH, type AeadName, type Ciphers, type Kdf, type SealKey } from '@ouroboros/ports';
import { expandLabel } from './expand-label.js';

/**
 * Key schedule of profile `o7s`: that of TLS 1.3 with SHA-256, its labels under a prefix of our own [RFC 8446 §7.1].
 * Each key change goes in where TLS lets in the (EC)DHE secret; so a key is as secret as the strongest exchange that
 * ever went into the chain.
 *
 *   0 ──► Extract ◄── secret that the IRM daemons agreed
 *            ├──► Derive(`c traffic`, "") ──► key, iv of epoch 0, allocating end to accepting end
 *            ├──► Derive(`s traffic`, "") ──► the other direction
 *            ▼
 *         Derive(`derived`, "")
 *            ▼
 *         Extract ◄── ML-KEM-768 secret ‖ X25519 secret of the first key change
 *            ├──► Derive(`c traffic`, OFFER ‖ ANSWER) ──► epoch 1 …
 *
 * Between two key changes only the `derived` value is kept: what was derived beside it cannot be had from it.
 */

const SECRET_LENGTH = 32;
const PREFIX = 'o7s ';

/** Which end of the flow seals: the one that asked for it, or the one that accepted. */
export type Sealer = 'allocator' | 'acceptor';

const TRAFFIC_LABEL: Readonly<Record<Sealer, string>> = { allocator: 'c traffic', acceptor: 's traffic' };

/** One key of one direction and one epoch. */
export interface DirectionKey {
  readonly key: SealKey;
  /** Nonce of counter 0. */
  readonly iv: Uint8Array;
}

/** Keys of one epoch, by who seals with them. */
export type EpochKeys = Readonly<Record<Sealer, DirectionKey>>;

export class KeySchedule {
  private derived: Uint8Array = new Uint8Array(SECRET_LENGTH);
  private started = false;

  constructor(
    private readonly kdf: Kdf,
    private readonly ciphers: Ciphers,
    private readonly cipher: AeadName,
  ) {}

  /**
   * Keys of the next epoch; the first call gives those of epoch 0. `secret` is what the exchange gave, `transcript` its
   * messages; both are only read.
   */
  next(secret: Uint8Array, transcript: Uint8Array = EMPTY_BYTES): EpochKeys {
    const epochSecret = this.kdf.extract('sha256', this.started ? this.derived : EMPTY_BYTES, secret);
    const keys = {
      allocator: this.direction(epochSecret, 'allocator', transcript),
      acceptor: this.direction(epochSecret, 'acceptor', transcript),
    };
    this.derived.fill(0);
    this.derived = this.derive(epochSecret, 'derived', EMPTY_BYTES);
    this.started = true;
    epochSecret.fill(0);
    return keys;
  }

  destroy(): void {
    this.derived.fill(0);
  }

  private direction(epochSecret: Uint8Array, sealer: Sealer, transcript: Uint8Array): DirectionKey {
    const traffic = this.derive(epochSecret, TRAFFIC_LABEL[sealer], transcript);
    const key = this.expand(traffic, 'key', SECRET_LENGTH);
    const iv = this.expand(traffic, 'iv', AEAD_NONCE_LENGTH);
    const sealKey = this.ciphers.key(this.cipher, key);
    traffic.fill(0);
    key.fill(0);
    return { key: sealKey, iv };
  }

  /** Derive-Secret of TLS. */
  private derive(secret: Uint8Array, label: string, messages: Uint8Array): Uint8Array {
    return expandLabel(this.kdf, secret, PREFIX + label, this.kdf.digest('sha256', messages), SECRET_LENGTH);
  }

  private expand(secret: Uint8Array, label: string, length: number): Uint8Array {
    return expandLabel(this.kdf, secret, PREFIX + label, EMPTY_BYTES, length);
  }
}

/** What binds the keys of a key change to its messages. */
export const transcriptOf = (offer: Uint8Array, answer: Uint8Array): Uint8Array => concatBytes(offer, answer);
