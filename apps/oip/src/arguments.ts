import { maskLength, networkOf, parsePrefix, usageError, type IpPrefix, type QosSpec } from '@ouroboros/model';
import { asked, qosOption, readOptions, type Information } from '@ouroboros/tool-kit';

export interface TunnelOptions {
  readonly kind: 'client' | 'server';
  /** Empty for a server. */
  readonly name: string;
  readonly addresses: readonly IpPrefix[];
  readonly routes: readonly IpPrefix[];
  /** Of the device; undefined: the system chooses. */
  readonly device: string | undefined;
  readonly qos: QosSpec;
  readonly json: boolean;
}

export type Command = TunnelOptions | Information;

export const USAGE = `Usage: oip -i ADDRESS/LENGTH... -n NAME [options]
       oip -i ADDRESS/LENGTH... [options]
Carry IP packets of this host over a flow to NAME, or serve such flows. Also called ovpn. Needs CAP_NET_ADMIN.

  -i, --ip ADDRESS/LENGTH  address of this end of the tunnel and its network, such as 10.9.0.1/24 or fd09::1/64 (may be
                           repeated)
  -m, --mask MASK          subnet mask of an IPv4 address without a length
  -n, --name NAME          name of the server; without it this is the server
      --route NETWORK      also reach this network through the tunnel (may be repeated)
      --device NAME        name of the network device (default: the system chooses)
  -q, --qos QOS            client: raw, best, video, voice or data (default raw)
      --json               print what was carried as one JSON object at the end, nothing else

      --help               print this text
      --version            print the version

A server is bound to its name by irm, as that of oping; it has several clients. A packet goes to the client that uses
its destination as its address, and an address belongs to the client that used it first; what clients send to
each other passes the server's host, if that forwards. The MTU of the device is what the flows carry in one piece, but
not below 1280: our flows cut what is longer.

Exit status: 0 interrupted, 1 the flow ended or a failure, 2 usage, 3 irmd not reachable, 4 name or /dev/net/tun
unknown, 5 time-out of the allocation, 6 refused, or a capability is missing, 7 QoS not available, 8 the device exists.
`;

const OPTIONS = {
  ip: { type: 'string', short: 'i', multiple: true },
  mask: { type: 'string', short: 'm' },
  name: { type: 'string', short: 'n' },
  route: { type: 'string', multiple: true },
  device: { type: 'string' },
  qos: { type: 'string', short: 'q' },
  json: { type: 'boolean' },
} as const;

/** [linux/if.h, IFNAMSIZ] */
const DEVICE_NAME = /^[^\s/:%]{1,15}$/;

/** Reads the arguments behind the program's name. EINVAL for what cannot be understood. */
export function parseCommand(args: readonly string[]): Command {
  const values = readOptions(args, OPTIONS);
  const information = asked(values);
  if (information) return information;
  const { ip = [], mask, name = '', route = [], device, qos, json = false } = values;
  if (ip.length === 0) throw usageError('ip', 'Please specify an IP address.');
  if (qos !== undefined && name === '') throw usageError('qos', '-q is for the client: who calls says the QoS');
  if (device !== undefined && !DEVICE_NAME.test(device)) {
    throw usageError('device', 'device: must be the name of a network device of 1 to 15 characters');
  }
  return {
    kind: name === '' ? 'server' : 'client',
    name,
    addresses: ip.map((text) => parsePrefix('ip', text, lengthBy(mask))),
    routes: route.map((text) => networkOf(parsePrefix('route', text))),
    device,
    qos: qosOption(qos),
    json,
  };
}

/** The length of an address that is given without one. */
const lengthBy = (mask: string | undefined) => (version: 4 | 6) => {
  if (mask === undefined || version === 6) throw usageError('mask', 'Please specify a subnetmask.');
  const length = maskLength(mask);
  if (length === undefined) throw usageError('mask', `Invalid subnet mask: ${mask}`);
  return length;
};
