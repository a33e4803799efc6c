import { fromMs, type Micros } from '@ouroboros/model';
import {
  sleep,
  type Clock,
  type DatagramAnswer,
  type DatagramNetwork,
  type DatagramPeer,
  type DatagramPort,
  type DatagramQuestion,
} from '@ouroboros/ports';
import { Departures } from './departures.js';
import { Fate } from './fate.js';
import { HeldBack } from './held-back.js';
import type { Troubles } from './troubles.js';

/** Datagrams that wait at a time; more are lost. */
const MAX_WAITING = 10_000;

/**
 * Wraps a network: what its ports send is lost, delayed, reordered and duplicated; what they receive is left alone. The
 * troubles are looked up when they are first needed.
 */
export class LossyNetwork implements DatagramNetwork {
  private askFate: Fate | null = null;

  constructor(
    private readonly inner: DatagramNetwork,
    private readonly troubles: () => Troubles,
    private readonly clock: Clock,
  ) {}

  async bind(address: string, port: number): Promise<DatagramPort> {
    return new LossyPort(await this.inner.bind(address, port), new Fate(this.troubles()), this.clock);
  }

  /** A question is lost or late as any datagram is. */
  async ask(question: DatagramQuestion): Promise<DatagramAnswer> {
    const { clock } = this;
    this.askFate ??= new Fate(this.troubles());
    const [at] = this.askFate.decide(question.bytes.length, clock.now());
    if (at !== undefined) {
      await sleep(clock, (at - clock.now()) as Micros);
      return this.inner.ask(question);
    }
    await sleep(clock, fromMs(question.limitMs));
    return 'silent';
  }
}

class LossyPort implements DatagramPort {
  private readonly departures: Departures;
  private readonly heldBack: HeldBack;

  constructor(
    private readonly inner: DatagramPort,
    private readonly fate: Fate,
    private readonly clock: Clock,
  ) {
    this.departures = new Departures(clock);
    this.heldBack = new HeldBack((now) => fate.roomAt(now), clock);
  }

  get localAddress(): string {
    return this.inner.localAddress;
  }

  get localPort(): number {
    return this.inner.localPort;
  }

  get onDatagram(): DatagramPort['onDatagram'] {
    return this.inner.onDatagram;
  }

  set onDatagram(taker: DatagramPort['onDatagram']) {
    this.inner.onDatagram = taker;
  }

  peer(address: string, port: number): DatagramPeer {
    return this.inner.peer(address, port);
  }

  send(
    to: DatagramPeer,
    head: Uint8Array,
    headLength: number,
    body: Uint8Array,
    bodyOffset: number,
    bodyLength: number,
  ): boolean {
    const now = this.clock.now();
    for (const at of this.fate.decide(headLength + bodyLength, now)) {
      if (at <= now) this.inner.send(to, head, headLength, body, bodyOffset, bodyLength);
      else if (this.departures.waiting < MAX_WAITING)
        this.sendAt(at, to, head.slice(0, headLength), body.slice(bodyOffset, bodyOffset + bodyLength));
    }
    return true;
  }

  /** The line pushes back instead of filling a queue, so that the queue is that of whoever sends. */
  awaitRoom(resume: () => void): boolean {
    return this.heldBack.awaitRoom(resume);
  }

  close(): void {
    this.departures.cancel();
    this.heldBack.cancel();
    this.inner.close();
  }

  private sendAt(at: Micros, to: DatagramPeer, head: Uint8Array, body: Uint8Array): void {
    this.departures.add(at, () => this.inner.send(to, head, head.length, body, 0, body.length));
  }
}
