import { EMPTY_BYTES } from '@ouroboros/model';
import type { Counters, UserFlow } from '@ouroboros/ipcp-kit';
import type { PacketTaker } from '@ouroboros/ports';
import { COUNT } from './local-counters.js';

/** Packets of one direction per turn of the event loop. */
const BATCH = 64;

/** Moves packets from one flow to another, without a header; empty ones (keep-alives) too. Full = the writer is held back. */
export class FlowPipe {
  /** Called once when the source is empty; see `drained`. */
  private onDrained: (() => void) | null = null;

  constructor(
    private readonly from: UserFlow,
    private readonly to: UserFlow,
    private readonly counters: Counters,
  ) {}

  start(): void {
    this.from.end.onReadable = this.move;
  }

  stop(): void {
    this.from.end.onReadable = null;
    this.to.end.onWritable = null;
    this.settle();
  }

  /** Resolves when everything that the source wrote has been passed on, or the pipe is stopped; undefined = it has. */
  drained(): Promise<void> | undefined {
    if (this.from.end.queuedRx() === 0) return undefined;
    return new Promise((resolve) => (this.onDrained = resolve));
  }

  private readonly move = (): void => {
    this.from.end.read(BATCH, this.take);
    if (this.from.end.queuedRx() === 0) this.settle();
  };

  private readonly take: PacketTaker = (buffer, offset, length) => {
    const verdict = this.to.end.write(EMPTY_BYTES, 0, buffer, offset, length);
    if (verdict === 'full') return this.hold();
    if (verdict === 'ok') {
      this.counters.add(COUNT.packets);
      this.counters.add(COUNT.bytes, length);
    } else this.counters.add(verdict === 'down' ? COUNT.dropDown : COUNT.dropTooLarge);
    return true;
  };

  /** The packet stays where it is, and its writer meets the same wall. */
  private hold(): false {
    this.from.end.onReadable = null;
    this.to.end.onWritable = (): void => {
      this.from.end.onReadable = this.move;
      this.move();
    };
    return false;
  }

  private settle(): void {
    this.onDrained?.();
    this.onDrained = null;
  }
}

/** Two flows of one host, tied together. */
export class FlowPair {
  private readonly pipes: readonly [FlowPipe, FlowPipe];

  constructor(
    private readonly first: UserFlow,
    private readonly second: UserFlow,
    counters: Counters,
  ) {
    this.pipes = [new FlowPipe(first, second, counters), new FlowPipe(second, first, counters)];
  }

  start(): void {
    for (const pipe of this.pipes) pipe.start();
  }

  stop(): void {
    for (const pipe of this.pipes) pipe.stop();
  }

  other(flow: UserFlow): UserFlow {
    return flow === this.first ? this.second : this.first;
  }

  /** See FlowPipe.drained, for what `flow` wrote. */
  drained(flow: UserFlow): Promise<void> | undefined {
    return this.pipes[flow === this.first ? 0 : 1].drained();
  }
}
