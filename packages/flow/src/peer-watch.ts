import { MachineDriver } from '@ouroboros/machine';
import type { Micros } from '@ouroboros/model';
import type { Clock } from '@ouroboros/ports';
import { KeepAlive, type KeepAliveInput, type KeepAliveOutput } from './keepalive.js';

/** What the watch of a flow does and must know. */
export interface PeerWatchUser {
  /** Sends an empty packet. */
  sendKeepAlive(): void;
  /** Nothing arrived for the peer time-out. Called once. */
  peerSilent(): void;
  /** Packets that have arrived so far, whether or not somebody took them. */
  arrivals(): number;
}

/** Joins the keep-alive machine of one flow to its clock, and tells it of packets that arrived and were not taken. */
export class PeerWatch {
  private readonly keepAlive = new KeepAlive();
  private readonly driver: MachineDriver<KeepAliveInput, KeepAliveOutput>;
  private watching = false;
  private seenAtCheck = 0;

  constructor(
    private readonly clock: Clock,
    private readonly user: PeerWatchUser,
  ) {
    this.driver = new MachineDriver(this.machine(), clock, (output) => this.act(output));
  }

  /** Sets the peer time-out; 0 switches keep-alives and watching off. */
  setTimeout(timeoutMs: number): void {
    this.watching = timeoutMs > 0;
    this.driver.input({ type: 'set-timeout', timeoutMs });
  }

  /** Notes that a packet, empty or not, was sent now. */
  sent(): void {
    if (this.watching) this.keepAlive.sent(this.clock.now());
  }

  /** Notes that a packet, empty or not, was taken now. */
  received(): void {
    this.keepAlive.received(this.clock.now());
  }

  /** When one was taken last. */
  get heardAt(): Micros {
    return this.keepAlive.heardAt;
  }

  stop(): void {
    this.watching = false;
    this.driver.stop();
  }

  /** The keep-alive machine, which before each look at its stamps learns what arrived and was not taken. */
  private machine(): Pick<KeepAlive, 'handle' | 'wake' | 'deadline'> {
    const machine = this.keepAlive;
    return {
      handle: (input, now) => machine.handle(input, now),
      wake: (now, out) => {
        this.noteArrivals(now);
        machine.wake(now, out);
      },
      get deadline() {
        return machine.deadline;
      },
    };
  }

  /**
   * C counts a packet as received only when the application reads it, so an application that only writes loses its
   * peer. [spec/wire-frcp.md §12 Quirk 14] Here a queue that has grown since the last check counts too.
   */
  private noteArrivals(now: Micros): void {
    const seen = this.user.arrivals();
    if (seen > this.seenAtCheck) this.keepAlive.received(now);
    this.seenAtCheck = seen;
  }

  private act(output: KeepAliveOutput): void {
    if (output === 'peer-down') this.user.peerSilent();
    else this.user.sendKeepAlive();
  }
}
