import type { Sink } from '@ouroboros/machine';
import { concatBytes, type Address } from '@ouroboros/model';
import { encodeDht, type DhtContact, type DhtMessage } from '@ouroboros/wire';
import type { DhtConfig, DhtOutput } from './contract.js';
import { ANNOUNCEMENT, DHT_WITHDRAW_CODE } from './peers-of-ours.js';

type WithoutSource<M> = M extends DhtMessage ? Omit<M, 'src' | 'ext'> : never;

/** What this member says, and who can hear it: each message bears its own id and address, and that it is one of ours. */
export class Speaker {
  /** Members to which routing has a way; nothing is said to others. */
  reachable: ReadonlySet<Address> = new Set();
  private readonly source: DhtContact;
  private readonly announcement: Uint8Array | undefined;

  constructor(private readonly config: DhtConfig) {
    this.source = { id: config.id, address: config.self };
    this.announcement = (config.extensions ?? true) ? ANNOUNCEMENT : undefined;
  }

  /** A member whose address helps somebody here: another one, with a way to it. */
  isUseful(address: Address): boolean {
    return address !== this.config.self && this.reachable.has(address);
  }

  say(to: Address, message: WithoutSource<DhtMessage>, out: Sink<DhtOutput>): void {
    if (!this.reachable.has(to)) return;
    const bytes = encodeDht({ ...message, src: this.source, ext: this.announcement });
    out.emit({ kind: 'send', to, bytes });
  }

  /** Takes a value back from a member that understands it, also while routing has just lost the way to it. */
  sayWithdrawn(to: Address, key: Uint8Array, value: Uint8Array, out: Sink<DhtOutput>): void {
    const ext = concatBytes(key, value);
    const bytes = encodeDht({ kind: 'other', code: DHT_WITHDRAW_CODE, src: this.source, ext });
    out.emit({ kind: 'send', to, bytes });
  }
}
