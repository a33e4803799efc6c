import { address, type Address } from '@ouroboros/model';
import type { Random } from '@ouroboros/ports';
import type { StateStore } from '@ouroboros/ipcp-kit';

/**
 * Flat random addresses [spec/wire-control.md §2.3]: each member draws its own. It is kept over restarts of the IPCP, so
 * that what others know of this member stays true; C draws a new one at each start.
 */
export async function flatAddress(layer: string, store: StateStore, random: Random): Promise<Address> {
  const kept = await store.read('address');
  if (isKept(kept) && kept.layer === layer) return address(kept.address);
  const fresh = drawAddress(random);
  await store.write('address', { layer, address: fresh });
  return fresh;
}

function drawAddress(random: Random): Address {
  for (;;) {
    const drawn = address(random.uint32());
    if (drawn !== 0) return drawn;
  }
}

function isKept(value: unknown): value is { layer: string; address: number } {
  if (typeof value !== 'object' || value === null) return false;
  const { layer, address: number } = value as Record<string, unknown>;
  return typeof layer === 'string' && Number.isInteger(number) && Number(number) > 0 && Number(number) <= 0xffffffff;
}
