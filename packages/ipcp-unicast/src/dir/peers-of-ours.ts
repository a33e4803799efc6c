import type { Sink } from '@ouroboros/machine';
import type { Address } from '@ouroboros/model';
import { decodePeerExtension, encodePeerExtension, type DhtMessage } from '@ouroboros/wire';
import type { DhtOutput } from './contract.js';

/** Bit of PeerExtension.features in DHT messages: understands WITHDRAW. */
export const DHT_WITHDRAWS = 1;
/** Code of ours: field 100 holds key and address of a value that its owner takes back. [docs/wire-extensions.md] */
export const DHT_WITHDRAW_CODE = 5;

/** Field 100 of each message of ours but WITHDRAW. */
export const ANNOUNCEMENT = encodePeerExtension({ version: 1, features: DHT_WITHDRAWS });

/** Peers of ours that are remembered as such, in the table of contacts or not. */
const MAX_OURS = 4096;

/** The members that understand withdrawals, as their last message told; all others are taken for C members. */
export class PeersOfOurs {
  private readonly addresses = new Set<Address>();

  /** `extensions` false: nobody is a peer of ours. */
  constructor(private readonly extensions: boolean) {}

  has(address: Address): boolean {
    return this.addresses.has(address);
  }

  /** Notes what a message tells of its sender, and answers whether that one is a peer of ours. */
  hear(message: DhtMessage, out: Sink<DhtOutput>): boolean {
    const address = message.src.address as Address;
    const ours = this.extensions && understandsWithdrawals(message);
    if (!ours) this.addresses.delete(address);
    else if (!this.addresses.has(address)) {
      if (this.addresses.size >= MAX_OURS) this.addresses.clear();
      this.addresses.add(address);
      out.emit({ kind: 'ours', address });
    }
    return ours;
  }
}

function understandsWithdrawals(message: DhtMessage): boolean {
  if (message.kind === 'other' && message.code === DHT_WITHDRAW_CODE) return true;
  if (message.ext === undefined) return false;
  const decoded = decodePeerExtension(message.ext);
  return decoded.ok && ((decoded.value.features ?? 0) & DHT_WITHDRAWS) !== 0;
}
