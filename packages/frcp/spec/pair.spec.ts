/** A machine whose packets are caught, and packets made by hand; no tests here. */
import { EMPTY_BYTES, concatBytes, fromHex, micros, toHex, type Micros } from '@ouroboros/model';
import { Frcp, type FrcpConfig, type FrcpVerdict, type FrcpWrite } from '../src/index.js';

export const CONFIG: FrcpConfig = { reliable: true, selective: true, initialSeqno: 0xfffffff0, mplMs: 100 };

export class Bench {
  readonly frcp: Frcp;
  readonly sent: Uint8Array[] = [];
  readonly told: string[] = [];
  now = micros(0);
  /** The queue below takes packets. */
  open = true;

  constructor(config: Partial<FrcpConfig> = {}) {
    const note = (what: string) => (): void => void this.told.push(what);
    this.frcp = new Frcp(
      { ...CONFIG, ...config },
      {
        transmit: (head, headLength, body, offset, length) => {
          if (this.open)
            this.sent.push(concatBytes(head.subarray(0, headLength), body.subarray(offset, offset + length)));
          return this.open;
        },
        readable: note('readable'),
        writable: note('writable'),
        settled: note('settled'),
        failed: note('failed'),
      },
    );
  }

  write(payload: string | Uint8Array): FrcpWrite {
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    return this.frcp.write(EMPTY_BYTES, 0, bytes, 0, bytes.length, this.now);
  }

  /** Takes a packet, from bytes or from hex. */
  receive(packet: string | Uint8Array): FrcpVerdict {
    const bytes = typeof packet === 'string' ? fromHex(packet) : packet;
    return this.frcp.receive(bytes, 0, bytes.length, this.now);
  }

  /** Everything that can be read, as text; a `!` before a payload tells of a gap. */
  read(max = Infinity): string[] {
    const got: string[] = [];
    this.frcp.read(
      max,
      (buffer, offset, length) => {
        const text = new TextDecoder().decode(buffer.subarray(offset, offset + length));
        got.push(this.frcp.gap ? `!${text}` : text);
        return true;
      },
      this.now,
    );
    return got;
  }

  /** Packets sent since the last call, in hex. */
  take(): string[] {
    return this.sent.splice(0).map(toHex);
  }

  /** Time passes; the machine is woken whenever it wants to be. */
  pass(ms: number): void {
    const end = this.now + ms * 1000;
    while (this.frcp.deadline <= end) {
      this.now = Math.max(this.now, this.frcp.deadline) as Micros;
      this.frcp.wake(this.now);
    }
    this.now = micros(end);
  }
}

/** What two machines have sent goes to the other, until neither sends any more. */
export function exchange(a: Bench, b: Bench): void {
  while (a.sent.length + b.sent.length > 0) {
    for (const packet of a.sent.splice(0)) b.receive(packet);
    for (const packet of b.sent.splice(0)) a.receive(packet);
  }
}
