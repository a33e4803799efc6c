import { fromSeconds, type Address, type Micros } from '@ouroboros/model';

/** So long is a member that failed asked last. */
const SHUNNED = fromSeconds(2);
const MAX_SHUNNED = 4096;

/** Members that did not serve a name when they were asked: others are asked before them, for a while. */
export class Shunned {
  private readonly until = new Map<string, Micros>();

  add(key: string, address: Address, now: Micros): void {
    if (this.until.size >= MAX_SHUNNED) this.until.clear();
    this.until.set(entry(key, address), (now + SHUNNED) as Micros);
  }

  has(key: string, address: Address, now: Micros): boolean {
    const until = this.until.get(entry(key, address));
    if (until !== undefined && until <= now) this.until.delete(entry(key, address));
    return until !== undefined && until > now;
  }
}

const entry = (key: string, address: Address): string => `${address} ${key}`;
