import type { IpcpFlowAllocResult } from '@ouroboros/ports';
import { OapFeature } from '@ouroboros/wire';

/**
 * Longest packet of a flow. Flows with frames cut what is longer, and measure the path: a layer below that carried it in pieces
 * would make them believe in a path that loses more and costs more. [docs/wire-extensions.md §8, RFC 8899 §4.1]
 */
export function longestPacket(
  { layerPacket, wholePacket }: Pick<IpcpFlowAllocResult, 'layerPacket' | 'wholePacket'>,
  features: number,
): number {
  return wholePacket > 0 && (features & OapFeature.FRAMES) !== 0 ? wholePacket : layerPacket;
}
