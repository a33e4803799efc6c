import { UNREACHABLE_STATUS, USAGE_STATUS, type Manual, type OptionTable } from '@ouroboros/tool-kit';

export const OPTIONS = {
  ip: {
    type: 'string',
    short: 'i',
    multiple: true,
    value: 'ADDRESS/LENGTH',
    help: 'address of this end of the tunnel and its network, such as 10.9.0.1/24 or fd09::1/64 (may be repeated)',
  },
  mask: { type: 'string', short: 'm', value: 'MASK', help: 'subnet mask of an IPv4 address without a length' },
  name: { type: 'string', short: 'n', value: 'NAME', help: 'name of the server; without it this is the server' },
  route: {
    type: 'string',
    multiple: true,
    value: 'NETWORK',
    help: 'also reach this network through the tunnel (may be repeated)',
  },
  device: {
    type: 'string',
    value: 'DEVICE',
    help: 'name of the network device (default: the system chooses)',
  },
  qos: { type: 'string', short: 'q', value: 'QOS', help: 'client: raw, best, video, voice or data (default raw)' },
  json: { type: 'boolean', help: 'print what was carried as one JSON object at the end, nothing else' },
} as const satisfies OptionTable;

export const MANUAL: Manual = {
  name: 'oip',
  aliases: ['ovpn'],
  section: 1,
  summary: 'carry IP packets of this host over a flow to a name, or serve such flows',
  synopsis: ['-i ADDRESS/LENGTH... -n NAME [options]', '-i ADDRESS/LENGTH... [options]'],
  description: ['Also called ovpn. Needs CAP_NET_ADMIN.'],
  options: [OPTIONS],
  notes: [
    "A server is bound to its name by irm, as that of oping; it has several clients. A packet goes to the client that uses its destination as its address, and an address belongs to the client that used it first; what clients send to each other passes the server's host, if that forwards. The MTU of the device is what the flows carry in one piece, but not below 1280: our flows cut what is longer.",
  ],
  exitStatus: [
    ['0', 'interrupted'],
    ['1', 'the flow ended, or a failure'],
    USAGE_STATUS,
    UNREACHABLE_STATUS,
    ['4', 'name or /dev/net/tun unknown'],
    ['5', 'time-out of the allocation'],
    ['6', 'refused, or a capability is missing'],
    ['7', 'QoS not available'],
    ['8', 'the device exists'],
  ],
};
