import { Delivery, WaitingRoom, type Counters, type UserFlow } from '@ouroboros/ipcp-kit';
import { EMPTY_BYTES, micros, qosCube, type Micros, type QosCube } from '@ouroboros/model';
import type { Clock, PacketTaker, WriteVerdict } from '@ouroboros/ports';
import { DT_EID_FLOW_ALLOCATOR, eidOf, encodeFa } from '@ouroboros/wire';
import { COUNT } from '../counters.js';
import type { DataTransfer, LongestPackets } from '../dt/dt.js';
import type { Waiter } from '../sched/index.js';
import type { FaFlow, FlowTable } from './flow-table.js';

const PACKETS_PER_TURN = 64;
/** Packets that a process can have left when it ended its flow. */
const MOST_LEFT = 65_536;
/** Of a flow that waited: it shares the room with the others of its cube. */
const PACKETS_WHEN_RESUMED = 4;

/**
 * Packets between local processes and the layer. A flow whose next hop is full, or that the layer's congestion holds
 * back, is not read any further, so that its process waits; the others go on. Nothing is allocated per packet.
 */
export class UserPath {
  private readonly resumptions = new Map<FaFlow, () => void>();
  private readonly room = new WaitingRoom();
  /** When the batch at hand began: the time of its packets. */
  private now: Micros = micros(0);

  constructor(
    private readonly dt: DataTransfer,
    private readonly flows: FlowTable,
    private readonly clock: Clock,
    private readonly counters: Counters,
  ) {
    dt.onFlowPacket = (low, high, mark, buffer, offset, length) =>
      this.deliver(low, high, mark, buffer, offset, length);
  }

  /** From now on packets of the process go to the far end, in the cube of the flow's QoS; C sends all in cube 0, and reads none. */
  open(flow: FaFlow): void {
    const end = flow.user?.end;
    if (!end) return;
    const cube = qosCube(flow.user!.qos);
    const take: PacketTaker = (buffer, offset, length) => this.takeFromUser(flow, cube, waiter, buffer, offset, length);
    const pump = (): void => this.pump(flow, PACKETS_PER_TURN, take);
    const waiter = {
      resume: (): void => {
        if (this.flows.find(flow.eidLow, flow.eidHigh) !== flow) return;
        end.onReadable = pump;
        if (flow.pausedUntil === 0) this.pump(flow, PACKETS_WHEN_RESUMED, take);
      },
    };
    end.onReadable = pump;
  }

  /** The process has ended the flow: what it wrote before leaves as far as the link's queue takes it. */
  sendRest({ user, state, remoteAddress, remoteLow, remoteHigh }: FaFlow): void {
    if (!user || state !== 'open') return;
    const cube = qosCube(user.qos);
    const now = this.clock.now();
    user.end.read(MOST_LEFT, (buffer, offset, length) => {
      this.dt.send(now, remoteAddress, cube, remoteLow, remoteHigh, buffer, offset, length);
      return true;
    });
  }

  /** Longest packets that the next hop of the flow takes; 0 = there is none just now. Others on the way may take less. */
  longest({ user, remoteAddress, remoteLow, remoteHigh }: FaFlow): LongestPackets {
    return this.dt.longest(remoteAddress, user ? qosCube(user.qos) : 0, remoteLow, remoteHigh);
  }

  close(flow: FaFlow): void {
    this.resumptions.get(flow)?.();
    this.resumptions.delete(flow);
    if (flow.user) flow.user.end.onReadable = null;
    void this.delivered(flow);
  }

  /** Nothing more is delivered. Resolves when what has arrived is in the channel of the process, or it took too long; undefined = it is. */
  delivered({ delivery }: FaFlow): Promise<void> | undefined {
    return delivery?.finish(this.clock);
  }

  private pump(flow: FaFlow, most: number, take: PacketTaker): void {
    this.now = this.clock.now();
    flow.user!.end.read(most, take);
    if (flow.pausedUntil !== 0) this.pause(flow);
  }

  private takeFromUser(
    flow: FaFlow,
    cube: QosCube,
    waiter: Waiter,
    buffer: Uint8Array,
    offset: number,
    length: number,
  ): boolean {
    if (flow.pausedUntil !== 0) return false;
    const { remoteAddress, remoteLow, remoteHigh } = flow;
    const verdict = this.dt.send(this.now, remoteAddress, cube, remoteLow, remoteHigh, buffer, offset, length, waiter);
    if (verdict === 'full') {
      flow.user!.end.onReadable = null;
      return false;
    }
    if (verdict === 'ok') flow.sent += 1;
    else flow.sendFailed += 1;
    flow.pausedUntil = flow.congestion.onSent(length, this.now);
    return true;
  }

  private pause(flow: FaFlow): void {
    if (this.resumptions.has(flow)) return;
    flow.user!.end.onReadable = null;
    const until = flow.pausedUntil === 0 ? this.clock.now() : flow.pausedUntil;
    const cancel = this.clock.at(until, () => {
      this.resumptions.delete(flow);
      flow.pausedUntil = 0;
      this.open(flow);
    });
    this.resumptions.set(flow, cancel);
  }

  /** Data can overtake the reply, so a flow that is still being asked for takes it too. */
  private deliver(low: number, high: number, mark: number, buffer: Uint8Array, offset: number, length: number): void {
    const flow = this.flows.find(low, high);
    const user: UserFlow | null = flow?.user ?? null;
    if (flow === undefined || user === null || flow.state === 'arrived') {
      this.counters.add(COUNT.dropUnknownEid);
      return;
    }
    if (this.write(flow, user, buffer, offset, length) === 'ok') flow.received += 1;
    else {
      flow.receiveFailed += 1;
      this.counters.add(COUNT.dropUserQueueFull);
    }
    const level = flow.congestion.onReceived(mark);
    if (level >= 0 && flow.state === 'open') this.report(flow, level);
  }

  private write(flow: FaFlow, { end }: UserFlow, buffer: Uint8Array, offset: number, length: number): WriteVerdict {
    const { delivery } = flow;
    if (delivery?.end === end) return delivery.deliver(buffer, offset, length);
    const verdict = end.write(EMPTY_BYTES, 0, buffer, offset, length);
    if (verdict !== 'full') return verdict;
    flow.delivery = new Delivery(end, this.room);
    return flow.delivery.deliver(buffer, offset, length);
  }

  private report(flow: FaFlow, level: number): void {
    const bytes = encodeFa({ kind: 'update', rEid: eidOf(flow.remoteLow, flow.remoteHigh), ece: level });
    flow.updatesSent += 1;
    this.dt.send(this.clock.now(), flow.remoteAddress, 0, DT_EID_FLOW_ALLOCATOR, 0, bytes, 0, bytes.length);
  }
}
