import { fromHex } from '@ouroboros/model';
import type { FlowEnd } from '@ouroboros/ports';
import { createChannelHost } from './create-channel-host.js';

/*
 * The other process of the specs in which one process of a channel dies: it writes or reads without end.
 *
 *   channel-child attach|listen PATH TICKET produce|consume
 */

/** The packet of this number; both processes can tell whether it is whole. */
export function numberedPacket(number: number): Uint8Array {
  const packet = new Uint8Array(4 + ((number * 37) % 900)).fill(number & 0xff);
  new DataView(packet.buffer).setUint32(0, number);
  return packet;
}

function produce(end: FlowEnd): void {
  let next = 0;
  const fill = (): void => {
    for (;;) {
      const packet = numberedPacket(next);
      if (end.write(packet, 0, packet, 0, packet.length) !== 'ok') break;
      next += 1;
    }
  };
  end.onWritable = fill;
  fill();
}

function consume(end: FlowEnd): void {
  const take = (): boolean => true;
  end.onReadable = () => {
    end.read(64, take);
  };
}

/** Does what the arguments say, until the process is killed. */
export async function runChild([how, path, ticket, what]: readonly string[]): Promise<void> {
  const bytes = fromHex(ticket!);
  const host = await createChannelHost(how === 'listen' ? { path: path! } : {});
  const end = how === 'listen' ? host.expect(bytes) : await host.attach(path!, bytes);
  if (what === 'produce') produce(end);
  else consume(end);
  process.stdout.write('ready\n');
}
