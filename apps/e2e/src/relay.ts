import { connect, createServer, type Server, type Socket } from 'node:net';

/** A relay of TCP connections, which can be cut: what a NAT or a firewall between two nodes does. */
export class Relay {
  private readonly sockets = new Set<Socket>();
  /** Connections that were relayed so far, and bytes. */
  connections = 0;
  bytes = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** Relays what comes to a free port of 127.0.0.1 to a port of 127.0.0.1. */
  static open(to: number): Promise<Relay> {
    return new Promise((resolve, reject) => {
      const server = createServer((near) => relay.join(near, connect(to, '127.0.0.1')));
      let relay: Relay;
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        relay = new Relay(server, (server.address() as { port: number }).port);
        resolve(relay);
      });
    });
  }

  /** Ends all connections, at once and without care for what is under way. */
  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.server.close();
    this.cut();
  }

  private join(near: Socket, far: Socket): void {
    this.connections += 1;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => undefined); // Its end is what counts.
      from.on('data', (bytes) => (this.bytes += bytes.length));
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
