/**
 * Traffic over IP from and to where it runs, for hosts that have no tools of their own:
 *
 *     ip-probe serve                       counts what comes over TCP, and says it back; sends UDP datagrams back
 *     ip-probe ping ADDRESS COUNT SIZE     ICMP echo requests, one after the other
 *     ip-probe tcp ADDRESS BYTES
 *     ip-probe udp ADDRESS COUNT SIZE
 *
 * Clients print one JSON object.
 */
import { createSocket } from 'node:dgram';
import { connect, createServer, isIPv6 } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { IPV4, IPV6 } from '@ouroboros/model';
import { loadNative } from '@ouroboros/node-runtime';

const PORT = 7777;
const SOCK_RAW_NONBLOCK = 3 | 0o4000;
const PATIENCE_MS = 2000;

async function serve(): Promise<void> {
  createServer({ allowHalfOpen: true }, (socket) => {
    let bytes = 0;
    socket.on('data', (chunk) => (bytes += chunk.length));
    socket.on('end', () => socket.end(String(bytes)));
    socket.on('error', () => undefined);
  }).listen(PORT, '::');
  const echo = createSocket({ type: 'udp6', recvBufferSize: 1 << 22 });
  echo.on('message', (datagram, from) => echo.send(datagram, from.port, from.address));
  await new Promise<void>((resolve) => echo.bind(PORT, '::', resolve));
  process.stdout.write('ready\n');
}

async function ping(address: string, count: number, size: number): Promise<object> {
  const socket = await IcmpSocket.open(address);
  let received = 0;
  for (let i = 0; i < count; i += 1) if (await socket.echo(i, size)) received += 1;
  return { sent: count, received };
}

class IcmpSocket {
  private constructor(
    private readonly c: NonNullable<Awaited<ReturnType<typeof loadNative>>>['c'],
    private readonly fd: number,
    private readonly version: 4 | 6,
  ) {}

  static async open(address: string): Promise<IcmpSocket> {
    const { c } = (await loadNative())!;
    const version = isIPv6(address) ? 6 : 4;
    const fd = c.socket(version === 6 ? 10 : 2, SOCK_RAW_NONBLOCK, version === 6 ? 58 : 1);
    const to =
      version === 6
        ? Uint8Array.from([10, 0, 0, 0, 0, 0, 0, 0, ...IPV6.bytes(address)!, 0, 0, 0, 0])
        : Uint8Array.from([2, 0, 0, 0, ...IPV4.bytes(address)!, ...new Array<number>(8).fill(0)]);
    if (fd < 0 || c.connect(fd, to, to.length) !== 0) throw new Error(`no raw socket for ${address}`);
    return new IcmpSocket(c, fd, version);
  }

  /** True when the answer came. */
  async echo(number: number, size: number): Promise<boolean> {
    const request = Buffer.alloc(8 + size, number & 255);
    request.writeUInt32BE(this.version === 6 ? 0x8000_0000 : 0x0800_0000);
    request.writeUInt16BE(process.pid & 0xffff, 4);
    request.writeUInt16BE(number, 6);
    // That of IPv6 the kernel fills in.
    if (this.version === 4) request.writeUInt16BE(checksum(request), 2);
    this.c.send(this.fd, request, request.length, 0);
    const limit = performance.now() + PATIENCE_MS;
    const packet = Buffer.alloc(65_536);
    for (; performance.now() < limit; await pause(1)) {
      while (this.receive(packet)) {
        const answer = this.version === 4 ? packet.subarray(20) : packet;
        const content = answer.subarray(4, request.length);
        if (answer[0] === (this.version === 6 ? 129 : 0) && content.equals(request.subarray(4))) return true;
      }
    }
    return false;
  }

  private receive(packet: Buffer): boolean {
    return this.c.recv(this.fd, packet, packet.length, 0) > 0;
  }
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

async function tcp(address: string, bytes: number): Promise<object> {
  const startedAt = performance.now();
  const socket = connect({ host: address, port: PORT });
  const chunk = Buffer.alloc(64 * 1024, 1);
  let counted = '';
  const done = new Promise<void>((resolve, reject) => {
    socket.on('data', (data) => (counted += data.toString()));
    socket.on('end', resolve);
    socket.on('error', reject);
  });
  for (let left = bytes; left > 0; left -= chunk.length) {
    if (!socket.write(left < chunk.length ? chunk.subarray(0, left) : chunk))
      await Promise.race([done, new Promise((resolve) => socket.once('drain', resolve))]);
  }
  socket.end();
  await done;
  return { sent: bytes, counted: Number(counted), tookMs: performance.now() - startedAt };
}

async function udp(address: string, count: number, size: number): Promise<object> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  let received = 0;
  socket.on('message', (datagram) => {
    if (datagram.length === size) received += 1;
  });
  for (let i = 0; i < count; i += 1) {
    socket.send(Buffer.alloc(size, i & 255), PORT, address);
    if (i % 4 === 3) await pause(2);
  }
  for (const limit = performance.now() + PATIENCE_MS; received < count && performance.now() < limit;) await pause(10);
  socket.close();
  return { sent: count, received };
}

const COMMANDS: Readonly<Record<string, (...words: string[]) => Promise<object | void>>> = {
  serve,
  ping: (address, count, size) => ping(address!, Number(count), Number(size)),
  tcp: (address, bytes) => tcp(address!, Number(bytes)),
  udp: (address, count, size) => udp(address!, Number(count), Number(size)),
};

const [command, ...words] = process.argv.slice(2);
void COMMANDS[command!]!(...words).then((result) => {
  if (result) process.stdout.write(`${JSON.stringify(result)}\n`);
});
