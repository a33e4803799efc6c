import { native } from './libc.js';

const AF_INET6 = 10;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const IPPROTO_IP = 0;
const IP_MTU = 14;
const IPV6_MTU = 24;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const UDP_GRO = 104;

/** A bound UDP socket, and what the kernel can do for it. */
export interface UdpSocket {
  readonly fd: number;
  readonly port: number;
  /** Several datagrams to one peer may be sent as one message. */
  readonly segments: boolean;
}

/**
 * Opens and binds a non-blocking UDP socket. `name`: a struct sockaddr_in or sockaddr_in6; one over IPv6 takes no IPv4. It has
 * `buffers` of so many bytes, or as many as the system grants. Answers the error's name when it cannot be bound.
 */
export function openUdp(
  name: Uint8Array,
  buffers: { readonly receive: number; readonly send: number },
): UdpSocket | string {
  const { c, errno } = native();
  const { receive, send } = buffers;
  const family = name[0]!;
  const fd = c.socket(family, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) return errno();
  if (family === AF_INET6) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (c.bind(fd, name, name.length) !== 0) {
    const error = errno();
    c.close(fd);
    return error;
  }
  // Beyond net.core.[rw]mem_max only with CAP_NET_ADMIN.
  if (!setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, receive)) setOption(fd, SOL_SOCKET, SO_RCVBUF, receive);
  if (!setOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, send)) setOption(fd, SOL_SOCKET, SO_SNDBUF, send);
  setOption(fd, SOL_UDP, UDP_GRO, 1);
  // Each message names the size of its segments; 0 says only that the kernel knows the option.
  const segments = setOption(fd, SOL_UDP, UDP_SEGMENT, 0);
  return { fd, port: boundPort(fd, name.length), segments };
}

/** Headers of IP, without options, and UDP. */
const HEADERS = { 4: 28, 6: 48 } as const;

/**
 * Longest datagram to the place of a struct sockaddr_in or sockaddr_in6 that IP does not cut, by the device or what the system has
 * heard of the path; undefined when there is no way.
 */
export function longestWhole(name: Uint8Array): number | undefined {
  const { c } = native();
  const isIpv6 = name[0] === AF_INET6;
  const fd = c.socket(name[0]!, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) return undefined;
  const mtu = new Uint8Array(4);
  const [level, option] = isIpv6 ? [IPPROTO_IPV6, IPV6_MTU] : [IPPROTO_IP, IP_MTU];
  const known =
    c.connect(fd, name, name.length) === 0 && c.getsockopt(fd, level, option, mtu, Uint8Array.of(4, 0, 0, 0)) === 0;
  c.close(fd);
  return known ? new DataView(mtu.buffer).getInt32(0, true) - HEADERS[isIpv6 ? 6 : 4] : undefined;
}

function setOption(fd: number, level: number, option: number, value: number): boolean {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return native().c.setsockopt(fd, level, option, bytes, 4) === 0;
}

function boundPort(fd: number, nameLength: number): number {
  const name = new Uint8Array(nameLength);
  native().c.getsockname(fd, name, Uint8Array.of(nameLength, 0, 0, 0));
  return new DataView(name.buffer).getUint16(2);
}
