import { IPV4, IPV6 } from './ip-address.js';
import { usageError } from './option-values.js';

/** An address and how many of its first bits name its network, or a network. */
export interface IpPrefix {
  readonly version: 4 | 6;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** 0 to 32 or 128. */
  readonly length: number;
}

/** `10.0.0.1/24`, `fd00::1/64`. Without a length: `bareLength`, else all bits. EINVAL. */
export function parsePrefix(field: string, text: string, bareLength?: (version: 4 | 6) => number): IpPrefix {
  const [, host = '', digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const [version, address] = host.includes(':') ? ([6, IPV6.bytes(host)] as const) : ([4, IPV4.bytes(host)] as const);
  const bits = version === 4 ? 32 : 128;
  const length = digits === undefined ? (bareLength?.(version) ?? bits) : Number(digits);
  if (address && length <= bits) return { version, address, length };
  throw usageError(field, `${field}: '${text}' is no address with a prefix length, such as 10.0.0.1/24 or fd00::1/64`);
}

/** The number of bits of a mask such as `255.255.255.0`; undefined when it is none. */
export function maskLength(mask: string): number | undefined {
  const bytes = IPV4.bytes(mask);
  if (!bytes) return undefined;
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
}

/** The network of a prefix: the bits behind its length are 0. */
export function networkOf({ version, address, length }: IpPrefix): IpPrefix {
  const network = address.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, length - i * 8))));
  return { version, address: network, length };
}
