/** Invitations on a real host: files, keys, flows. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { loadCrypto } from '@ouroboros/crypto';
import { openFlows } from '@ouroboros/flow/node';
import { NodeClock, NodeRandom } from '@ouroboros/node-runtime';
import { openMembers, openPki, Places } from '@ouroboros/pki';
import { callOver } from './node-joining/flow-pipe.js';
import { InvitationStore } from './node-joining/invitation-store.js';
import { Joining } from './node-joining/joining.js';
import { addressTowards } from './node-joining/own-address.js';

export * from './index.js';
export { pipeOf } from './node-joining/flow-pipe.js';
export { InvitationStore, type InvitationState, type KeptInvitation } from './node-joining/invitation-store.js';
export { Joining, type Joined, type JoiningPorts, type Made } from './node-joining/joining.js';

/** The node of the environment, with the certificates and invitations of a configuration directory. `program`: path of irm. */
export async function openJoining(confDir: string, program: string): Promise<Joining> {
  const places = new Places(confDir);
  const pki = await openPki(places, new NodeClock());
  return new Joining({
    crypto: await loadCrypto(),
    random: new NodeRandom(),
    pki,
    members: await openMembers(pki),
    store: new InvitationStore(places.invitations),
    server: { program: resolve(program), args: ['invite', 'serve', '--conf-dir', confDir] },
    call: async (name, conversation) => {
      const flows = openFlows();
      try {
        return await callOver(flows, name, conversation);
      } finally {
        await flows.close();
      }
    },
    addressTowards,
    hostName: hostname().split('.')[0] || 'host',
  });
}
