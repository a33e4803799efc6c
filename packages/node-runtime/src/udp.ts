import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { OuroborosError, toOuroborosError } from '@ouroboros/model';
import type { DatagramAnswer, DatagramNetwork, DatagramPort, DatagramQuestion } from '@ouroboros/ports';

/** Wanted size of the system's buffer of a socket in each direction; Linux grants what net.core.[rw]mem_max allows. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
/** Datagrams that may wait in the process when the system takes no more. */
const MAX_QUEUED_DATAGRAMS = 256;

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

/** A UDP socket on node:dgram, of one family. */
export class UdpPort implements DatagramPort {
  onDatagram: DatagramPort['onDatagram'] = null;
  readonly localAddress: string;
  readonly localPort: number;
  /** Datagrams that were not sent: queue full, no route, bad address, too large, closed. */
  sendFailures = 0;
  private closed = false;
  private readonly onSent = (error: Error | null): void => {
    if (error) this.sendFailures += 1;
  };

  constructor(
    private readonly socket: Socket,
    private readonly family: Family,
  ) {
    const { address, port } = socket.address();
    this.localAddress = address;
    this.localPort = port;
    socket.on('message', (message, from) => this.onDatagram?.(message, 0, message.length, from.address, from.port));
    socket.on('error', this.onSent);
  }

  send(buffer: Uint8Array, offset: number, length: number, address: string, port: number): boolean {
    if (this.closed || isIP(address) !== this.family || !(port > 0 && port < 65_536) || this.isFull()) {
      this.sendFailures += 1;
      return false;
    }
    const copy = Buffer.allocUnsafe(length);
    copy.set(buffer.subarray(offset, offset + length));
    this.socket.send(copy, 0, length, port, address, this.onSent);
    return true;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.close();
  }

  private isFull(): boolean {
    return this.socket.getSendQueueCount() >= MAX_QUEUED_DATAGRAMS;
  }
}

function bindError(error: NodeJS.ErrnoException, address: string, port: number): OuroborosError {
  const where = endpoint(address, port);
  if (error.code === 'EADDRINUSE')
    return new OuroborosError('EEXIST', `UDP ${where} is in use by another process`, { field: 'port', cause: error });
  if (error.code === 'EADDRNOTAVAIL')
    return new OuroborosError('EINVAL', `${address} is not an address of this host`, {
      field: 'address',
      cause: error,
    });
  if (error.code === 'EAFNOSUPPORT')
    return new OuroborosError('ENOTSUP', `this system has no IPv6, needed for ${address}`, {
      field: 'address',
      cause: error,
    });
  if (error.code === 'EACCES')
    return new OuroborosError('EACCES', `no permission to bind UDP ${where}`, { field: 'port', cause: error });
  return toOuroborosError(error);
}

/** Asks for less and less until the system agrees. */
function growBuffer(set: (bytes: number) => void): void {
  for (let bytes = SOCKET_BUFFER_BYTES; bytes >= 65_536; bytes /= 2) {
    try {
      return set(bytes);
    } catch {
      continue;
    }
  }
}

/** A socket of the family of `address`; one over IPv6 takes no IPv4. */
function socketFor(address: string): { readonly socket: Socket; readonly family: Family } {
  const family = isIP(address) === 6 ? 6 : 4;
  const socket = createSocket({ type: `udp${family}`, ipv6Only: family === 6, lookup: LITERAL[family] as never });
  return { socket, family };
}

const endpoint = (address: string, port: number): string =>
  isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;

/** UDP over IPv4 and IPv6 by node:dgram. */
export class UdpNetwork implements DatagramNetwork {
  /** EINVAL (field `address` or `port`), EEXIST, EACCES. Port 0 = any free one. */
  async bind(address: string, port: number): Promise<UdpPort> {
    if (isIP(address) === 0) throw new OuroborosError('EINVAL', `not an IP address: ${address}`, { field: 'address' });
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new OuroborosError('EINVAL', `not a UDP port (0 to 65535): ${port}`, { field: 'port' });
    const { socket, family } = socketFor(address);
    await new Promise<void>((resolve, reject) => {
      const onError = (error: Error): void => {
        socket.close();
        reject(bindError(error, address, port));
      };
      socket.once('error', onError);
      socket.bind(port, address, () => {
        socket.off('error', onError);
        resolve();
      });
    });
    growBuffer((bytes) => socket.setRecvBufferSize(bytes));
    growBuffer((bytes) => socket.setSendBufferSize(bytes));
    return new UdpPort(socket, family);
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
