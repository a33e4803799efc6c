import { EMPTY_BYTES } from '@ouroboros/model';
import type { Flow } from '@ouroboros/flow/node';

/** Datagrams in both directions, and those that were lost here. */
export interface DatagramCounters {
  sentDatagrams: number;
  sentBytes: number;
  receivedDatagrams: number;
  receivedBytes: number;
  /** A flow carries no empty packet. */
  droppedEmpty: number;
  /** Longer than the flow, or UDP, takes. */
  droppedTooLong: number;
  /** The flow took no more. */
  droppedFull: number;
  /** While there was no flow: too many clients, too many datagrams before it came, or it was refused. */
  droppedNoFlow: number;
  /** Refused by the system, or by the host that they were sent to. */
  droppedBySystem: number;
}

export const noDatagrams = (): DatagramCounters => ({
  sentDatagrams: 0,
  sentBytes: 0,
  receivedDatagrams: 0,
  receivedBytes: 0,
  droppedEmpty: 0,
  droppedTooLong: 0,
  droppedFull: 0,
  droppedNoFlow: 0,
  droppedBySystem: 0,
});

/** What a flow has carried, for its end. */
export const bytesOf = (flow: Flow): { sentBytes: number; receivedBytes: number } => {
  const { bytesSent: sentBytes, bytesReceived: receivedBytes } = flow.statistics;
  return { sentBytes, receivedBytes };
};

/** Longest payload of a UDP datagram over IPv4. [RFC 768, RFC 791 §3.1] */
const MAX_DATAGRAM = 65_507;

/** One flow whose packets are datagrams. It ends when it was silent in both directions for `idleMs`. */
export class DatagramFlow {
  private readonly idle: NodeJS.Timeout;

  /** `deliver` sends a packet of the flow as a datagram; the bytes are its own. */
  constructor(
    private readonly flow: Flow,
    private readonly counters: DatagramCounters,
    private readonly deliver: (bytes: Uint8Array) => void,
    idleMs: number,
  ) {
    this.idle = setTimeout(() => void flow.dealloc(), idleMs);
  }

  /** Sends a datagram as a packet, or drops and counts it. */
  put(datagram: Uint8Array): void {
    const { counters, flow } = this;
    this.idle.refresh();
    if (datagram.length === 0) {
      counters.droppedEmpty += 1;
      return;
    }
    const verdict = flow.deallocated ? 'down' : flow.packets.send(EMPTY_BYTES, 0, datagram, 0, datagram.length);
    if (verdict === 'ok') {
      counters.sentDatagrams += 1;
      counters.sentBytes += datagram.length;
    } else if (verdict === 'too-large') counters.droppedTooLong += 1;
    else if (verdict === 'full') counters.droppedFull += 1;
    else counters.droppedNoFlow += 1;
  }

  /** Delivers what comes until the flow ends, from either side or by `stop`; it is deallocated then. */
  async run(stop: AbortSignal): Promise<void> {
    const end = (): void => void this.flow.dealloc();
    stop.addEventListener('abort', end, { once: true });
    for await (const packet of this.flow) this.take(packet);
    stop.removeEventListener('abort', end);
    clearTimeout(this.idle);
    await this.flow.dealloc();
  }

  private take(packet: Uint8Array): void {
    this.idle.refresh();
    if (packet.length > MAX_DATAGRAM) {
      this.counters.droppedTooLong += 1;
      return;
    }
    this.counters.receivedDatagrams += 1;
    this.counters.receivedBytes += packet.length;
    this.deliver(packet);
  }
}
