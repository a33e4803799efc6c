import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { OuroborosError } from '@ouroboros/model';

/** Any port will do: nothing is sent. */
const PORT = 9;

/** The address of this host that the system's routes choose for packets to another. ENAME when the other has none, EIO without a route. */
export async function addressTowards(host: string): Promise<string> {
  const { address, family } = await lookup(host).catch((cause: unknown) => {
    throw new OuroborosError('ENAME', `the address of ${host} is not to be found`, { cause });
  });
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    return await new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(PORT, address, () => resolve(socket.address().address));
    });
  } catch (cause) {
    throw new OuroborosError('EIO', `this host has no way to ${address}: --ip gives its own address`, { cause });
  } finally {
    socket.close();
  }
}
