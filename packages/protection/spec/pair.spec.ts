import { createHash } from 'node:crypto';
import { micros, type Micros } from '@ouroboros/model';
import type { CipherName, CryptoSuite, FlowCrypto, KeyExchange } from '@ouroboros/ports';
import { SeededRandom } from '@ouroboros/simnet';
import { createProtection, type Protection, type ProtectionOptions } from '../src/index.js';
import { Path, type PathQuality } from './path.spec.js';

export const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
export const NO_TROUBLE: PathQuality = { loss: 0, duplication: 0, delay: [1000, 1000] };

export const cryptoOf = (profile: FlowCrypto['profile'], cipher: CipherName, kemInBand = false): FlowCrypto => ({
  profile,
  cipher,
  secret: SECRET,
  kemInBand,
  kex: 'X25519',
  peer: '',
});

/** A key exchange with the lengths of X25519MLKEM768 and no strength, for runs with thousands of key changes. */
export function quickKeyExchange(random: SeededRandom): KeyExchange {
  const secretOf = (publicKey: Uint8Array, ciphertext: Uint8Array): Uint8Array =>
    new Uint8Array(createHash('sha512').update(publicKey).update(ciphertext).digest());
  return {
    generate: () => {
      const publicKey = random.bytes(1216);
      return { publicKey, agree: (peer) => secretOf(publicKey, peer), destroy: () => undefined };
    },
    encapsulate: (_kex, publicKey) => {
      const ciphertext = random.bytes(1120);
      return { ciphertext, secret: secretOf(publicKey, ciphertext) };
    },
    recognise: () => undefined,
    load: () => undefined,
  };
}

export interface PairOptions {
  readonly suite: CryptoSuite;
  readonly crypto: FlowCrypto;
  readonly seed: number;
  readonly quality?: PathQuality;
  readonly mplMs?: number;
  readonly limits?: ProtectionOptions['limits'];
  readonly make?: (options: ProtectionOptions) => Protection;
}

const TEXT_LENGTH = 12;
const ROOM = 640;

/** One end of a flow: sends numbered texts and checks those that it gets. */
export class End {
  readonly protection: Protection;
  /** Texts that were sealed and given to the path. */
  sent = 0;
  /** Of these, those that the path did not lose. */
  passed = 0;
  received = 0;
  /** Texts that came twice, or that nobody has sent. */
  wrong = 0;
  readyCalls = 0;
  peer: End | null = null;
  private seen = new Uint8Array(1024);
  private readonly text = new Uint8Array(TEXT_LENGTH);
  private readonly view = new DataView(this.text.buffer);
  private readonly out = new Uint8Array(ROOM);
  private readonly outView = new DataView(this.out.buffer);
  private readonly packet = new Uint8Array(ROOM);

  constructor(
    private readonly pair: Pair,
    private readonly path: Path,
    options: Omit<ProtectionOptions, 'output'>,
    make: (options: ProtectionOptions) => Protection,
  ) {
    const output = {
      transmit: (packet: Uint8Array, offset: number, length: number) => {
        this.path.send(packet, offset, length, this.pair.now);
        return true;
      },
      ready: () => {
        this.readyCalls += 1;
      },
    };
    this.protection = make({ ...options, output });
  }

  /** Sends the next text; false when there is no key for it now. */
  send(): boolean {
    this.view.setUint32(4, this.sent);
    this.view.setUint32(8, ~this.sent);
    const { protection, text, packet, pair } = this;
    if (protection.seal(text, 0, TEXT_LENGTH, packet, 0, pair.now) !== 'ok') return false;
    this.sent += 1;
    if (this.path.send(packet, 0, TEXT_LENGTH + protection.overhead, pair.now)) this.passed += 1;
    return true;
  }

  readonly take = (memory: Uint8Array, offset: number, length: number): void => {
    const { protection, out } = this;
    if (protection.open(memory, offset, length, out, 0, this.pair.now) !== 'data') return;
    this.received += 1;
    const number = this.outView.getUint32(4);
    const isWhole = length - protection.overhead === TEXT_LENGTH && this.outView.getUint32(8) === ~number >>> 0;
    if (!isWhole || number >= this.peer!.sent || !this.isFirst(number)) this.wrong += 1;
  };

  /** Packets that came and could not be opened. */
  get undecryptable(): number {
    const { unauthentic, unknownEpoch, malformed, short, early } = this.protection.counters;
    return unauthentic + unknownEpoch + malformed + short + early;
  }

  private isFirst(number: number): boolean {
    if (number >= this.seen.length) {
      const larger = new Uint8Array(2 * Math.max(number, this.seen.length));
      larger.set(this.seen);
      this.seen = larger;
    }
    const first = this.seen[number] === 0;
    this.seen[number] = 1;
    return first;
  }
}

/** More events than this at one instant mean that a deadline is not moved by its wake. */
const EVENTS_AT_ONCE = 10_000;

/** Both ends of one flow and the path between them, in virtual time. */
export class Pair {
  now: Micros = micros(0);
  readonly random: SeededRandom;
  readonly allocator: End;
  readonly acceptor: End;
  readonly forth: Path;
  readonly back: Path;

  constructor({
    suite,
    crypto,
    seed,
    quality = NO_TROUBLE,
    mplMs = 500,
    limits,
    make = createProtection,
  }: PairOptions) {
    this.random = new SeededRandom(seed);
    this.forth = new Path(this.random.fork(), quality);
    this.back = new Path(this.random.fork(), quality);
    const { ciphers, kdf, keyExchange } = suite;
    const common = { crypto, ciphers, kdf, keyExchange, mplMs, now: this.now, limits };
    const end = (path: Path, initiator: boolean): End =>
      new End(this, path, { ...common, initiator, random: this.random.fork() }, make);
    this.allocator = end(this.forth, true);
    this.acceptor = end(this.back, false);
    this.allocator.peer = this.acceptor;
    this.acceptor.peer = this.allocator;
  }

  get ends(): readonly [End, End] {
    return [this.allocator, this.acceptor];
  }

  setQuality(quality: PathQuality): void {
    this.forth.quality = quality;
    this.back.quality = quality;
  }

  /** Lets everything happen that is due up to `until`. */
  runUntil(until: number): void {
    const { forth, back } = this;
    const [a, b] = [this.allocator.protection, this.acceptor.protection];
    for (let atOnce = 0; ;) {
      const next = Math.min(forth.next, back.next, a.deadline, b.deadline);
      if (next > until) break;
      atOnce = next > this.now ? 0 : atOnce + 1;
      if (atOnce > EVENTS_AT_ONCE) throw new Error(`time stands still at ${this.now}`);
      if (next > this.now) this.now = micros(next);
      if (forth.next === next) forth.deliver(this.acceptor.take);
      else if (back.next === next) back.deliver(this.allocator.take);
      else (a.deadline === next ? a : b).wake(this.now);
    }
    this.now = micros(until);
  }

  run(time: number): void {
    this.runUntil(this.now + time);
  }
}
