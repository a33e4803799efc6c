import { concatBytes, micros, type Address } from '@ouroboros/model';
import { decodeDht, encodeDht, type DhtMessage } from '@ouroboros/wire';
import { Statements } from '../routing/index.js';
import { Seal, type StatementSigner } from '../signed/index.js';
import { addressOf, Register } from '../signed/register.fixture.js';
import type { Dht } from './index.js';
import { Layer, SECOND } from './layer.fixture.js';
import { decodeName, encodeName, nameBody, type NameStatement } from './name-statement.js';

export const NAMES = ['a', 'b', 'c', 'evil'] as const;
export type Who = (typeof NAMES)[number];
export const [A, B, C, EVIL] = NAMES.map(addressOf) as [Address, Address, Address, Address];
/** Seconds. */
export const STATED_EVERY = 15;
export const LINKS_LIVE = 60;

interface Certified {
  readonly signer: StatementSigner;
  readonly statements: Statements;
}

/** A layer whose members tell all others of their links every 15 s, and of their names as the directory does. */
export class SignedLayer {
  readonly register = new Register();
  readonly layer = new Layer();
  readonly certified: Readonly<Record<Who, Certified>>;
  readonly heard: Uint8Array[] = [];
  private readonly silentFor = new Map<Address, number>();

  /** `fastMs`: how far the clocks of some are ahead. */
  constructor(fastMs: Partial<Record<Who, number>> = {}) {
    const member = (name: Who): Certified => {
      const signer = this.register.signer(name, fastMs[name]);
      return { signer, statements: new Statements(addressOf(name), 'net', signer) };
    };
    this.certified = { a: member('a'), b: member('b'), c: member('c'), evil: member('evil') };
    for (const name of NAMES) this.start(name);
    this.layer.tap = (_, bytes) => void this.heard.push(bytes);
    this.stateLinks();
    this.layer.tellRoutes();
    this.pass(3);
  }

  /** A member begins, or begins anew. */
  start(name: Who): void {
    const { signer, statements } = this.certified[name];
    this.layer.add(addressOf(name), name === 'a' ? 0 : A, { layer: 'net', signer, witnesses: statements });
  }

  dht(name: Who): Dht {
    return this.layer.members.get(addressOf(name))!;
  }

  pass(seconds: number): void {
    for (let i = 0; i < seconds; i += 1) {
      this.layer.run(1);
      this.register.now = this.layer.now;
      if (Math.round(this.layer.now / SECOND) % STATED_EVERY === 0) this.stateLinks();
    }
  }

  serve(name: Who, wanted: Uint8Array): void {
    this.layer.input(addressOf(name), { kind: 'register', key: wanted });
    this.pass(1);
  }

  leave(name: Who, wanted: Uint8Array): void {
    this.layer.input(addressOf(name), { kind: 'unregister', key: wanted });
    this.pass(1);
  }

  lookup(from: Who, wanted: Uint8Array): readonly Address[] {
    const found = this.layer.lookup(addressOf(from), wanted).addresses;
    this.register.now = this.layer.now;
    return [...found].sort();
  }

  /** Gives a message to all but its maker, as evil's packets. */
  tellAll(message: DhtMessage | Uint8Array): void {
    const bytes = message instanceof Uint8Array ? message : encodeDht(message);
    for (const to of [A, B, C]) this.layer.input(to, { kind: 'message', bytes, via: EVIL });
    this.pass(1);
  }

  /** The value by which `by` says something under its own key. */
  signed(by: Who, said: Partial<NameStatement>, wanted: Uint8Array, layer = 'net'): Uint8Array {
    const number = BigInt(Math.round(this.certified[by].signer.wallMs())) + 1000n;
    const body = nameBody({ address: addressOf(by), number, withdrawn: false, ...said }, wanted);
    return encodeName(body, new Seal('o7s name', layer, this.certified[by].signer).sign(body)!.signature);
  }

  /** Every statement that a member made about a key. */
  valuesOf(address: Address, wanted: Uint8Array, withdrawn: boolean): Uint8Array[] {
    const values = this.heard.flatMap((bytes) => {
      const message = decodeDht(bytes, 32);
      if (!message.ok) return [];
      const { value } = message;
      if (value.kind === 'store') return [concatBytes(value.key, value.value)];
      return value.kind === 'other' && value.ext ? [value.ext] : [];
    });
    const ours = values.filter((bytes) => Buffer.compare(bytes.subarray(0, 32), wanted) === 0);
    return ours
      .map((bytes) => bytes.subarray(32))
      .filter((value) => {
        const said = decodeName(value);
        return said?.address === address && said.withdrawn === withdrawn;
      });
  }

  private stateLinks(): void {
    for (const name of NAMES) {
      const message = this.certified[name].statements.state(
        this.certified[name].statements.nextNumber(),
        [],
        micros(this.layer.now),
      )!;
      const others = NAMES.filter((other) => other !== name);
      const verdicts = others.map((other) => this.certified[other].statements.receive(message, micros(this.layer.now)));
      if (verdicts.every(({ kind }) => kind === 'news')) this.silentFor.set(addressOf(name), this.layer.now);
    }
    for (const [address, since] of this.silentFor) {
      if (this.layer.now - since <= LINKS_LIVE * SECOND) continue;
      for (const name of NAMES) if (addressOf(name) !== address) this.certified[name].statements.forget(address);
    }
  }
}
