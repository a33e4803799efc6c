import { OuroborosError, fromMs, type Micros } from '@ouroboros/model';
import type {
  Clock,
  DatagramAnswer,
  DatagramNetwork,
  DatagramPeer,
  DatagramPort,
  DatagramQuestion,
} from '@ouroboros/ports';

/** What becomes of one datagram: the delays in ms of its copies. None = lost; two = duplicated. */
export type DatagramFate = (from: string, to: string, length: number) => readonly number[];

/** What a source of chance must offer to `lossyFate`; SeededRandom does. */
interface Fractions {
  /** A number in 0 … 1, 1 excluded. */
  fraction(): number;
}

export interface LossyOptions {
  /** Probability that a datagram is lost, and that it is doubled. */
  readonly loss?: number;
  readonly duplicate?: number;
  /** Delay in ms: `delayMs` plus up to `jitterMs`, which reorders. */
  readonly delayMs?: number;
  readonly jitterMs?: number;
}

/** A fate by chance. */
export function lossyFate(chance: Fractions, options: LossyOptions): DatagramFate {
  const delay = (): number => (options.delayMs ?? 0) + chance.fraction() * (options.jitterMs ?? 0);
  return () => {
    if (chance.fraction() < (options.loss ?? 0)) return [];
    return chance.fraction() < (options.duplicate ?? 0) ? [delay(), delay()] : [delay()];
  };
}

export interface DatagramRecord {
  readonly from: string;
  readonly to: string;
  readonly bytes: Uint8Array;
}

const NO_DELAY: readonly number[] = [0];
/** Ports from here up are given to questions. */
const FIRST_FREE_PORT = 49_152;

/**
 * A UDP network in memory: every address may be bound, nothing is lost unless `fate` says so. `tap` sees each datagram that is
 * sent, whatever becomes of it. Endpoints are written `address:port`.
 */
export class MemoryDatagramNetwork {
  fate: DatagramFate = () => NO_DELAY;
  tap: ((record: DatagramRecord) => void) | null = null;
  private readonly ports = new Map<string, MemoryPort>();
  private readonly cut = new Set<string>();

  constructor(private readonly clock: Clock) {}

  /** The network as a host sees it that has only these addresses; without addresses: that has all. */
  host(...addresses: readonly string[]): DatagramNetwork {
    return {
      bind: async (address, port) => {
        if (addresses.length > 0 && !addresses.includes(address)) {
          throw new OuroborosError('EINVAL', `${address} is not an address of this host`, { field: 'address' });
        }
        return this.bind(address, port);
      },
      ask: (question) => this.ask(question),
    };
  }

  /** Silently drops everything between two addresses, both directions. */
  cutLink(a: string, b: string): void {
    this.cut.add(linkKey(a, b));
  }

  healLink(a: string, b: string): void {
    this.cut.delete(linkKey(a, b));
  }

  /** Sends from an endpoint that nobody has bound, as a stranger does. */
  inject(from: { address: string; port: number }, to: { address: string; port: number }, bytes: Uint8Array): void {
    this.carry(from.address, from.port, to.address, to.port, bytes.slice());
  }

  private bind(address: string, port: number): MemoryPort {
    const key = endpoint(address, port);
    if (this.ports.has(key)) throw new OuroborosError('EEXIST', `UDP ${key} is in use`, { field: 'port' });
    const bound = new MemoryPort(address, port, {
      send: (bytes, to, toPort) => this.carry(address, port, to, toPort, bytes),
      close: () => this.ports.delete(key),
    });
    this.ports.set(key, bound);
    return bound;
  }

  private ask({ from, to, bytes, limitMs }: DatagramQuestion): Promise<DatagramAnswer> {
    let port = FIRST_FREE_PORT;
    while (this.ports.has(endpoint(from, port))) port += 1;
    const socket = this.bind(from, port);
    return new Promise((resolve) => {
      const settle = (answer: DatagramAnswer): void => {
        cancelLimit();
        socket.close();
        resolve(answer);
      };
      const cancelLimit = this.clock.at((this.clock.now() + fromMs(limitMs)) as Micros, () => settle('silent'));
      socket.onDatagram = (buffer, offset, length) => settle(buffer.slice(offset, offset + length));
      socket.onRefused = () => settle('refused');
      socket.send(to, bytes, bytes.length, bytes, 0, 0);
    });
  }

  private carry(from: string, fromPort: number, to: string, toPort: number, bytes: Uint8Array): void {
    const [source, target] = [endpoint(from, fromPort), endpoint(to, toPort)];
    this.tap?.({ from: source, to: target, bytes });
    if (this.cut.has(linkKey(from, to))) return;
    for (const delayMs of this.fate(source, target, bytes.length)) {
      const at = (this.clock.now() + fromMs(delayMs)) as Micros;
      this.clock.at(at, () => {
        const receiver = this.ports.get(target);
        if (receiver) receiver.onDatagram?.(bytes, 0, bytes.length, receiver.peer(from, fromPort));
        else this.ports.get(source)?.onRefused?.();
      });
    }
  }
}

interface Wire {
  send(bytes: Uint8Array, address: string, port: number): void;
  close(): void;
}

class MemoryPort implements DatagramPort {
  onDatagram: DatagramPort['onDatagram'] = null;
  /** Nobody has bound the port that was sent to. */
  onRefused: (() => void) | null = null;
  private readonly peers = new Map<string, DatagramPeer>();
  private closed = false;

  constructor(
    readonly localAddress: string,
    readonly localPort: number,
    private readonly wire: Wire,
  ) {}

  peer(address: string, port: number): DatagramPeer {
    const key = endpoint(address, port);
    const peer = this.peers.get(key) ?? { address, port };
    this.peers.set(key, peer);
    return peer;
  }

  send(
    { address, port }: DatagramPeer,
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    bodyOffset: number,
    bodyLength: number,
  ): boolean {
    if (this.closed) return false;
    const bytes = new Uint8Array(headLength + bodyLength);
    bytes.set(head.subarray(0, headLength));
    bytes.set(body.subarray(bodyOffset, bodyOffset + bodyLength), headLength);
    this.wire.send(bytes, address, port);
    return true;
  }

  awaitRoom(): boolean {
    return false;
  }

  close(): void {
    this.closed = true;
    this.wire.close();
  }
}

const endpoint = (address: string, port: number): string => `${address}:${port}`;
const linkKey = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);
