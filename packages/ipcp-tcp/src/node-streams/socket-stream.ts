import type { Socket } from 'node:net';
import type { StreamConnection } from '../stream-network.js';

/** What may wait in this process to be sent, in bytes; the system keeps more. */
const ROOM = 65_536;
/** For the last bytes to leave. */
const CLOSE_LIMIT_MS = 1_000;

/** A socket of Node, plain or TLS, as a stream of the port. */
export class SocketStream implements StreamConnection {
  onData: StreamConnection['onData'] = null;
  onDrain: StreamConnection['onDrain'] = null;
  onEnd: StreamConnection['onEnd'] = null;
  private fault = 'the other side ended the connection';
  private closed = false;

  constructor(
    private readonly socket: Socket,
    readonly remote: string,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.onData?.(bytes));
    socket.on('drain', () => this.onDrain?.());
    socket.on('error', ({ message }) => (this.fault = message));
    socket.on('close', () => {
      if (!this.closed) this.onEnd?.(this.fault);
    });
  }

  write(bytes: Uint8Array): boolean {
    if (this.closed || !this.socket.writable) return true; // Its end is told by `onEnd`.
    this.socket.write(bytes);
    return this.socket.writableLength < ROOM;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.end();
    setTimeout(() => this.socket.destroy(), CLOSE_LIMIT_MS).unref();
  }
}
