/** A place that datagrams go to and come from. */
export interface DatagramPeer {
  readonly address: string;
  readonly port: number;
}

/** A UDP socket. */
export interface DatagramPort {
  readonly localAddress: string;
  readonly localPort: number;
  /**
   * The object that stands for a place at this port. `onDatagram` names the same object, so that packet paths compare
   * identities. After some thousand other places the port forgets it, and the place gets another object.
   */
  peer(address: string, port: number): DatagramPeer;
  /** Longest datagram that the system sends there in one piece, as far as it knows now; undefined = not known. */
  whole?(peer: DatagramPeer): number | undefined;
  /**
   * Sends one datagram = `head[0 … headLength)` followed by `body[bodyOffset … bodyOffset+bodyLength)`; both are copied. It leaves
   * with others, at the end of this turn of the event loop at the latest; those to one peer leave in order. Answers false
   * when it cannot be sent: it is lost and counted, as on any network.
   */
  send(
    to: DatagramPeer,
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    bodyOffset: number,
    bodyLength: number,
  ): boolean;
  /** `buffer` is valid only during the call. Set once, before the first datagram. */
  onDatagram: ((buffer: Uint8Array, offset: number, length: number, from: DatagramPeer) => void) | null;
  /** True while the network takes no more without loss; then `resume` is called once when it does. */
  awaitRoom(resume: () => void): boolean;
  /** What was sent before leaves. Harmless when repeated. */
  close(): void;
}

/** What became of a question: the bytes that came back, or the system there said that nobody has bound the port, or nothing. */
export type DatagramAnswer = Uint8Array | 'refused' | 'silent';

export interface DatagramQuestion {
  /** Local address; the port is any free one. */
  readonly from: string;
  readonly to: DatagramPeer;
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
