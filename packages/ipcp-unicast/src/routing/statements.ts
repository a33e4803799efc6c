import { fromMs, micros, type Address, type Micros } from '@ouroboros/model';
import { Seal, type Signed, type StatementSigner, type Witness, type Witnesses } from '../signed/index.js';
import {
  decodeBody,
  decodeStatement,
  encodeBody,
  encodeStatement,
  MAX_ADJACENCIES,
  type Adjacency,
  type Statement,
} from './statement.js';

/** What became of a statement that arrived. */
export type StatementVerdict =
  | { readonly kind: 'news' | 'own'; readonly statement: Statement; readonly stamp: Micros }
  | { readonly kind: 'stale' | 'malformed' }
  | { readonly kind: 'forged'; readonly origin: Address };

interface Kept extends Signed {
  readonly stamp: Micros;
  readonly number: bigint;
  readonly certificate: Uint8Array;
}

/** A statement that is older was heard by all, or by nobody who matters; clocks may differ by minutes. */
const OLDEST_MS = 3_600_000;
/** Bounds memory against hostile members. */
const MAX_ORIGINS = 4096;

/**
 * The signed statements of a layer, the newest of each member: what makes that nobody but a member itself can say which links it has,
 * through however many hands the word goes. Numbers are remembered for an hour beyond the statement, so that an old one cannot come
 * back.
 *
 * States of an origin: unknown → stated (a newer number replaces) → forgotten, its number remembered.
 */
export class Statements implements Witnesses {
  private readonly kept = new Map<Address, Kept>();
  private readonly numbers = new Map<Address, bigint>();
  private readonly seal: Seal;

  constructor(
    private readonly self: Address,
    layer: string,
    private readonly signer: StatementSigner,
  ) {
    this.seal = new Seal('o7s link state', layer, signer);
  }

  nextNumber(): bigint {
    const wall = BigInt(Math.max(0, this.signer.wallMs()));
    const last = this.numbers.get(this.self) ?? 0n;
    return wall > last ? wall : last + 1n;
  }

  /** Signs what this member says from now on. Undefined when its key does not sign. */
  state(number: bigint, adjacencies: readonly Adjacency[], now: Micros): Uint8Array | undefined {
    const { certificate } = this.signer;
    const listed = adjacencies.slice(0, MAX_ADJACENCIES);
    const signed = this.seal.sign(encodeBody({ origin: this.self, number, adjacencies: listed, certificate }));
    if (signed === undefined) return undefined;
    this.numbers.set(this.self, number);
    this.kept.set(this.self, { ...signed, stamp: now, number, certificate });
    return encodeStatement(signed, 0);
  }

  /** Judges a message; what is news is kept. Cheap checks come before the signature. */
  receive(bytes: Uint8Array, now: Micros): StatementVerdict {
    const signed = decodeStatement(bytes);
    const statement = signed && decodeBody(signed.body);
    if (!signed || !statement) return { kind: 'malformed' };
    const { origin, number, certificate } = statement;
    const known = this.numbers.get(origin);
    const tooOld = number + BigInt(OLDEST_MS) < BigInt(Math.max(0, this.signer.wallMs()));
    if (tooOld || (known !== undefined && number <= known)) return { kind: 'stale' };
    if (known === undefined && this.numbers.size >= MAX_ORIGINS) return { kind: 'stale' };
    if (this.seal.signerOf(certificate, signed) !== origin) return { kind: 'forged', origin };
    this.numbers.set(origin, number);
    const stamp = micros(now - fromMs(signed.ageMs));
    if (origin === this.self) return { kind: 'own', statement, stamp };
    const [body, signature] = [signed.body.slice(), signed.signature.slice()];
    this.kept.set(origin, { body, signature, stamp, number, certificate: certificate.slice() });
    return { kind: 'news', statement, stamp };
  }

  /** The message about a member, as it is passed on. */
  messageOf(origin: Address, now: Micros): Uint8Array | undefined {
    const kept = this.kept.get(origin);
    return kept && encodeStatement(kept, Math.max(0, Math.round((now - kept.stamp) / 1000)));
  }

  witnessOf(member: Address, now: Micros): Witness | undefined {
    const kept = this.kept.get(member);
    return (
      kept && { certificate: kept.certificate, wallMs: kept.number + BigInt(Math.round((now - kept.stamp) / 1000)) }
    );
  }

  origins(): Iterable<Address> {
    return this.kept.keys();
  }

  /** Nothing that the member said holds any more. */
  forget(origin: Address): void {
    this.kept.delete(origin);
  }

  /** Forgets numbers that are too old to come back. */
  prune(): void {
    const oldest = BigInt(Math.max(0, this.signer.wallMs() - OLDEST_MS));
    for (const [origin, number] of this.numbers) {
      if (number < oldest && !this.kept.has(origin)) this.numbers.delete(origin);
    }
  }
}
