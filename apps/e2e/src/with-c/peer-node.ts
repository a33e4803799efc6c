import type { ChildProcess } from 'node:child_process';

/** What the specs do with a node, be it C's or ours. */
export interface PeerNode {
  /** Where the node finds certificates and `enc.conf`. */
  readonly confDir: string;
  /** Runs the node's `irm`. */
  irm(...args: string[]): Promise<string>;
  /** Runs the node's `oping` and answers what it prints. */
  oping(...args: string[]): Promise<string>;
  /** Serves `name` with an oping that is started at once or at the first call. */
  serve(name: string, layer: string): Promise<void>;
  /** Sends one message to a broadcast layer, by obc. */
  broadcast(layer: string, message: string): Promise<string>;
  /** Reads the messages of a broadcast layer, by obc. */
  listen(layer: string): Listener;
  /** Runs one of the node's tools as a client and answers what it prints. */
  tool(name: string, ...args: string[]): Promise<string>;
  /** Starts one of the node's tools, which ends with the node at the latest. */
  start(tool: string, ...args: string[]): ChildProcess;
  /** Serves `name` with one of the node's tools. */
  serveWith(tool: string, args: readonly string[], name: string, layer: string): Promise<ChildProcess>;
  /** What the tools of `start` and `serveWith` have printed. */
  readonly printed: string;
  stop(): Promise<void>;
}

/** A reader of a broadcast layer. */
export class Listener {
  private text = '';

  constructor(private readonly reader: ChildProcess) {
    for (const stream of [reader.stdout, reader.stderr])
      stream?.on('data', (data: Buffer) => (this.text += data.toString()));
  }

  get ready(): boolean {
    return this.text.includes('New flow.');
  }

  /** The messages so far, in order. */
  messages(): string[] {
    return [...this.text.matchAll(/^Message is (.*)\.$/gm)].map((match) => match[1]!);
  }

  stop(): void {
    this.reader.kill('SIGKILL');
  }
}

/** Lines that tell of faults in what a daemon logged. */
export const faultsIn = (log: string): string[] =>
  log.split('\n').filter((line) => /\(EE\)|"level":"?(error|50)/.test(line));
