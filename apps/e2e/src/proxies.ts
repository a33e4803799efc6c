import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { OneNode } from './one-node.js';
import type { Program } from './programs.js';

export const digestOf = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A node on which oproxy joins servers of this process to their clients. */
export class Proxies {
  readonly node = new OneNode();
  private readonly servers: Server[] = [];

  /** Flows between two processes are direct, or go through the layer `loop`. */
  up(directly: boolean): Promise<void> {
    return this.node.up(`[irmd]\ndirect_flows = ${directly}\n[local.l0]\nbootstrap = "loop"\n`);
  }

  async destroy(): Promise<void> {
    for (const server of this.servers) server.close();
    await this.node.destroy();
  }

  /** Listens on some port; which one. */
  async port(server: Server): Promise<number> {
    this.servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }

  tcpServer(onConnection: (socket: Socket) => void): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      // Resets are what some of these specs are about.
      socket.on('error', () => undefined);
      onConnection(socket);
    });
    return this.port(server);
  }

  /** A server that knows nothing of flows: says what it was asked. */
  httpServer(): Promise<number> {
    const server = createHttpServer((asked, answer) => {
      const hash = createHash('sha256');
      asked.on('data', (bytes: Buffer) => hash.update(bytes));
      asked.on('end', () => answer.end(`${asked.method} ${asked.url} ${asked.headers.host} ${hash.digest('hex')}`));
    });
    return this.port(server);
  }

  async exposed(name: string, port: number, ...options: string[]): Promise<Program> {
    const program = this.node.start('oproxy', 'expose', name, `${port}`, ...options);
    await program.says(/Listening for|"listening"/);
    return program;
  }

  /** A proxy with a local port, which the system chose. */
  async opened(...words: string[]): Promise<{ program: Program; port: number }> {
    const program = this.node.start('oproxy', ...words);
    await program.says(/Listening .*:\d+\./);
    return { program, port: Number(/:(\d+)\.$/m.exec(program.stdout)![1]) };
  }
}
