import { maskLength, networkOf, parsePrefix, usageError, type IpPrefix, type QosSpec } from '@ouroboros/model';
import { asked, qosOption, readOptions, type Information } from '@ouroboros/tool-kit';
import { OPTIONS } from './manual.js';

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
