import type { Micros } from '@ouroboros/model';
import type { KexKeys } from '@ouroboros/ports';
import { ANSWER_LENGTH, ChangeMessage, SHARE_PARTS, ShareAssembly, type ChangeFields } from './change-message.js';
import { CHANGE_KEX, RepeatTimer, type ChangeParts, type KeyChange } from './key-change.js';
import { transcriptOf } from './key-schedule.js';

/**
 * The side of a key change that begins it: the end that asked for the flow.
 *
 * States: `resting` – `offering` (parts of the answer are missing; the parts of the offer that belong to them are
 * repeated) – `confirming` (seals under the new epoch, has heard nothing under it; CONFIRM is repeated) – `resting`.
 */
export class ChangeInitiator implements KeyChange {
  private state: 'resting' | 'offering' | 'confirming' = 'resting';
  /** The epoch that seals, or will as soon as the offer is answered. */
  private epoch = 0;
  private keys: KexKeys | null = null;
  private readonly answer = new ShareAssembly(ANSWER_LENGTH);
  private readonly timer = new RepeatTimer();
  private readonly out: ChangeFields = { type: ChangeMessage.OFFER, epoch: 0, part: 0 };

  constructor(private readonly parts: ChangeParts) {}

  get deadline(): Micros {
    return this.timer.deadline;
  }

  get resting(): boolean {
    return this.state === 'resting';
  }

  wanted(now: Micros): void {
    this.state = 'offering';
    this.epoch += 1;
    this.keys = this.parts.keyExchange.generate(CHANGE_KEX);
    this.answer.clear();
    this.timer.start(now);
    this.offerMissing();
  }

  heard(epoch: number): void {
    if (this.state !== 'confirming' || epoch !== this.epoch) return;
    this.state = 'resting';
    this.timer.stop();
  }

  message(fields: ChangeFields, epoch: number, bytes: Uint8Array, at: number, now: Micros): boolean {
    switch (fields.type) {
      case ChangeMessage.ANSWER:
        return fields.epoch === epoch + 1 && this.answered(fields, bytes, at, now);
      case ChangeMessage.CONFIRMED:
        return fields.epoch === epoch;
      case ChangeMessage.REQUEST:
        if (fields.epoch !== epoch + 1) return false;
        if (this.resting && fields.epoch === this.epoch + 1) this.wanted(now);
        return true;
      default:
        return false;
    }
  }

  wake(now: Micros): void {
    if (!this.timer.due(now)) return;
    if (this.state === 'offering') this.offerMissing();
    else if (this.state === 'confirming') this.send(ChangeMessage.CONFIRM, 0, null);
  }

  destroy(): void {
    this.timer.stop();
    this.forgetKeys();
    this.state = 'resting';
  }

  private answered(fields: ChangeFields, bytes: Uint8Array, at: number, now: Micros): boolean {
    if (fields.epoch > this.epoch) return false;
    if (this.state !== 'offering' || fields.epoch < this.epoch) return true;
    this.answer.put(fields.part, bytes, at);
    return !this.answer.complete || this.finish(now);
  }

  private finish(now: Micros): boolean {
    const { host, schedule } = this.parts;
    const { publicKey } = this.keys!;
    const secret = this.keys!.agree(this.answer.share);
    if (secret === undefined) {
      this.answer.clear();
      return false;
    }
    const fresh = schedule.next(secret, transcriptOf(publicKey, this.answer.share));
    secret.fill(0);
    this.forgetKeys();
    this.state = 'confirming';
    host.install(this.epoch, fresh);
    host.sealUnder(this.epoch);
    this.timer.start(now);
    this.send(ChangeMessage.CONFIRM, 0, null);
    return true;
  }

  private offerMissing(): void {
    const { publicKey } = this.keys!;
    for (let part = 0; part < SHARE_PARTS; part += 1) {
      if (!this.answer.has(part)) this.send(ChangeMessage.OFFER, part, publicKey);
    }
  }

  private send(type: ChangeMessage, part: number, share: Uint8Array | null): void {
    this.out.type = type;
    this.out.epoch = this.epoch;
    this.out.part = part;
    this.parts.host.sendMessage(this.out, share);
  }

  private forgetKeys(): void {
    this.keys?.destroy();
    this.keys = null;
  }
}
