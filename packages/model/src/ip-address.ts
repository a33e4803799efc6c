/** One of the two families of IP addresses: how its addresses are written, and which belong to one host. */
export interface IpFamily {
  readonly version: 4 | 6;
  readonly name: 'IPv4' | 'IPv6';
  /** For messages: `an IPv4 address of one host, such as 192.0.2.1`. */
  readonly legalHost: string;
  /** The address as the system writes it, so that equal ones are equal texts; undefined when `text` is none of this family. */
  canonical(text: string): string | undefined;
  /** Its 4 or 16 bytes, undefined when `text` is none of this family. */
  bytes(text: string): Uint8Array | undefined;
  /** As `canonical`, for addresses that one host can have and others can reach. */
  host(text: string): string | undefined;
}

/** Four decimal numbers of 0 to 255 without leading zeros. A host's: not 0.0.0.0, not 224.0.0.0 and above (groups, broadcast). */
export const IPV4: IpFamily = {
  version: 4,
  name: 'IPv4',
  legalHost: 'an IPv4 address of one host, such as 192.0.2.1',
  canonical: (text) => (isIpv4(text) ? text : undefined),
  bytes: (text) => (isIpv4(text) ? Uint8Array.from(text.split('.'), Number) : undefined),
  host: (text) => (isIpv4(text) && text !== '0.0.0.0' && Number(text.split('.')[0]) < 224 ? text : undefined),
};

/**
 * Text of RFC 4291 §2.2, without a zone. A host's: not ::, no group (ff00::/8), no IPv4 address in disguise (::/96 but ::1,
 * ::ffff:0:0/96), and not link-local (fe80::/10), as shims compare addresses without a zone. [spec/wire-shims.md Quirk 12]
 */
export const IPV6: IpFamily = {
  version: 6,
  name: 'IPv6',
  legalHost: 'an IPv6 address of one host, such as 2001:db8::1 (not link-local)',
  canonical: (text) => {
    const groups = ipv6Groups(text);
    return groups && ipv6Text(groups);
  },
  bytes: (text) => {
    const groups = ipv6Groups(text);
    return groups && Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
  },
  host: (text) => {
    const groups = ipv6Groups(text);
    return groups && isIpv6Host(groups) ? ipv6Text(groups) : undefined;
  },
};

const isIpv4 = (text: string): boolean => /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/.test(text);

const GROUPS = 8;

/** The eight numbers of an address; undefined when it is none. */
function ipv6Groups(text: string): number[] | undefined {
  const halves = withHexTail(text).split('::');
  const [left = [], right] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const zeros = right === undefined ? 0 : GROUPS - left.length - right.length;
  if (halves.length > 2 || (right !== undefined && zeros < 1)) return undefined;
  const groups = [...left, ...new Array<string>(Math.max(zeros, 0)).fill('0'), ...(right ?? [])];
  if (groups.length !== GROUPS || !groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.map((group) => parseInt(group, 16));
}

/** The last four bytes may be written as an IPv4 address. */
function withHexTail(text: string): string {
  const at = text.lastIndexOf(':') + 1;
  const tail = text.slice(at);
  if (at === 0 || !isIpv4(tail)) return text;
  const [a, b, c, d] = tail.split('.').map(Number) as [number, number, number, number];
  return `${text.slice(0, at)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function isIpv6Host(groups: readonly number[]): boolean {
  const [first = 0] = groups;
  const upper = groups.slice(0, 5).every((group) => group === 0);
  const isLoopback = upper && groups[5] === 0 && groups[6] === 0 && groups[7] === 1;
  const isIpv4InDisguise = upper && (groups[5] === 0 || groups[5] === 0xffff);
  const isGroupOrLinkLocal = first >= 0xff00 || (first & 0xffc0) === 0xfe80;
  return isLoopback || !(isIpv4InDisguise || isGroupOrLinkLocal);
}

/** Text of RFC 5952: lower case, the first longest run of two or more zeros as `::`. */
function ipv6Text(groups: readonly number[]): string {
  const run = longestZeros(groups);
  const hex = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(':');
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.at))}::${hex(groups.slice(run.at + run.length))}`;
}

function longestZeros(groups: readonly number[]): { at: number; length: number } {
  let best = { at: 0, length: 0 };
  for (let at = 0; at < GROUPS; at += 1) {
    let length = 0;
    while (groups[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  return best;
}
