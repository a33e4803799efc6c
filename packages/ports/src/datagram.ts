/** A UDP socket. */
export interface DatagramPort {
  readonly localAddress: string;
  readonly localPort: number;
  /**
   * Sends a copy of `buffer[offset … offset+length)`. Answers false when the system takes no more now; then the
   * datagram is lost and counted, as on any network.
   */
  send(buffer: Uint8Array, offset: number, length: number, address: string, port: number): boolean;
  /** `buffer` is valid only during the call. Set once, before the first datagram. */
  onDatagram: ((buffer: Uint8Array, offset: number, length: number, address: string, port: number) => void) | null;
  /** True while the network takes no more without loss; then `resume` is called once when it does. Absent: never known. */
  awaitRoom?(resume: () => void): boolean;
  close(): void;
}

/** What became of a question: the bytes that came back, or the system there said that nobody has bound the port, or nothing. */
export type DatagramAnswer = Uint8Array | 'refused' | 'silent';

export interface DatagramQuestion {
  /** Local address; the port is any free one. */
  readonly from: string;
  readonly to: { readonly address: string; readonly port: number };
  readonly bytes: Uint8Array;
  /** How long to wait for the answer. */
  readonly limitMs: number;
}

export interface DatagramNetwork {
  /** Binds; EINVAL for an address that is not local, EEXIST for a port in use. */
  bind(address: string, port: number): Promise<DatagramPort>;
  /** Sends one datagram from a socket of its own and waits for the first that comes back from there. Never rejects. */
  ask(question: DatagramQuestion): Promise<DatagramAnswer>;
}

/** Host names to IP addresses, by the system's resolver. */
export interface HostResolver {
  /** The first address of the family, or undefined when there is none. Never rejects for an unknown name. */
  resolve(hostName: string, family: 4 | 6): Promise<string | undefined>;
}
