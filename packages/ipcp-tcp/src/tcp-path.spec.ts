import { Counters, type UserFlow } from '@ouroboros/ipcp-kit';
import { QOS_RAW } from '@ouroboros/model';
import type { FlowEnd, WriteVerdict } from '@ouroboros/ports';
import { VirtualClock } from '@ouroboros/simnet';
import { FRAME_HEADER } from './bytes/frames.js';
import { Line } from './line.js';
import type { StreamConnection } from './stream-network.js';
import { TCP_COUNTERS } from './tcp-counters.js';
import { TcpPath, WINDOW } from './tcp-path.js';

const PAYLOAD = 1_000;
const COST = FRAME_HEADER + PAYLOAD;

/** A path whose user takes what `verdict` says, and a line that goes nowhere. */
class Rig {
  verdict: WriteVerdict = 'ok';
  taken = 0;
  readonly counters = new Counters(TCP_COUNTERS);
  private readonly written: Uint8Array[] = [];
  readonly end: FlowEnd = {
    ...{ maxPacket: 65_532, down: null, onReadable: null, onWritable: null, onDown: null },
    write: () => {
      if (this.verdict === 'ok') this.taken += 1;
      return this.verdict;
    },
    limitWaiting: () => undefined,
    flush: () => undefined,
    read: () => 0,
    queuedRx: () => 0,
    queuedTx: () => 0,
    close: () => undefined,
  };
  readonly path: TcpPath;

  constructor() {
    const user = { end: this.end, qos: QOS_RAW, flowId: 1, correlationId: '', allocated: true, features: 0 };
    const shim = { eid: 64, remoteEid: 65, peer: { address: 'm', port: 0 }, state: 'open' as const };
    this.path = new TcpPath(user as UserFlow, shim, {
      clock: new VirtualClock(() => Promise.resolve()),
      counters: this.counters,
      sendPacket: () => undefined,
      stopped: () => undefined,
    });
  }

  /** A new connection. */
  connect(): void {
    const stream: StreamConnection = {
      ...{ remote: 'r', onData: null, onDrain: null, onEnd: null },
      write: (bytes) => this.written.push(bytes) > 0,
      close: () => undefined,
    };
    this.path.use(new Line(stream, null, { frame: () => undefined, lost: () => undefined }));
  }

  /** Bytes granted since the last call, one number for each grant. */
  async grants(): Promise<number[]> {
    await Promise.resolve();
    const bytes = this.written.splice(0).map((frame) => Array.from(frame));
    return bytes.map((frame) => frame.slice(-4).reduce((sum, byte) => sum * 256 + byte, 0));
  }

  receive(times: number): void {
    for (let i = 0; i < times; i += 1) this.path.receive(new Uint8Array(PAYLOAD), 0, PAYLOAD);
  }
}

describe('the credit of a peer', () => {
  it('is a window at the start, and half a window for each half that was taken', async () => {
    const rig = new Rig();
    rig.connect();
    rig.path.start();
    expect(await rig.grants()).toEqual([WINDOW]);
    const half = Math.ceil(WINDOW / 2 / COST);
    rig.receive(half - 1);
    expect(await rig.grants()).toEqual([]);
    rig.receive(1);
    expect(await rig.grants()).toEqual([half * COST]);
    expect(rig.taken).toBe(half);
  });

  it('bounds what a stalled reader costs; whoever sends more is not heard', () => {
    const rig = new Rig();
    rig.connect();
    rig.path.start();
    rig.verdict = 'full';
    rig.receive(1_000);
    const fit = Math.floor(WINDOW / COST);
    expect(rig.counters.get('dropNoCredit')).toBe(1_000 - fit);
    rig.verdict = 'ok';
    rig.end.onWritable?.();
    expect(rig.taken).toBe(fit);
  });

  it('begins anew with each connection, less what still waits for the reader', async () => {
    const rig = new Rig();
    rig.connect();
    rig.path.start();
    rig.verdict = 'full';
    rig.receive(10);
    await rig.grants();
    rig.connect();
    expect(await rig.grants()).toEqual([WINDOW - 10 * COST]);
    rig.path.use(null);
    rig.receive(1);
    expect(rig.counters.get('dropNoCredit')).toBe(1);
  });
});
