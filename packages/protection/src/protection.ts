import type { Micros } from '@ouroboros/model';
import type { CipherName, Ciphers, FlowCrypto, KeyExchange, Kdf, Random } from '@ouroboros/ports';

/** `wait`: nothing was written, no key may be used now; `ready` of the output follows. `down`: after `destroy`. */
export type SealVerdict = 'ok' | 'wait' | 'down';

/**
 * `data`: the text was written. `control`: the packet was the machine's own, which has acted on it. `dropped`: it was
 * not authentic, or for another reason no packet of this flow; it is counted.
 */
export type OpenVerdict = 'data' | 'control' | 'dropped';

/** What happened to the packets of one flow. */
export interface ProtectionCounters {
  sealed: number;
  opened: number;
  /** Dropped: shorter than what protection adds, or empty inside. */
  short: number;
  /** Dropped: no key opens it. */
  unauthentic: number;
  /** Dropped: received before, or older than the replay window reaches. */
  replayed: number;
  /** Dropped: its key is gone, or never was. */
  unknownEpoch: number;
  /** Dropped: data under a key that is not yet good for data (`kemInBand`). */
  early: number;
  /** Dropped: an authentic message of a key change that cannot be understood. */
  malformed: number;
  /** Times that `seal` answered `wait`. */
  sealWaits: number;
  /** Key changes that were completed; for profile `c`, rotations. */
  keyChanges: number;
}

/** What the machine does by itself. The caller owns the object; neither call may enter the machine again. */
export interface ProtectionOutput {
  /**
   * Sends a packet that is sealed already, like one that `seal` has written; valid during the call only. False: not
   * now. The machine sends it again in its own time; nothing else is to be done.
   */
  transmit(packet: Uint8Array, offset: number, length: number): boolean;
  /** `seal`, which answered `wait`, will take packets again. */
  ready(): void;
}

/** When keys are changed. Profile `c` has the limits of C, whatever stands here. */
export interface KeyLimits {
  /** Packets that one key protects at most; the change begins at half of them. At least 16. */
  readonly packets: number;
  /** How long one key protects data at most, in microseconds; the change begins after three quarters of it. */
  readonly time: Micros;
}

/** What a flow's protection is made of. */
export interface ProtectionOptions {
  /** What the IRM daemons agreed. The secret is copied; the caller zeroes its own. */
  readonly crypto: FlowCrypto;
  /** True at the end that asked for the flow: it starts key changes. */
  readonly initiator: boolean;
  readonly ciphers: Ciphers;
  readonly kdf: Kdf;
  readonly keyExchange: KeyExchange;
  readonly random: Random;
  readonly output: ProtectionOutput;
  /** Maximum packet lifetime of the layer in ms: how long a left key may still be met. */
  readonly mplMs: number;
  readonly now: Micros;
  /** Default: KEY_LIMITS. */
  readonly limits?: KeyLimits;
}

/**
 * Protection of the packets of one flow: every packet that is sent passes `seal`, every packet that arrives passes
 * `open`, except empty ones (keep-alives). No call throws for what a peer can cause.
 *
 * For profile `o7s` every text is a frame and so begins with a frame type; those of FlowFrame.keyChange are
 * refused to the caller. Where `deadline` is not NEVER the caller wakes the machine then.
 */
export interface Protection {
  readonly profile: FlowCrypto['profile'];
  readonly cipher: CipherName;
  /** Bytes that a packet grows by. */
  readonly overhead: number;
  /** How many of them stand in front of the text. */
  readonly headLength: number;
  /** Number of the key in use, from 0; a rotation or key change adds one. */
  readonly epoch: number;
  /** False while `seal` would answer `wait`. */
  readonly sendable: boolean;
  readonly counters: Readonly<ProtectionCounters>;
  readonly deadline: Micros;

  /**
   * Writes the packet for `text[offset … offset+length)` to `out[outOffset … outOffset + length + overhead)`. In place
   * when the text lies in `out` at outOffset + headLength; otherwise the two must not overlap. `length` is not 0.
   */
  seal(text: Uint8Array, offset: number, length: number, out: Uint8Array, outOffset: number, now: Micros): SealVerdict;

  /**
   * Opens `packet[offset … offset+length)`, which is only read, and by each key that is tried once: it may lie in memory
   * that another process writes. The text, `length - overhead` bytes, is written to `out` from outOffset; `out` is memory
   * of this process alone, and holds nothing of use after another verdict than `data`.
   */
  open(
    packet: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
    now: Micros,
  ): OpenVerdict;

  /** To be called when `deadline` has passed; harmless when early. */
  wake(now: Micros): void;

  /** Zeroes all keys; nothing can be sealed or opened any more. Harmless when repeated. */
  destroy(): void;
}
