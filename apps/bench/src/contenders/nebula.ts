import type { Host } from '../hosts/index.js';
import { INNER_MTU, vpn } from './vpn.js';

const PORT = 4242;

export const NEBULA = vpn('Nebula', ['nebula', 'nebula-cert'], async (a, b, daemons) => {
  const path = (name: string): string => daemons.path(name);
  await a.run(['nebula-cert', 'ca', '-name', 'bench', '-out-crt', path('ca.crt'), '-out-key', path('ca.key')]);
  for (const [host, peer] of [[a, b] as const, [b, a] as const]) {
    const [crt, key] = [path(`${host.name}.crt`), path(`${host.name}.key`)];
    const authority = ['-ca-crt', path('ca.crt'), '-ca-key', path('ca.key')];
    const identity = ['-name', host.name, '-ip', `${inside(host)}/24`, '-out-crt', crt, '-out-key', key];
    await host.run(['nebula-cert', 'sign', ...authority, ...identity]);
    // JSON is YAML.
    const config = daemons.write(`${host.name}.yml`, JSON.stringify(configOf(peer, path('ca.crt'), crt, key)));
    daemons.start(host, ['nebula', '-config', config]);
  }
  return inside(b);
});

const inside = ({ address }: Host): string => address.replace(/^10\.77/, '10.78');

function configOf(peer: Host, ca: string, cert: string, key: string): object {
  const anything = { port: 'any', proto: 'any', host: 'any' };
  return {
    pki: { ca, cert, key },
    static_host_map: { [inside(peer)]: [`${peer.address}:${PORT}`] },
    lighthouse: { am_lighthouse: false, hosts: [] },
    listen: { host: '0.0.0.0', port: PORT },
    tun: { dev: 'nebula', mtu: INNER_MTU },
    firewall: { outbound: [anything], inbound: [anything] },
  };
}
