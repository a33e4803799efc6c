import { readFileSync } from 'node:fs';
import { OuroborosError } from '@ouroboros/model';
import { native, systemError } from './libc.js';

const AF_PACKET = 17;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
/** Pseudo protocol of frames with a length in place of an ethertype. */
const ETH_P_802_2 = 0x0004;

/** struct ifreq: 0 name (16)  16 index, flags, MTU, or address: family (2), bytes (14)  40 end. */
const IFREQ_LENGTH = 40;
const IFREQ_VALUE = 16;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFMTU = 0x8921;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
/** IFF_UP and IFF_RUNNING: switched on, and with a cable. */
const CARRIES = 0x41;
/** ARPHRD_ETHER and ARPHRD_LOOPBACK: those with MACs. */
const ETHERNET_KINDS: ReadonlySet<number> = new Set([1, 772]);

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;

/** struct sockaddr_ll: 0 family (2)  2 protocol (2, big-endian)  4 index (4)  8 hatype (2)  10 pkttype (1)  11 halen (1)  12 address (8) */
const SOCKADDR_LL_LENGTH = 20;
const PKTTYPE_AT = 10;
/** From here on: frames for other hosts, and those that this host sent. */
const PACKET_OTHERHOST = 3;
const MSG_DONTWAIT = 0x40;

/** What the system says of a network device. */
export interface DeviceState {
  readonly index: number;
  readonly carries: boolean;
  readonly mtu: number;
  /** The MAC as a number; null when the device is not an Ethernet device. */
  readonly mac: number | null;
}

/** The devices of the process's network namespace. */
export function deviceNames(): readonly string[] {
  const lines = readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2);
  return lines.map((line) => line.slice(0, line.indexOf(':')).trim()).filter((name) => name !== '');
}

/** Looks at a device; null when there is none of this name. `fd`: any socket. EIO. */
export function deviceState(fd: number, name: string): DeviceState | null {
  const request = new Uint8Array(IFREQ_LENGTH);
  request.set(new TextEncoder().encode(name).subarray(0, IFREQ_VALUE - 1));
  const view = new DataView(request.buffer);
  const ask = (what: number): boolean => native().c.ioctl(fd, what, request) === 0;
  if (!ask(SIOCGIFINDEX)) return gone(name);
  const index = view.getInt32(IFREQ_VALUE, true);
  if (!ask(SIOCGIFFLAGS)) return gone(name);
  const carries = (view.getUint16(IFREQ_VALUE, true) & CARRIES) === CARRIES;
  if (!ask(SIOCGIFMTU)) return gone(name);
  const mtu = view.getInt32(IFREQ_VALUE, true);
  if (!ask(SIOCGIFHWADDR)) return gone(name);
  const isEthernet = ETHERNET_KINDS.has(view.getUint16(IFREQ_VALUE, true));
  const mac = view.getUint16(IFREQ_VALUE + 2) * 0x1_0000_0000 + view.getUint32(IFREQ_VALUE + 4);
  return { index, carries, mtu, mac: isEthernet ? mac : null };
}

function gone(name: string): null {
  if (native().errno() === 'ENODEV') return null;
  throw systemError(`look at device ${name}`);
}

/**
 * A raw socket. Bound to a device and a protocol (an ethertype, or `llc`) it receives whole frames; without, it receives
 * nothing. EPERM without CAP_NET_RAW, ENOTSUP where the kernel has no such sockets.
 */
export function openPacketSocket(bound?: { readonly index: number; readonly protocol: number | 'llc' }): number {
  const { c, errno } = native();
  const fd = c.socket(AF_PACKET, SOCK_RAW_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) throw socketError(errno());
  if (!bound) return fd;
  const address = new Uint8Array(SOCKADDR_LL_LENGTH);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, bound.protocol === 'llc' ? ETH_P_802_2 : bound.protocol);
  view.setInt32(4, bound.index, true);
  growReceiveBuffer(fd);
  if (c.bind(fd, address, address.length) === 0) return fd;
  const error = systemError('bind a raw socket');
  c.close(fd);
  throw error;
}

function socketError(name: string): OuroborosError {
  if (name === 'EPERM' || name === 'EACCES') {
    const message = 'raw Ethernet needs the capability CAP_NET_RAW, which this process does not have';
    return new OuroborosError('EPERM', message);
  }
  if (name === 'EAFNOSUPPORT') return new OuroborosError('ENOTSUP', 'this system has no raw Ethernet sockets');
  return systemError('open a raw socket');
}

/** Beyond net.core.rmem_max only with CAP_NET_ADMIN. */
function growReceiveBuffer(fd: number): void {
  const { c } = native();
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, RECEIVE_BUFFER_BYTES, true);
  if (c.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes, 4) !== 0) c.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, bytes, 4);
}

const from = new Uint8Array(SOCKADDR_LL_LENGTH);
const fromLength = new Uint8Array([SOCKADDR_LL_LENGTH, 0, 0, 0]);

/** Receives one frame. Answers its length, 0 for one that was not for this host, or −1 when there is none (see `errno`). */
export function receiveFrame(fd: number, buffer: Uint8Array): number {
  fromLength[0] = SOCKADDR_LL_LENGTH;
  const length = native().c.recvfrom(fd, buffer, buffer.length, MSG_DONTWAIT, from, fromLength);
  return length > 0 && from[PKTTYPE_AT]! >= PACKET_OTHERHOST ? 0 : length;
}
