import type { ShimPeer } from '@ouroboros/shim-flow';
import { macText } from '@ouroboros/wire';

/** A host of the segment. */
export interface EthPeer extends ShimPeer {
  /** Its MAC as a number, which packet paths compare and write. */
  readonly mac: number;
}

export const ethPeer = (mac: number): EthPeer => ({ address: macText(mac), port: 0, mac });
