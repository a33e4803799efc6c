import { concatBytes } from '@ouroboros/model';
import { ETH_DIX, ETH_DIX_ETHERTYPE, ETH_HEADER, ETH_LLC, writeMac, type EthFraming } from '@ouroboros/wire';

/** Of nobody. */
const STRANGER = 0x0200000000fe;

/**
 * Ethernet frames of a stranger that bring these bytes to a host: behind the ethertype of a layer, and as a management message
 * of each kind of layer.
 */
export function strangeFrames(to: number, bytes: Uint8Array): Uint8Array[] {
  const bare = concatBytes(new Uint8Array(ETH_HEADER), bytes);
  bare.set([ETH_DIX_ETHERTYPE >> 8, ETH_DIX_ETHERTYPE & 255], ETH_HEADER - 2);
  const frames = [bare, mgmtFrame(ETH_DIX, bytes), mgmtFrame(ETH_LLC, bytes)];
  for (const frame of frames) {
    writeMac(frame, 0, to);
    writeMac(frame, 6, STRANGER);
  }
  return frames;
}

function mgmtFrame(framing: EthFraming, bytes: Uint8Array): Uint8Array {
  const frame = concatBytes(new Uint8Array(framing.headerLength), bytes);
  framing.write(frame, ETH_DIX_ETHERTYPE, 0, 0, bytes.length);
  return frame;
}
