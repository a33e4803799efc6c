import type { Sink } from '@ouroboros/machine';
import type { Address } from '@ouroboros/model';
import { decodePeerExtension, encodePeerExtension, type DhtMessage } from '@ouroboros/wire';
import type { DhtOutput } from './contract.js';

/** Bit of PeerExtension.features in DHT messages: understands WITHDRAW. */
export const DHT_WITHDRAWS = 1;
/** Code of ours: field 100 holds the key, and the value that its owner takes back. [docs/wire-extensions.md] */
export const DHT_WITHDRAW_CODE = 5;

/** Field 100 of each message of ours but WITHDRAW. */
export const ANNOUNCEMENT = encodePeerExtension({ version: 1, features: DHT_WITHDRAWS });

/** Members of which is remembered what they are, in the table of contacts or not. */
const MAX_HEARD = 4096;

/** The members that understand withdrawals, as their last message told; all others are taken for C members. */
export class PeersOfOurs {
  private readonly heard = new Map<Address, boolean>();

  /** Nobody is one without `extensions`; everybody with `all`. */
  constructor(
    private readonly extensions: boolean,
    private readonly all: boolean,
  ) {}

  /** Undefined while the member was not heard. */
  has(address: Address): boolean | undefined {
    return this.heard.get(address);
  }

  /** Notes what a message tells of its sender, and answers whether that one is a peer of ours. */
  hear(message: DhtMessage, out: Sink<DhtOutput>): boolean {
    const address = message.src.address as Address;
    const ours = this.extensions && (this.all || understandsWithdrawals(message));
    if (this.heard.get(address) === ours) return ours;
    if (this.heard.size >= MAX_HEARD) this.heard.clear();
    this.heard.set(address, ours);
    out.emit({ kind: 'heard', address, ours });
    return ours;
  }
}

function understandsWithdrawals(message: DhtMessage): boolean {
  if (message.kind === 'other' && message.code === DHT_WITHDRAW_CODE) return true;
  if (message.ext === undefined) return false;
  const decoded = decodePeerExtension(message.ext);
  return decoded.ok && ((decoded.value.features ?? 0) & DHT_WITHDRAWS) !== 0;
}
