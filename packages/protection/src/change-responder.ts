import { NEVER, type Micros } from '@ouroboros/model';
import { ChangeMessage, OFFER_LENGTH, SHARE_PARTS, ShareAssembly, type ChangeFields } from './change-message.js';
import { CHANGE_KEX, RepeatTimer, type ChangeParts, type KeyChange } from './key-change.js';
import { transcriptOf } from './key-schedule.js';

/**
 * The side of a key change that answers: the end that accepted the flow.
 *
 * States: `resting` (parts of an offer may have come) – `answered` (opens the new epoch, still seals under the old one;
 * repeated parts of the offer get parts of the answer) – `resting`. While it wants a change and sees no offer it
 * repeats a REQUEST.
 */
export class ChangeResponder implements KeyChange {
  private state: 'resting' | 'answered' = 'resting';
  /** The newest epoch that can be opened. */
  private epoch = 0;
  private answer: Uint8Array | null = null;
  private readonly offer = new ShareAssembly(OFFER_LENGTH);
  private readonly timer = new RepeatTimer();
  private readonly out: ChangeFields = { type: ChangeMessage.ANSWER, epoch: 0, part: 0 };

  constructor(private readonly parts: ChangeParts) {}

  get deadline(): Micros {
    return this.timer.deadline;
  }

  get resting(): boolean {
    return this.state === 'resting' && !this.offer.started && this.timer.deadline === NEVER;
  }

  wanted(now: Micros): void {
    this.timer.start(now);
    this.send(ChangeMessage.REQUEST, this.epoch + 1, 0, null);
  }

  heard(epoch: number): void {
    if (this.state !== 'answered' || epoch !== this.epoch) return;
    this.state = 'resting';
    this.answer = null;
    this.parts.host.sealUnder(epoch);
  }

  message(fields: ChangeFields, epoch: number, bytes: Uint8Array, at: number): boolean {
    switch (fields.type) {
      case ChangeMessage.OFFER:
        return fields.epoch === epoch + 1 && this.offered(fields, bytes, at);
      case ChangeMessage.CONFIRM:
        if (fields.epoch !== epoch) return false;
        if (epoch === this.epoch) this.send(ChangeMessage.CONFIRMED, epoch, 0, null);
        return true;
      default:
        return false;
    }
  }

  wake(now: Micros): void {
    if (this.timer.due(now)) this.send(ChangeMessage.REQUEST, this.epoch + 1, 0, null);
  }

  destroy(): void {
    this.timer.stop();
    this.answer = null;
    this.state = 'resting';
  }

  private offered(fields: ChangeFields, bytes: Uint8Array, at: number): boolean {
    if (fields.epoch > this.epoch + 1) return false;
    if (fields.epoch <= this.epoch) {
      const repeated = fields.epoch === this.epoch && this.answer !== null;
      if (repeated) this.send(ChangeMessage.ANSWER, fields.epoch, fields.part, this.answer);
      return true;
    }
    this.timer.stop();
    this.offer.put(fields.part, bytes, at);
    return !this.offer.complete || this.finish();
  }

  private finish(): boolean {
    const { host, schedule, keyExchange } = this.parts;
    const made = keyExchange.encapsulate(CHANGE_KEX, this.offer.share);
    this.offer.clear();
    if (made === undefined) return false;
    const fresh = schedule.next(made.secret, transcriptOf(this.offer.share, made.ciphertext));
    made.secret.fill(0);
    this.answer = made.ciphertext;
    this.epoch += 1;
    this.state = 'answered';
    host.install(this.epoch, fresh);
    for (let part = 0; part < SHARE_PARTS; part += 1) this.send(ChangeMessage.ANSWER, this.epoch, part, this.answer);
    return true;
  }

  private send(type: ChangeMessage, epoch: number, part: number, share: Uint8Array | null): void {
    this.out.type = type;
    this.out.epoch = epoch;
    this.out.part = part;
    this.parts.host.sendMessage(this.out, share);
  }
}
