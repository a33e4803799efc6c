import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { OuroborosError, isErrorCode, toOuroborosError } from '@ouroboros/model';
import type { DatagramAnswer, DatagramNetwork, DatagramPort, DatagramQuestion } from '@ouroboros/ports';
import { loadNative, openUdp, type Native } from '../native/index.js';
import { DgramUdpPort } from './dgram-port.js';
import { NativeUdpPort } from './native-port.js';
import { socketName } from './peers.js';

/** Wanted size of the system's buffer for what arrives; without CAP_NET_ADMIN Linux grants what net.core.rmem_max allows. */
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;
/** For what leaves: so little that it is full, and holds flows back, before the queue of a device is, which would lose. */
const SEND_BUFFER_BYTES = 1024 * 1024;

type Lookup = (
  host: string,
  options: object,
  done: (error: Error | null, address: string, family: number) => void,
) => void;
type Family = 4 | 6;
/** Addresses are literals here; answering in the same turn lets dgram send in the same turn too. */
const LITERAL: Readonly<Record<Family, Lookup>> = {
  4: (host, _options, done) => done(null, host, 4),
  6: (host, _options, done) => done(null, host, 6),
};

/** A UDP socket of this host. */
export interface UdpPort extends DatagramPort {
  /** Datagrams that were not sent: no room, no route, bad address, too large, closed. */
  readonly sendFailures: number;
}

/** What may go wrong when a socket is bound, by the name of the system's error. */
function bindError(code: string, address: string, port: number, cause?: Error): OuroborosError {
  const where = endpoint(address, port);
  switch (code) {
    case 'EADDRINUSE':
      return new OuroborosError('EEXIST', `UDP ${where} is in use by another process`, { field: 'port', cause });
    case 'EADDRNOTAVAIL':
      return new OuroborosError('EINVAL', `${address} is not an address of this host`, { field: 'address', cause });
    case 'EAFNOSUPPORT':
      return new OuroborosError('ENOTSUP', `this system has no IPv6, needed for ${address}`, {
        field: 'address',
        cause,
      });
    case 'EACCES':
      return new OuroborosError('EACCES', `no permission to bind UDP ${where}`, { field: 'port', cause });
    default:
      if (cause) return toOuroborosError(cause);
      return new OuroborosError(isErrorCode(code) ? code : 'EIO', `cannot bind UDP ${where}: ${code}`);
  }
}

/** Asks for less and less until the system agrees. */
function growBuffer(wanted: number, set: (bytes: number) => void): void {
  for (let bytes = wanted; bytes >= 65_536; bytes /= 2) {
    try {
      return set(bytes);
    } catch {
      continue;
    }
  }
}

/** A socket of the family of `address`; one over IPv6 takes no IPv4. */
function socketFor(address: string): { readonly socket: Socket; readonly family: Family } {
  const family = familyOf(address);
  const socket = createSocket({ type: `udp${family}`, ipv6Only: family === 6, lookup: LITERAL[family] as never });
  return { socket, family };
}

const familyOf = (address: string): Family => (isIP(address) === 6 ? 6 : 4);

const endpoint = (address: string, port: number): string =>
  isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;

/** UDP over IPv4 and IPv6: by the system's calls where they can be reached, else by node:dgram. */
export class UdpNetwork implements DatagramNetwork {
  constructor(private readonly access: () => Promise<Native | null> = loadNative) {}

  /** EINVAL (field `address` or `port`), EEXIST, EACCES. Port 0 = any free one. */
  async bind(address: string, port: number): Promise<UdpPort> {
    if (isIP(address) === 0) throw new OuroborosError('EINVAL', `not an IP address: ${address}`, { field: 'address' });
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new OuroborosError('EINVAL', `not a UDP port (0 to 65535): ${port}`, { field: 'port' });
    const name = socketName(familyOf(address), address, port);
    // The name of a place in a zone (fe80::1%eth0) is for node:dgram.
    return name && (await this.access()) ? bindNative(name, address, port) : bindDgram(address, port);
  }

  /** On Linux a connected socket is told by the system (ICMP) when nobody has bound the port that it sends to. */
  ask({ from, to, bytes, limitMs }: DatagramQuestion): Promise<DatagramAnswer> {
    return new Promise((resolve) => {
      const { socket } = socketFor(from);
      const settle = (answer: DatagramAnswer): void => {
        clearTimeout(limit);
        socket.removeAllListeners().on('error', () => undefined); // What comes late has been answered already.
        socket.close();
        resolve(answer);
      };
      const limit = setTimeout(() => settle('silent'), limitMs);
      socket.on('message', (message) => settle(new Uint8Array(message)));
      socket.on('error', ({ code }: NodeJS.ErrnoException) => settle(code === 'ECONNREFUSED' ? 'refused' : 'silent'));
      socket.bind(0, from, () => socket.connect(to.port, to.address, () => socket.send(bytes)));
    });
  }
}

function bindNative(name: Int32Array, address: string, port: number): NativeUdpPort {
  const socket = openUdp(new Uint8Array(name.buffer), { receive: RECEIVE_BUFFER_BYTES, send: SEND_BUFFER_BYTES });
  if (typeof socket === 'string') throw bindError(socket, address, port);
  return new NativeUdpPort(socket, address, familyOf(address));
}

async function bindDgram(address: string, port: number): Promise<DgramUdpPort> {
  const { socket, family } = socketFor(address);
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      socket.close();
      reject(bindError(error.code ?? '', address, port, error));
    };
    socket.once('error', onError);
    socket.bind(port, address, () => {
      socket.off('error', onError);
      resolve();
    });
  });
  growBuffer(RECEIVE_BUFFER_BYTES, (bytes) => socket.setRecvBufferSize(bytes));
  growBuffer(SEND_BUFFER_BYTES, (bytes) => socket.setSendBufferSize(bytes));
  return new DgramUdpPort(socket, family);
}
