import { generateKeyPairSync } from 'node:crypto';
import type { Host } from '../hosts/index.js';
import { succeeds } from './readiness.js';
import { INNER_MTU, vpn } from './vpn.js';

const PORT = 51820;
const START_LIMIT_MS = 5000;

export const WIREGUARD_GO = vpn('wireguard-go', ['wireguard-go', 'wg'], async (a, b, daemons) => {
  const keys = new Map([a, b].map((host) => [host, keyPair()]));
  for (const [host, peer] of [[a, b] as const, [b, a] as const]) {
    const device = deviceOf(host);
    daemons.leaves(`/var/run/wireguard/${device}.sock`);
    daemons.start(host, ['wireguard-go', '--foreground', device]);
    const config = configOf(keys.get(host)!.secret, keys.get(peer)!.public, peer);
    const file = daemons.write(`${host.name}.conf`, config);
    await succeeds(
      () => host.run(['wg', 'setconf', device, file]),
      START_LIMIT_MS,
      () => daemons.running,
    );
    await host.run(['ip', 'address', 'add', `${inside(host)}/24`, 'dev', device]);
    await host.run(['ip', 'link', 'set', 'dev', device, 'mtu', String(INNER_MTU), 'up']);
  }
  return inside(b);
});

const inside = ({ address }: Host): string => address.replace(/^10\.77/, '10.78');

/** Its control socket is named after the device, in one folder for all namespaces. */
const deviceOf = ({ name }: Host): string => `wg${name}${process.pid}`;

function keyPair(): { readonly public: string; readonly secret: string } {
  const { x, d } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  const base64 = (text: string): string => Buffer.from(text, 'base64url').toString('base64');
  return { public: base64(x!), secret: base64(d!) };
}

const configOf = (secret: string, peerKey: string, peer: Host): string => `[Interface]
PrivateKey = ${secret}
ListenPort = ${PORT}
[Peer]
PublicKey = ${peerKey}
Endpoint = ${peer.address}:${PORT}
AllowedIPs = ${inside(peer)}/32
`;
