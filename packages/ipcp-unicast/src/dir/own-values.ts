import { NEVER, fromMs, fromSeconds, micros, toHex, fromHex, type Address, type Micros } from '@ouroboros/model';

/** A name is published again so often, because STORE has no answer and may be lost. */
export const REPUBLISH_INTERVAL = fromSeconds(20);
/** After members came or went, names are published again once things have calmed down. */
const CHANGE_DELAY = fromSeconds(1);
/** Not more often than this, however restless the layer is. */
const LEAST_INTERVAL = fromMs(500);
/** WITHDRAW has no answer either: repeated so long after the first. */
const WITHDRAW_REPEATS = [fromSeconds(1), fromSeconds(3)];

interface OwnValue {
  due: Micros;
  published: Micros;
  /** Members that were given the value. */
  readonly storedAt: Set<Address>;
}

interface Withdrawal {
  readonly key: Uint8Array;
  readonly addresses: ReadonlySet<Address>;
  readonly at: Micros;
}

/** The keys that this member has registered: when to publish each again, and where copies are to be withdrawn. */
export class OwnValues {
  private readonly values = new Map<string, OwnValue>();
  private withdrawals: Withdrawal[] = [];

  has(key: Uint8Array): boolean {
    return this.values.has(toHex(key));
  }

  keys(): Uint8Array[] {
    return [...this.values.keys()].map(fromHex);
  }

  add(key: Uint8Array, now: Micros): void {
    const name = toHex(key);
    this.withdrawals = this.withdrawals.filter((withdrawal) => toHex(withdrawal.key) !== name);
    if (!this.values.has(name)) this.values.set(name, { due: now, published: micros(-Infinity), storedAt: new Set() });
  }

  /** Forgets the key; answers where copies are. The withdrawal is due again some times later. */
  remove(key: Uint8Array, now: Micros): ReadonlySet<Address> {
    const name = toHex(key);
    const addresses = this.values.get(name)?.storedAt ?? new Set<Address>();
    this.values.delete(name);
    if (addresses.size > 0) {
      for (const delay of WITHDRAW_REPEATS) this.withdrawals.push({ key, addresses, at: micros(now + delay) });
    }
    return addresses;
  }

  storedAt(key: Uint8Array, address: Address): void {
    this.values.get(toHex(key))?.storedAt.add(address);
  }

  /** Publish soon; at once for the first member ever met. */
  membersChanged(now: Micros, first = false): void {
    const soon = micros(now + (first ? 0 : CHANGE_DELAY));
    for (const value of this.values.values()) {
      value.due = micros(Math.min(value.due, Math.max(soon, first ? 0 : value.published + LEAST_INTERVAL)));
    }
  }

  get deadline(): Micros {
    let earliest: number = NEVER;
    for (const { due } of this.values.values()) earliest = Math.min(earliest, due);
    for (const { at } of this.withdrawals) earliest = Math.min(earliest, at);
    return micros(earliest);
  }

  /** Keys to publish now; each is due again after REPUBLISH_INTERVAL. */
  takeDue(now: Micros): Uint8Array[] {
    const due = [...this.values].filter(([, value]) => value.due <= now);
    for (const [, value] of due) {
      value.published = now;
      value.due = micros(now + REPUBLISH_INTERVAL);
    }
    return due.map(([name]) => fromHex(name));
  }

  takeWithdrawals(now: Micros): Withdrawal[] {
    const due = this.withdrawals.filter(({ at }) => at <= now);
    if (due.length > 0) this.withdrawals = this.withdrawals.filter(({ at }) => at > now);
    return due;
  }
}
