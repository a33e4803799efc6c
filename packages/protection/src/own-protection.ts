import { NEVER, fromMs, fromSeconds, type Micros } from '@ouroboros/model';
import type { AeadName } from '@ouroboros/ports';
import { FlowFrame } from '@ouroboros/wire';
import { ChangeInitiator } from './change-initiator.js';
import {
  ChangeMessage,
  MESSAGE_HEAD,
  MESSAGE_MAX,
  copyPart,
  readChangeHead,
  writeChangeHead,
  type ChangeFields,
} from './change-message.js';
import { ChangeResponder } from './change-responder.js';
import { newCounters } from './counters.js';
import type { ChangeHost, KeyChange } from './key-change.js';
import { KEY_LIMITS, KeyUse } from './key-limits.js';
import { KeySchedule, type EpochKeys, type Sealer } from './key-schedule.js';
import { OWN_HEAD, OWN_OVERHEAD, OpeningKey, SealingKey } from './own-packet.js';
import { type OpenVerdict, type Protection, type ProtectionOptions, type SealVerdict } from './protection.js';

/**
 * Epochs whose packets are opened at most: a left key is kept for a time, and with millions of packets a second several are
 * left within it. A key holds 1 KiB of replay window.
 */
const OPEN_EPOCHS = 32;
/** How long a left key is kept beyond two packet lifetimes: queues in the hosts delay packets too. */
const QUEUE_TIME = fromSeconds(1);

/**
 * Protection of a flow between peers of ours (profile `o7s`): a key per direction and epoch, counted nonces, a replay
 * window per key, and key changes in the flow itself (key-change.ts). [docs/wire-extensions.md]
 *
 * One key is tried per packet that arrives, and only for a counter that is still open: so much an attacker can make
 * us do, and no more. Keys are zeroed as soon as nothing may come under them.
 */
export class OwnProtection implements Protection, ChangeHost {
  readonly profile = 'o7s';
  readonly cipher: AeadName;
  readonly overhead = OWN_OVERHEAD;
  readonly headLength = OWN_HEAD;
  readonly counters = newCounters();
  deadline: Micros;

  private readonly sealer: Sealer;
  private readonly opener: Sealer;
  private readonly schedule: KeySchedule;
  private readonly change: KeyChange;
  private readonly use: KeyUse;
  private readonly keepLeft: number;
  /** First epoch that is good for data. */
  private readonly firstDataEpoch: number;
  /** Newest first. */
  private readonly opening: OpeningKey[] = [];
  private sealing: SealingKey;
  /** Sealing key of an epoch that the peer has not been heard under. */
  private pending: SealingKey | null = null;
  private waiting: boolean;
  private destroyed = false;
  private readonly text = new Uint8Array(MESSAGE_MAX);
  private readonly packet = new Uint8Array(MESSAGE_MAX + OWN_OVERHEAD);
  private readonly fields: ChangeFields = { type: ChangeMessage.OFFER, epoch: 0, part: 0 };

  constructor(
    private readonly options: ProtectionOptions,
    cipher: AeadName,
  ) {
    const { crypto, kdf, ciphers, keyExchange, initiator, mplMs, now, limits = KEY_LIMITS } = options;
    this.cipher = cipher;
    this.sealer = initiator ? 'allocator' : 'acceptor';
    this.opener = initiator ? 'acceptor' : 'allocator';
    this.schedule = new KeySchedule(kdf, ciphers, cipher);
    this.use = new KeyUse(limits, initiator ? 'initiator' : 'responder');
    this.keepLeft = 2 * fromMs(mplMs) + QUEUE_TIME;
    this.firstDataEpoch = crypto.kemInBand ? 1 : 0;
    const keys = this.schedule.next(crypto.secret);
    this.opening.push(new OpeningKey(0, keys[this.opener]));
    this.sealing = new SealingKey(0, keys[this.sealer]);
    const parts = { host: this, schedule: this.schedule, keyExchange };
    this.change = initiator ? new ChangeInitiator(parts) : new ChangeResponder(parts);
    this.waiting = crypto.kemInBand;
    this.deadline = initiator && crypto.kemInBand ? now : NEVER;
  }

  get epoch(): number {
    return this.sealing.epoch;
  }

  get sendable(): boolean {
    return !this.destroyed && this.hasDataKey && !this.waiting;
  }

  seal(text: Uint8Array, offset: number, length: number, out: Uint8Array, outOffset: number, now: Micros): SealVerdict {
    if (this.destroyed) return 'down';
    if (text[offset] === FlowFrame.keyChange) throw new Error('frames of key changes are not the caller’s');
    if (!this.hasDataKey || this.use.spent(this.sealing.count, now)) return this.wait(now);
    this.sealing.seal(text, offset, length, out, outOffset);
    this.counters.sealed += 1;
    if (this.use.used(now)) this.plan();
    this.checkUse(now);
    return 'ok';
  }

  open(
    packet: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
    now: Micros,
  ): OpenVerdict {
    if (length <= OWN_OVERHEAD) return this.drop('short');
    const key = this.keyOf(packet[offset]!);
    if (key === undefined) return this.drop('unknownEpoch');
    const outcome = key.open(packet, offset, length, out, outOffset);
    if (outcome !== 'opened') {
      this.checkUse(now);
      return this.drop(outcome);
    }
    if (key.expires === Infinity) this.heardUnder(key, now);
    const verdict = this.deliver(key.epoch, out, outOffset, length - OWN_OVERHEAD, now);
    this.checkUse(now);
    this.tellReady(now);
    return verdict;
  }

  wake(now: Micros): void {
    if (this.destroyed) return;
    this.leaveExpired(now);
    this.change.wake(now);
    this.checkUse(now);
    this.plan();
  }

  destroy(): void {
    this.destroyed = true;
    this.deadline = NEVER;
    this.change.destroy();
    this.schedule.destroy();
    this.sealing.destroy();
    this.pending?.destroy();
    this.pending = null;
    for (const key of this.opening.splice(0)) key.destroy();
  }

  sendMessage(fields: ChangeFields, share: Uint8Array | null): void {
    const { text, packet } = this;
    writeChangeHead(text, 0, fields);
    const length = MESSAGE_HEAD + (share === null ? 0 : copyPart(share, fields.part, text, MESSAGE_HEAD));
    this.sealing.seal(text, 0, length, packet, 0);
    this.options.output.transmit(packet, 0, length + OWN_OVERHEAD);
  }

  install(epoch: number, keys: EpochKeys): void {
    this.opening.unshift(new OpeningKey(epoch, keys[this.opener]));
    if (this.opening.length > OPEN_EPOCHS) this.opening.pop()!.destroy();
    this.pending = new SealingKey(epoch, keys[this.sealer]);
  }

  sealUnder(epoch: number): void {
    this.sealing.destroy();
    this.sealing = this.pending!;
    this.pending = null;
    this.use.renew();
    this.counters.keyChanges = epoch;
  }

  private get hasDataKey(): boolean {
    return this.sealing.epoch >= this.firstDataEpoch;
  }

  private wait(now: Micros): SealVerdict {
    this.waiting = true;
    this.counters.sealWaits += 1;
    this.checkUse(now);
    return 'wait';
  }

  private keyOf(epochByte: number): OpeningKey | undefined {
    for (const key of this.opening) if ((key.epoch & 0xff) === epochByte) return key;
    return undefined;
  }

  /** Something authentic came under this key: keys older than it need not be kept for long. */
  private heardUnder(key: OpeningKey, now: Micros): void {
    this.change.heard(key.epoch);
    for (const other of this.opening) {
      if (other.epoch >= key.epoch || other.expires !== Infinity) continue;
      other.expires = now + this.keepLeft;
      this.plan();
    }
  }

  private deliver(epoch: number, out: Uint8Array, outOffset: number, length: number, now: Micros): OpenVerdict {
    if (out[outOffset] === FlowFrame.keyChange) return this.takeMessage(epoch, out, outOffset, length, now);
    if (epoch < this.firstDataEpoch) return this.drop('early');
    this.counters.opened += 1;
    if (epoch === this.sealing.epoch && this.use.used(now)) this.plan();
    return 'data';
  }

  private takeMessage(epoch: number, bytes: Uint8Array, at: number, length: number, now: Micros): OpenVerdict {
    const { fields } = this;
    if (!readChangeHead(bytes, at, length, fields)) return this.drop('malformed');
    const fits = this.change.message(fields, epoch, bytes, at + MESSAGE_HEAD, now);
    this.plan();
    return fits ? 'control' : this.drop('malformed');
  }

  /** Asks for new keys when these have served long enough, and for the first ones that are good for data. */
  private checkUse(now: Micros): void {
    const packets = Math.max(this.sealing.count, this.opening[0]!.load);
    if (this.hasDataKey && !this.use.wantsChange(packets, now)) return;
    if (!this.change.resting) return;
    this.change.wanted(now);
    this.plan();
  }

  private tellReady(now: Micros): void {
    if (!this.waiting || !this.hasDataKey || this.use.spent(this.sealing.count, now)) return;
    this.waiting = false;
    this.options.output.ready();
  }

  private leaveExpired(now: Micros): void {
    const { opening } = this;
    while (opening.length > 1 && opening.at(-1)!.expires <= now) opening.pop()!.destroy();
  }

  private plan(): void {
    let next = this.change.deadline as number;
    const oldest = this.opening.at(-1);
    if (oldest !== undefined) next = Math.min(next, oldest.expires);
    if (this.change.resting) next = Math.min(next, this.use.deadline);
    this.deadline = next as Micros;
  }

  private drop(reason: 'short' | 'unauthentic' | 'replayed' | 'unknownEpoch' | 'early' | 'malformed'): OpenVerdict {
    this.counters[reason] += 1;
    return 'dropped';
  }
}
