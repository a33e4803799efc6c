import { equalBytes, fromMs, toHex, type Address, type Micros } from '@ouroboros/model';
import type { DhtContact } from '@ouroboros/wire';
import { Seal, type StatementSigner, type Witnesses } from '../signed/index.js';
import { Allowance } from './allowance.js';
import type { DhtCounters } from './contract.js';
import { decodeName, encodeName, nameBody, type NameStatement } from './name-statement.js';
import type { Answer, Values, Via } from './values.js';

/** By the clock of the member that signed: a statement counts for so long, so that old ones cannot be told again and again. */
export const LIFE_MS = 180_000;
/** One that was signed in this time is stored again as it is, and need not be checked again. */
export const RENEWAL_MS = 60_000;
/** What was not heard of for so long is forgotten; all that is older counts no more. */
const MEMORY = fromMs(2 * LIFE_MS);
/** Keys of one member of which the newest statement is remembered. */
export const MAX_OF_ONE = 2048;
const MAX_OF_ALL = 65_536;
/** Of one answer: more lies are not looked at. */
const MAX_LIES = 4;
const MAX_VALUES = 32;
/** An answer with its values fits a packet of the smallest layer below that is in use. */
export const MAX_ANSWER = 1300;
/** Contacts in an answer with values: who is told a member to ask needs no more. */
const CONTACTS = 3;

interface Kept {
  readonly address: Address;
  readonly number: bigint;
  readonly withdrawn: boolean;
  readonly value: Uint8Array;
  heard: Micros;
}

interface Own {
  readonly number: bigint;
  readonly certificate: Uint8Array;
  readonly value: Uint8Array;
}

/** Why a statement counts for nothing. */
type Refusal = 'forged' | 'stale' | 'unknown' | 'crowded';

export interface SignedValuesConfig {
  readonly self: Address;
  readonly layer: string;
  readonly signer: StatementSigner;
  readonly witnesses: Witnesses;
  readonly counters: DhtCounters;
}

/**
 * Values of a layer with authenticated members: statements about names, each signed by the member whose address it gives. Who stores
 * one checks it, and who looks it up does as well, under the certificate that the link state of the member bears; a member that states no
 * links serves no names.
 *
 * The newest statement of each member about each key is remembered, also one that takes a name back: what is older counts no
 * more, and what is the same is not checked again. Time is that of the member that signed: its statement about a name counts within
 * three minutes of the clock that its link state shows. So no clocks are compared, and nothing has to be remembered for longer.
 */
export class SignedValues implements Values {
  readonly allOurs = true;
  private readonly seal: Seal;
  private readonly mine = new Map<string, Own>();
  private readonly kept = new Map<string, Kept>();
  private readonly keptOf = new Map<Address, number>();
  private readonly allowance = new Allowance();
  private last = 0n;

  constructor(private readonly config: SignedValuesConfig) {
    this.seal = new Seal('o7s name', config.layer, config.signer);
  }

  own(key: Uint8Array): Uint8Array | undefined {
    const { certificate } = this.config.signer;
    const known = this.mine.get(toHex(key));
    const young = known && this.config.witnesses.nextNumber() - known.number < RENEWAL_MS;
    if (young && equalBytes(known.certificate, certificate)) return known.value;
    const number = this.nextNumber();
    const value = this.state(key, number, false);
    if (value) this.mine.set(toHex(key), { number, certificate, value });
    return value;
  }

  withdrawal(key: Uint8Array): Uint8Array | undefined {
    this.mine.delete(toHex(key));
    return this.state(key, this.nextNumber(), true);
  }

  stored(key: Uint8Array, value: Uint8Array, via: Via, now: Micros): Address | undefined {
    return this.received(key, value, false, via, now);
  }

  /** Whoever hands it on: only the member itself can have signed it. */
  withdrawn(key: Uint8Array, value: Uint8Array, _: Address, via: Via, now: Micros): Address | undefined {
    return this.received(key, value, true, via, now);
  }

  found(key: Uint8Array, values: readonly Uint8Array[], now: Micros): Address[] {
    const lies = this.config.counters.forged;
    return values.slice(0, MAX_VALUES).flatMap((value) => {
      const address =
        this.config.counters.forged - lies < MAX_LIES ? this.foundOne(key, value, now) : this.refuse('crowded');
      return address === undefined ? [] : [address];
    });
  }

  holds(key: Uint8Array, address: Address, now: Micros): boolean {
    const kept = this.kept.get(nameOf(key, address));
    return kept !== undefined && !kept.withdrawn && this.ageFault(kept, now) === undefined;
  }

  answer(
    key: Uint8Array,
    addresses: readonly Address[],
    contacts: readonly DhtContact[],
    _: boolean,
    now: Micros,
  ): Answer {
    const all = addresses.flatMap((address) => this.valueOf(key, address, now) ?? []);
    if (all.length === 0) return { contacts, values: [] };
    const near = contacts.slice(0, CONTACTS);
    // Each number errs on the safe side: source, cookie, key and contacts, with what protobuf puts around them.
    let room = MAX_ANSWER - 64 - 2 * key.length - near.length * (key.length + 16);
    const values = all.filter((value) => (room -= value.length + 4) >= 0);
    return { contacts: near, values };
  }

  expire(now: Micros): void {
    for (const [name, { address, heard }] of this.kept) {
      if (now - heard <= MEMORY) continue;
      this.kept.delete(name);
      this.keptOf.set(address, this.keptOf.get(address)! - 1);
    }
    for (const [address, count] of this.keptOf) if (count === 0) this.keptOf.delete(address);
  }

  private valueOf(key: Uint8Array, address: Address, now: Micros): Uint8Array | undefined {
    if (address === this.config.self) return this.own(key);
    return this.holds(key, address, now) ? this.kept.get(nameOf(key, address))!.value : undefined;
  }

  private state(key: Uint8Array, number: bigint, withdrawn: boolean): Uint8Array | undefined {
    const signed = this.seal.sign(nameBody({ address: this.config.self, number, withdrawn }, key));
    return signed && encodeName(signed.body, signed.signature);
  }

  /** The clock of the member, or one more than the last where that is not more. */
  private nextNumber(): bigint {
    const next = this.config.witnesses.nextNumber();
    this.last = next > this.last ? next : this.last + 1n;
    return this.last;
  }

  private foundOne(key: Uint8Array, value: Uint8Array, now: Micros): Address | undefined {
    const said = this.judge(key, value, false, now);
    if (typeof said !== 'string') {
      this.remember(key, said, value, now);
      return said.address;
    }
    // Not every member that stores a name has heard the newest yet.
    const address = said === 'stale' ? decodeName(value)!.address : undefined;
    return address !== undefined && this.holds(key, address, now) ? address : this.refuse(said);
  }

  private received(key: Uint8Array, value: Uint8Array, withdrawn: boolean, via: Via, now: Micros): Address | undefined {
    const said = this.judge(key, value, withdrawn, now, via);
    if (typeof said === 'string') return this.refuse(said);
    const room = this.remember(key, said, value, now);
    // A name that is taken back is gone, remembered or not.
    return room || withdrawn ? said.address : this.refuse('crowded');
  }

  private refuse(why: Refusal): undefined {
    this.config.counters[why] += 1;
  }

  /** Cheap checks come before the signature. Without `via` it is the answer to a question. */
  private judge(
    key: Uint8Array,
    value: Uint8Array,
    withdrawn: boolean,
    now: Micros,
    via?: Via,
  ): NameStatement | Refusal {
    const said = decodeName(value);
    if (!said || said.withdrawn !== withdrawn) return 'forged';
    const fault = this.ageFault(said, now);
    if (fault !== undefined) return fault;
    const known = this.kept.get(nameOf(key, said.address));
    if (known && said.number <= known.number) return equalBytes(known.value, value) ? said : 'stale';
    if (via !== undefined && !this.allowance.has(via, now)) return 'crowded';
    const { certificate } = this.config.witnesses.witnessOf(said.address, now)!;
    const signed = { body: nameBody(said, key), signature: said.signature };
    const held = this.seal.signerOf(certificate, signed) === said.address;
    if (via !== undefined) this.allowance.spend(via, held, now);
    return held ? said : 'forged';
  }

  /** By the clock of who signed. */
  private ageFault({ address, number }: NameStatement, now: Micros): 'unknown' | 'stale' | undefined {
    const witness = this.config.witnesses.witnessOf(address, now);
    if (!witness) return 'unknown';
    const age = witness.wallMs - number;
    return age > LIFE_MS || age < -LIFE_MS ? 'stale' : undefined;
  }

  /** Answers false when there is no room. */
  private remember(key: Uint8Array, said: NameStatement, value: Uint8Array, now: Micros): boolean {
    const { address, number, withdrawn } = said;
    const name = nameOf(key, address);
    const known = this.kept.get(name);
    if (known?.number === number) {
      known.heard = now;
      return true;
    }
    if (!known) {
      const count = this.keptOf.get(address) ?? 0;
      if (count >= MAX_OF_ONE || this.kept.size >= MAX_OF_ALL) return false;
      this.keptOf.set(address, count + 1);
    }
    this.kept.set(name, { address, number, withdrawn, value: value.slice(), heard: now });
    return true;
  }
}

const nameOf = (key: Uint8Array, address: Address): string => `${toHex(key)}:${address}`;
