import type { IpcpEntry } from './ipcp-table.js';
import { failure, type Failure } from './messages.js';

/** Room for an OAP message where the layer does not know: that of a unicast layer over Ethernet. [ARCHITECTURE.md, Extensions] */
const DEFAULT_OAP_ROOM = 1388;

/** Bytes that an OAP message over this layer should have at most: what can be left out for later is left out beyond. */
export const oapRoomOf = ({ layer }: IpcpEntry): number => layer?.oapRoom || DEFAULT_OAP_ROOM;

/** Why a message cannot go over a layer that knows its room, in words for whoever asked. */
export function tooLongFor({ layer }: IpcpEntry, what: string, { length }: Uint8Array): Failure | undefined {
  if (!layer || layer.oapRoom === 0 || length <= layer.oapRoom) return undefined;
  const text = `the handshake's ${what} has ${length} bytes, layer ${layer.name} takes ${layer.oapRoom}`;
  return failure('EMSGSIZE', text, { stage: 'layer' });
}
