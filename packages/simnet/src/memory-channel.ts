import { OuroborosError, toHex } from '@ouroboros/model';
import type { ChannelHost, ExpectOptions, FlowEnd } from '@ouroboros/ports';
import { MemoryFlowEnd, type Schedule } from './memory-channel-end.js';

export interface MemoryNetworkOptions {
  /** Bytes queued per direction of a flow, a power of two; default 256 KiB. */
  readonly queueBytes?: number;
}

export interface MemoryHostOptions {
  /** Undefined = this host never listens. */
  readonly path?: string;
  /** User of the process; default 0. */
  readonly uid?: number;
}

interface Expected {
  readonly uid: number | undefined;
  readonly end: MemoryFlowEnd;
}

const TICKET_BYTES = 16;
const DEFAULT_QUEUE_BYTES = 262_144;

/**
 * The packet channels of one machine in a simulation: joins the hosts of its processes by path. `schedule` calls back
 * once in a later turn and must let time pass: a flow whose reader leaves packets in the queue is called in every turn.
 */
export class MemoryChannelNetwork {
  readonly queueBytes: number;
  private readonly listening = new Map<string, MemoryChannelHost>();

  constructor(
    readonly schedule: Schedule,
    options: MemoryNetworkOptions = {},
  ) {
    this.queueBytes = options.queueBytes ?? DEFAULT_QUEUE_BYTES;
  }

  /** The host of a new process. EEXIST: the path is in use. */
  createHost(options: MemoryHostOptions = {}): MemoryChannelHost {
    const { path } = options;
    if (path !== undefined && this.listening.has(path)) {
      throw new OuroborosError('EEXIST', `another process listens at ${path}`, { field: 'path' });
    }
    const host = new MemoryChannelHost(this, path ?? null, options.uid ?? 0);
    if (path !== undefined) this.listening.set(path, host);
    return host;
  }

  /** For hosts alone. */
  at(path: string): MemoryChannelHost | undefined {
    return this.listening.get(path);
  }

  /** For hosts alone. */
  remove(host: MemoryChannelHost): void {
    if (host.path !== null && this.listening.get(host.path) === host) this.listening.delete(host.path);
  }
}

/** One process's end of a MemoryChannelNetwork. */
export class MemoryChannelHost implements ChannelHost {
  private readonly expected = new Map<string, Expected>();
  private readonly ends = new Set<MemoryFlowEnd>();
  private closed = false;

  constructor(
    private readonly network: MemoryChannelNetwork,
    readonly path: string | null,
    readonly uid: number,
  ) {}

  expect(ticket: Uint8Array, options: ExpectOptions = {}): FlowEnd {
    this.checkOpen();
    checkTicket(ticket);
    if (this.path === null)
      throw new OuroborosError('EINVAL', 'a host without a path cannot expect', { field: 'path' });
    const key = toHex(ticket);
    if (this.expected.has(key)) {
      throw new OuroborosError('EEXIST', 'this ticket is expected already', { field: 'ticket' });
    }
    // Closed before the other side comes, it is kept for that side until this host is closed: there is no clock here.
    const end = MemoryFlowEnd.open(this.network.queueBytes, this.network.schedule, (closed) =>
      this.ends.delete(closed),
    );
    this.ends.add(end);
    this.expected.set(key, { uid: options.uid, end });
    return end;
  }

  async attach(path: string, ticket: Uint8Array): Promise<FlowEnd> {
    this.checkOpen();
    checkTicket(ticket);
    const copy = ticket.slice();
    await new Promise<void>((resolve) => this.network.schedule(resolve));
    this.checkOpen();
    const host = this.network.at(path);
    if (!host) throw new OuroborosError('EPIPE', `nobody listens at ${path}`);
    const end = host.redeem(copy, this.uid)?.join((closed) => this.ends.delete(closed));
    if (!end) throw new OuroborosError('EPERM', `the process behind ${path} expects no such ticket of this user`);
    this.ends.add(end);
    return end;
  }

  /** At once: a simulated process that ends waits for nobody. */
  async settled(): Promise<void> {}

  close(): void {
    this.leave((end) => end.close());
  }

  /** The process dies: its ends fall silent, those of others go down with 'peer-gone'. */
  crash(): void {
    this.leave((end) => end.crash());
  }

  private leave(quit: (end: MemoryFlowEnd) => void): void {
    if (this.closed) return;
    this.closed = true;
    this.network.remove(this);
    for (const end of this.ends) quit(end);
  }

  /** The end that the ticket stands for, once. */
  private redeem(ticket: Uint8Array, uid: number): MemoryFlowEnd | undefined {
    const key = toHex(ticket);
    const found = this.expected.get(key);
    if (!found) return undefined;
    if (found.uid !== undefined && found.uid !== uid) return undefined;
    this.expected.delete(key);
    return found.end;
  }

  private checkOpen(): void {
    if (this.closed) throw new OuroborosError('ECANCELED', 'this channel host is closed');
  }
}

function checkTicket(ticket: Uint8Array): void {
  if (ticket.length === TICKET_BYTES) return;
  throw new OuroborosError('EINVAL', `a ticket has ${TICKET_BYTES} bytes, not ${ticket.length}`, { field: 'ticket' });
}
