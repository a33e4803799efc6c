import type { Host } from '../hosts/index.js';
import { succeeds } from './readiness.js';
import { vpn } from './vpn.js';

const PORT = 9001;
const START_LIMIT_MS = 5000;

export const YGGDRASIL = vpn('Yggdrasil', ['yggdrasil'], async (a, b, daemons) => {
  const listen = `tcp://${a.address}:${PORT}`;
  const start = async (host: Host, own: object): Promise<string> => {
    const generated = JSON.parse(await host.run(['yggdrasil', '-genconf', '-json'])) as object;
    const alone = { AdminListen: 'none', MulticastInterfaces: [], IfName: 'ygg' };
    const config = daemons.write(`${host.name}.conf`, JSON.stringify({ ...generated, ...alone, ...own }));
    daemons.start(host, ['yggdrasil', '-useconffile', config]);
    return (await host.run(['yggdrasil', '-useconffile', config, '-address'])).trim();
  };
  await start(a, { Listen: [listen] });
  // It looks for a peer that is not there at its start a minute later.
  const listens = async (): Promise<void> => {
    if (!daemons.logs().includes('listener started')) throw new Error('yggdrasil does not listen');
  };
  await succeeds(listens, START_LIMIT_MS, () => daemons.running);
  return start(b, { Peers: [listen] });
});
