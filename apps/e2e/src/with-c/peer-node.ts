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
  /** Runs one of the node's tools as a client and answers what it prints. */
  tool(name: string, ...args: string[]): Promise<string>;
  /** Serves `name` with one of the node's tools. */
  serveWith(tool: string, args: readonly string[], name: string, layer: string): Promise<void>;
  /** What the tools of `serveWith` have printed. */
  readonly printed: string;
  stop(): Promise<void>;
}

/** Lines that tell of faults in what a daemon logged. */
export const faultsIn = (log: string): string[] =>
  log.split('\n').filter((line) => /\(EE\)|"level":"?(error|50)/.test(line));
