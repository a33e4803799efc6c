/**
 * Where a token leads to below: the layer, and how the inviting host is found in it.
 *
 *     udp4:203.0.113.7:3435:udp     tcp:gate.example.org:3435:wire     tls:gate.example.org:3435:wire:<pin>
 *     eth-dix:a000:lan              eth-llc:lan
 *
 * On Ethernet nothing says where the host is: all of the segment are asked for its names. The pin is what the host's certificate for
 * TLS is known by, as who joins knows no authority yet.
 */
import { IPV4, IPV6, endpointText, fromHex, nameFault, parseEndpoint, toHex, type Endpoint } from '@ouroboros/model';
import { ETH_ETHERTYPE_RANGE } from '@ouroboros/wire';

/** Types of layers that a token can lead over. */
export const SHIM_TYPES = ['udp4', 'udp6', 'tcp', 'eth-dix', 'eth-llc'] as const;
export type ShimType = (typeof SHIM_TYPES)[number];

export type ShimPlace =
  | (Endpoint & { readonly type: 'udp4' | 'udp6'; readonly layer: string })
  /** `pin`: PIN_LENGTH bytes of SHA-256 of the key in the certificate of who listens (SPKI DER); null: no TLS. */
  | (Endpoint & { readonly type: 'tcp'; readonly layer: string; readonly pin: Uint8Array | null })
  | { readonly type: 'eth-dix'; readonly layer: string; readonly ethertype: number }
  | { readonly type: 'eth-llc'; readonly layer: string };

export const PIN_LENGTH = 16;

export function shimText(place: ShimPlace): string {
  const layer = encodeName(place.layer);
  switch (place.type) {
    case 'eth-dix':
      return `eth-dix:${place.ethertype.toString(16).padStart(4, '0')}:${layer}`;
    case 'eth-llc':
      return `eth-llc:${layer}`;
    case 'tcp':
      return place.pin
        ? `tls:${endpointText(place)}:${layer}:${toHex(place.pin)}`
        : `tcp:${endpointText(place)}:${layer}`;
    default:
      return `${place.type}:${endpointText(place)}:${layer}`;
  }
}

const PATTERN = new RegExp(
  `^(?:(udp4|udp6|tcp|tls):(.+:\\d{1,5}):([^:]+?)(?::([0-9a-f]{${2 * PIN_LENGTH}}))?|eth-dix:([0-9a-f]{4}):([^:]+)|eth-llc:([^:]+))$`,
);

/** Undefined for what is none. */
export function parseShim(text: string): ShimPlace | undefined {
  const [, type, at, ipLayer, pin, ethertype, dixLayer, llcLayer] = PATTERN.exec(text) ?? [];
  const layer = decodeName(ipLayer ?? dixLayer ?? llcLayer ?? '');
  if (layer === undefined) return undefined;
  if (llcLayer !== undefined) return { type: 'eth-llc', layer };
  if (ethertype !== undefined) {
    const number = parseInt(ethertype, 16);
    const { min, max } = ETH_ETHERTYPE_RANGE;
    return number < min || number > max ? undefined : { type: 'eth-dix', layer, ethertype: number };
  }
  return ipPlace(type!, parseEndpoint(at!, 0), layer, pin);
}

function ipPlace(
  type: string,
  at: Endpoint | undefined,
  layer: string,
  pin: string | undefined,
): ShimPlace | undefined {
  if (!at || (type === 'tls') !== (pin !== undefined)) return undefined;
  const known = type === 'tls' ? 'tcp' : (type as 'udp4' | 'udp6' | 'tcp');
  if (!isHost(known, at.host)) return undefined;
  return known === 'tcp'
    ? { type: known, ...at, layer, pin: pin ? fromHex(pin) : null }
    : { type: known, ...at, layer };
}

/** Addresses of UDP layers are numbers; TCP takes names of hosts too. */
export function isHost(type: 'udp4' | 'udp6' | 'tcp', host: string): boolean {
  if (type === 'udp4') return IPV4.host(host) !== undefined;
  if (type === 'udp6') return IPV6.host(host) !== undefined;
  return /^[A-Za-z0-9_.-]{1,253}$/.test(host) || IPV6.host(host) !== undefined;
}

/** As in URLs. */
export const encodeName = (name: string): string => encodeURIComponent(name);

/** Undefined for what is no name, or not written as `encodeName` writes it. */
export function decodeName(text: string): string | undefined {
  try {
    const name = decodeURIComponent(text);
    return nameFault(name, 'name') === undefined && encodeURIComponent(name) === text ? name : undefined;
  } catch {
    return undefined;
  }
}
