/**
 * A model of what Ouroboros C does, written from spec/wire-frcp.md §5–§7, §10 and §12 and from nothing else, for the
 * specs of this package; no tests here. Its quirks are part of it. A reliable flow, no encryption. Its writer does not block, as
 * C's blocking writer asks for no window and would hang where ours does nothing wrong (§10.2).
 */
import { FrcpFlag, frcpAckno, frcpFlags, frcpSeqno, frcpWindow, writeFrcpPci } from '@ouroboros/wire';
import type { SeededRandom } from '@ouroboros/simnet';
import { StreamCheck, StreamSource, type End, type Habits } from './our-end.spec.js';
import type { World } from './world.spec.js';

const { DATA, DRF, ACK, FC, RDVS } = FrcpFlag;
const SLOTS = 256;
const START_WINDOW = 64;
const TICK = 5_000;
const A = 10;
const R = 120;
const INACTIVE = 131;
const before = (a: number, b: number): boolean => ((a - b) | 0) < 0;
const u32 = (n: number): number => n >>> 0;

interface Sent {
  readonly packet: Uint8Array;
  readonly seqno: number;
  readonly first: number;
}

export class CEnd implements End {
  down = false;
  readonly check = new StreamCheck();
  retransmitted = 0;
  private readonly source: StreamSource;
  private readonly rcv = { lwe: 0, rwe: 0, acked: 0, act: -1e6 };
  private readonly snd = { lwe: 0, seqno: 0, rwe: START_WINDOW, act: -1e6 };
  private readonly queue: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(SLOTS);
  private lastSent = -1e9;
  private lastReceived = -1e9;
  private probe: { seqno: number; at: number } | undefined;
  private srtt = 0;
  private mdev = 10_000_000;
  private rto = 1_000_000_000;
  private closedAt: number | undefined;
  private lastRdvs = -1e9;
  private writeAt = Infinity;
  private readonly ackSlots = new Set<number>();

  constructor(
    private readonly world: World,
    private readonly random: SeededRandom,
    private readonly habits: Habits,
    private readonly send: (packet: Uint8Array) => boolean,
  ) {
    this.source = new StreamSource(habits.writes, habits.payload);
  }

  get received(): number {
    return this.check.position;
  }

  get written(): number {
    return this.source.position;
  }

  get done(): boolean {
    return this.source.empty && this.snd.lwe === this.snd.seqno;
  }

  start(): void {
    this.write();
    this.read();
  }

  /** The queue below is full: C drops the packet and does not tell. [§12 Quirk 10] */
  roomAgain(): void {}

  take(packet: Uint8Array): void {
    if (this.down) return;
    const [flags, seqno] = [frcpFlags(packet, 0), frcpSeqno(packet, 0)];
    const { rcv } = this;
    if (this.seconds - rcv.act > INACTIVE) {
      if ((flags & DRF) !== 0) {
        rcv.lwe = rcv.acked = seqno;
        rcv.rwe = u32(seqno + SLOTS);
      } else if ((flags & DATA) !== 0) return this.acknowledge();
    }
    rcv.act = this.seconds;
    this.lastReceived = this.world.now;
    if ((flags & RDVS) !== 0) return this.emit(FC, rcv.rwe, 0, 0);
    if ((flags & ACK) !== 0) this.takeAck(frcpAckno(packet, 0));
    if ((flags & FC) !== 0) this.takeWindow(frcpWindow(packet, 0));
    if ((flags & DATA) === 0) return this.acknowledge();
    this.takeData(seqno, packet.slice(12));
  }

  private get seconds(): number {
    return Math.floor(this.world.now / 1e6);
  }

  private takeAck(ackno: number): void {
    if (before(this.snd.lwe, ackno)) this.snd.lwe = ackno;
    if (this.probe === undefined || !before(this.probe.seqno, ackno)) return;
    this.estimate((this.world.now - this.probe.at) * 1000);
    this.probe = undefined;
  }

  private takeWindow(window: number): void {
    let edge = u32(window | (this.snd.rwe & 0xff000000));
    if (before(edge, this.snd.rwe) && u32(this.snd.rwe - edge) > 0x7fffff) edge = u32(edge + 0x1000000);
    this.snd.rwe = edge;
    this.closedAt = undefined;
    this.writeAfter(0);
  }

  private takeData(seqno: number, payload: Uint8Array): void {
    const { rcv } = this;
    if (before(seqno, rcv.lwe)) {
      rcv.acked = seqno;
      return this.acknowledge();
    }
    const beyond = !before(seqno, rcv.rwe) || !before(seqno, u32(rcv.lwe + SLOTS));
    if (beyond || this.queue[seqno % SLOTS] !== undefined) return this.acknowledge();
    this.queue[seqno % SLOTS] = payload;
    this.acknowledgeLater();
  }

  /** Two ticks and up to the next slot of 262 µs, then when the wheel is next looked at. [§7.2] */
  private acknowledgeLater(): void {
    const slot = Math.ceil((this.world.now + 2 * TICK) / 262);
    if (this.ackSlots.has(slot)) return;
    this.ackSlots.add(slot);
    this.world.at(Math.ceil((slot * 262) / TICK) * TICK, () => {
      this.ackSlots.delete(slot);
      this.acknowledge();
    });
  }

  private acknowledge(): void {
    const { rcv, world } = this;
    if (!before(rcv.acked, rcv.lwe)) return;
    if (world.now - this.lastReceived > A * 1e6 || world.now - this.lastSent < TICK) return;
    rcv.acked = rcv.lwe;
    this.emit(ACK | FC, rcv.rwe, 0, rcv.lwe);
  }

  private read(): void {
    for (let i = 0; i < this.habits.readBatch; i++) {
      const payload = this.queue[this.rcv.lwe % SLOTS];
      if (payload === undefined) break;
      this.queue[this.rcv.lwe % SLOTS] = undefined;
      this.rcv.lwe = u32(this.rcv.lwe + 1);
      this.rcv.rwe = u32(this.rcv.rwe + 1);
      this.check.take(payload, 0, payload.length);
    }
    if (!this.down) this.world.after(Math.max(this.habits.restMs, 1) * 1000, () => this.read());
  }

  private write(): void {
    while (!this.source.empty && !this.down) {
      if (!before(this.snd.seqno, this.snd.rwe)) return this.askForWindow();
      const payload = this.source.next();
      this.source.advance(payload.length);
      this.sendData(payload);
    }
  }

  /** A writer that does not block tries each 10 ms. Only for 1 s is the window asked for. [§10.2] */
  private askForWindow(): void {
    const { now } = this.world;
    if (this.closedAt === undefined) this.closedAt = now;
    else if (now - this.closedAt < 1e6 && now - this.lastRdvs >= 100_000) {
      this.lastRdvs = now;
      this.emit(RDVS, 0, 0, 0);
    }
    this.writeAfter(10_000);
  }

  private writeAfter(delay: number): void {
    const at = this.world.now + delay;
    if (at >= this.writeAt) return;
    this.writeAt = at;
    this.world.at(at, () => {
      if (this.writeAt !== at) return;
      this.writeAt = Infinity;
      this.write();
    });
  }

  private sendData(payload: Uint8Array): void {
    const { snd, rcv } = this;
    let flags: number = snd.seqno === snd.lwe ? DATA | DRF : DATA;
    if (this.seconds - snd.act > INACTIVE) {
      snd.seqno = snd.lwe = this.random.uint32();
      snd.rwe = u32(snd.seqno + START_WINDOW);
    }
    const seqno = snd.seqno;
    const heard = this.seconds - rcv.act;
    if (heard < INACTIVE) flags |= FC;
    this.probe ??= { seqno, at: this.world.now };
    if (heard <= A) {
      flags |= ACK;
      rcv.acked = rcv.lwe;
    }
    const packet = new Uint8Array(12 + payload.length);
    writeFrcpPci(packet, 0, flags, flags & FC ? rcv.rwe : 0, seqno, flags & ACK ? rcv.lwe : 0);
    packet.set(payload, 12);
    snd.seqno = u32(seqno + 1);
    snd.act = this.seconds;
    this.lastSent = this.world.now;
    this.send(packet);
    this.arm({ packet, seqno, first: this.world.now });
  }

  /** Wheels of 256 slots: 1 ms, 17 ms, 268 ms wide. [§7.4] */
  private arm(sent: Sent): void {
    const width = [2 ** 20, 2 ** 24, 2 ** 28].find((slot) => this.rto < slot * 256);
    if (width === undefined) return this.die();
    const at = Math.ceil((this.world.now * 1000 + this.rto) / width) * width;
    this.world.at(at / 1000, () => this.expire(sent));
  }

  private expire(sent: Sent): void {
    if (this.down || before(sent.seqno, this.snd.lwe)) return;
    if (this.world.now - sent.first > R * 1e6) return this.die();
    if (this.probe?.seqno === sent.seqno) {
      this.rto += this.rto;
      this.probe = undefined;
    }
    this.arm(sent);
    const copy = sent.packet.slice();
    new DataView(copy.buffer).setUint32(8, this.rcv.lwe);
    this.retransmitted += 1;
    this.send(copy);
  }

  private die(): void {
    this.down = true;
  }

  private estimate(m: number): void {
    if (this.srtt === 0) {
      this.srtt = m;
      this.mdev = Math.floor(m / 2);
    } else {
      const error = m - this.srtt;
      this.srtt += Math.floor(error / 8);
      const change = Math.floor((Math.abs(error) - this.mdev) / 4);
      this.mdev += change < 0 ? Math.floor(change / 8) : change;
    }
    this.srtt = Math.max(1000, this.srtt);
    this.mdev = Math.max(100, this.mdev);
    this.rto = Math.max(250_000, this.srtt + 4 * this.mdev);
  }

  private emit(flags: number, window: number, seqno: number, ackno: number): void {
    const packet = new Uint8Array(12);
    writeFrcpPci(packet, 0, flags, window, seqno, ackno);
    this.send(packet);
  }
}
