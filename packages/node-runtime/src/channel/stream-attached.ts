import type { Socket } from 'node:net';
import { OuroborosError } from '@ouroboros/model';
import type { FlowEnd } from '@ouroboros/ports';
import { AttachQueue, kindMismatch } from './attach-queue.js';
import { MessageType, encodeHello, type ChannelKind } from './channel-message.js';
import { MAX_SLOTS } from './control-area.js';
import { isRingSize } from './ring-memory.js';
import { StreamConnection, type StreamConnectionHost } from './stream-connection.js';
import type { StreamFlow } from './stream-flow.js';

export interface StreamAttachingHost extends StreamConnectionHost {
  /** A flow that counts as open at the host until it is released. */
  createFlow(ringBytes: number): StreamFlow;
}

/** A connection that this process made, to attach to flows of the other. It hangs up when its last flow is closed. */
export class StreamAttached extends StreamConnection {
  private readonly requests: AttachQueue;
  private connectError: OuroborosError | undefined;

  constructor(
    private readonly attaching: StreamAttachingHost,
    socket: Socket,
    readonly path: string,
  ) {
    super(attaching, socket);
    this.requests = new AttachQueue(path, attaching.options.handshakeMs, () => this.finishIfUnused());
    socket.prependListener('error', (error: NodeJS.ErrnoException) => {
      this.connectError ??= connectErrorOf(path, error.code);
    });
    this.putBytes(encodeHello('stream'));
  }

  attach(ticket: Uint8Array): Promise<FlowEnd> {
    return this.requests.add(ticket, (message) => this.putBytes(message));
  }

  onHello(kind: ChannelKind): boolean {
    if (kind !== 'stream') this.requests.failAll(kindMismatch(this.path, 'stream', kind));
    return kind === 'stream';
  }

  onMessage(type: number, slot: number, value: number, bytes: Uint8Array, offset: number): boolean {
    if (this.gone) return true;
    if (type !== MessageType.ATTACHED && type !== MessageType.REFUSED) {
      return this.onFlowMessage(type, slot, value, bytes, offset);
    }
    if (this.requests.unanswered === 0) return false;
    if (type === MessageType.ATTACHED) return this.attached(slot, value);
    this.requests.refused(value);
    this.finishIfUnused();
    return true;
  }

  protected peerClosed(): void {
    // The other side owns the slots.
  }

  protected slotClosed(): void {
    this.finishIfUnused();
  }

  protected hungUp(): void {
    this.requests.failAll(this.connectError ?? new OuroborosError('EPIPE', `the process behind ${this.path} is gone`));
  }

  private attached(slot: number, ringBytes: number): boolean {
    if (slot >= MAX_SLOTS || this.flows[slot] !== undefined || !isRingSize(ringBytes)) return false;
    const flow = this.attaching.createFlow(ringBytes);
    this.addFlow(slot, flow);
    if (!this.requests.attached(flow.end)) flow.end.close();
    return true;
  }

  private finishIfUnused(): void {
    if (this.openFlows === 0 && this.requests.empty) this.finish();
  }
}

function connectErrorOf(path: string, code: string | undefined): OuroborosError | undefined {
  if (code === 'EACCES' || code === 'EPERM') return new OuroborosError('EACCES', `not allowed to attach at ${path}`);
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return new OuroborosError('EPIPE', `nobody listens at ${path}`);
  return undefined;
}
