import type { JsonObject } from '@ouroboros/model';
import { RETURN_NAME, SERVED_NAMES } from './conformance-names.js';
import type { IpcpPlan, LayerPlan } from './layer-plan.js';

/** A layer on one host. */
export const localPlan = (): LayerPlan => [[{ name: 'l', type: 'local', layer: 'under-test', config: {} }]];

/** A layer straight over UDP between two addresses. `type`: udp4, udp6, or one that takes its configuration. */
export function udpPlan(type: string, addresses: readonly [string, string], extra: JsonObject = {}): LayerPlan {
  const served = [...SERVED_NAMES.map((name) => `${name}=${addresses[1]}`), `${RETURN_NAME}=${addresses[0]}`];
  return addresses.map((ip) => [udp(type, 'under-test', ip, served, extra)]);
}

/** Of 62 SAPs. */
const LLC_FLOWS = 50;

/** A layer on Ethernet between two devices. */
export function ethPlan(type: 'eth-dix' | 'eth-llc', devices: readonly [string, string]): LayerPlan {
  const room = type === 'eth-llc' ? { roomForFlows: LLC_FLOWS } : {};
  return devices.map((dev) => [{ name: 'e', type, layer: 'under-test', config: { dev }, ...room }]);
}

/** A unicast layer over a UDP layer. */
export const unicastPlan = (addresses: readonly [string, string], extra: JsonObject = {}): LayerPlan =>
  membersPlan('unicast', addresses, extra);

/** A broadcast layer over a UDP layer. */
export const broadcastPlan = (addresses: readonly [string, string], extra: JsonObject = {}): LayerPlan =>
  membersPlan('broadcast', addresses, extra);

function membersPlan(type: string, addresses: readonly [string, string], extra: JsonObject): LayerPlan {
  return addresses.map((ip, i) => [
    udp('udp4', 'below', ip, members(addresses), extra),
    {
      ...{ name: `u${i}`, type, layer: 'under-test', config: {}, registeredIn: 'e' },
      ...(i > 0 && { through: 'u0' }),
    },
  ]);
}

const members = (addresses: readonly string[]): string[] => addresses.map((address, i) => `u${i}=${address}`);

function udp(type: string, layer: string, ip: string, hosts: readonly string[], extra: JsonObject): IpcpPlan {
  return { name: 'e', type, layer, config: { ip, hosts: hosts.join(','), ...extra } };
}
