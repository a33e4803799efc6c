import type { PacketFlow } from '@ouroboros/flow';
import type { Counters } from '@ouroboros/ipcp-kit';
import { EMPTY_BYTES, micros, type Address, type Micros, type QosCube } from '@ouroboros/model';
import type { Clock, IpcpFlowAllocResult } from '@ouroboros/ports';
import {
  DT_FIRST_FLOW_EID,
  DT_PCI_LENGTH,
  dtCube,
  dtDst,
  dtEcn,
  dtEidHigh,
  dtEidLow,
  dtTtl,
  markDtEcn,
  setDtTtl,
  writeDtPci,
  type TraceHop,
} from '@ouroboros/wire';
import { COUNT } from '../counters.js';
import type { Pff, PffPolicy } from '../pff/index.js';
import type { Routes } from '../routing/index.js';
import type { LinkScheduler, Waiter } from '../sched/index.js';

/**
 * Longest PDU that is carried over a path that takes less in one piece. Longer ones are for the flows of the layer to
 * avoid, which find the size of their own path: one lost piece loses them all. [as RFC 8200 §5 asks of links]
 */
const GUARANTEED_PACKET = 1500;

const DROPPED = { full: COUNT.dropQueueFull, down: COUNT.dropFlowDown, 'too-large': COUNT.dropTooLarge } as const;

/** A data-transfer flow to a neighbour. */
export interface DtLink {
  readonly flow: PacketFlow;
  readonly neighbor: Address;
  readonly cube: QosCube;
  readonly scheduler: LinkScheduler;
}

/** As the IRM daemon is told of a flow. */
export type LongestPackets = Pick<IpcpFlowAllocResult, 'layerPacket' | 'wholePacket'>;

/** Of a flow that leads nowhere. */
export const NO_PACKETS: LongestPackets = { layerPacket: 0, wholePacket: 0 };

/** What became of a packet that this member sends. 'full': its waiter is resumed. */
export type DtVerdict = 'ok' | 'full' | 'dropped';

/** Takes a packet for a component, and the neighbour that handed it on; the buffer is valid during the call only. */
export type ComponentTaker = (buffer: Uint8Array, offset: number, length: number, via: Address) => void;
/** Takes a packet for a flow; the buffer is valid during the call only. */
export type FlowTaker = (
  eidLow: number,
  eidHigh: number,
  mark: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
) => void;

export interface DtConfig {
  readonly self: Address;
  /** TTL of packets that this member originates. */
  readonly maxTtl: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly pff: PffPolicy;
}

/**
 * Data transfer: forwards packets between the data-transfer flows and the flows and components of this member.
 * [spec/wire-unicast-data.md §4] A packet that meets a full queue on its way is dropped and counted; a packet that starts
 * here is refused instead, so that its flow waits. Nothing is allocated per packet.
 */
export class DataTransfer {
  onFlowPacket: FlowTaker = () => undefined;
  private readonly components = new Map<number, ComponentTaker>();
  private readonly links = new Map<Address, DtLink>();
  private readonly pffs: readonly [Pff<DtLink>, Pff<DtLink>, Pff<DtLink>];
  private readonly pci = new Uint8Array(DT_PCI_LENGTH);
  private routes: Routes = new Map();
  /** When the batch at hand came from a neighbour: the time of its packets. */
  private now: Micros = micros(0);

  constructor(
    private readonly config: DtConfig,
    private readonly counters: Counters,
  ) {
    this.pffs = [config.pff.create(), config.pff.create(), config.pff.create()];
  }

  /** Component EIDs are part of the protocol: 0 flow allocator, 1 directory. */
  setComponent(eid: number, taker: ComponentTaker): void {
    this.components.set(eid, taker);
  }

  /** Receives from the flow; with `replaces` it is also the one that packets to the neighbour take from now on. */
  addLink(link: DtLink, replaces = true): void {
    if (replaces) this.links.set(link.neighbor, link);
    link.flow.onWritable = () => link.scheduler.writable(this.config.clock.now());
    link.flow.cutUpTo = GUARANTEED_PACKET;
    link.flow.onBatch = () => {
      this.now = this.config.clock.now();
    };
    link.flow.onPacket = (buffer, offset, length) => this.receive(link, buffer, offset, length);
    this.updateRoutes(this.routes);
  }

  removeLink(link: DtLink): void {
    if (link.flow.onPacket !== null) link.flow.onPacket = null;
    link.flow.onBatch = null;
    if (this.links.get(link.neighbor) === link) this.links.delete(link.neighbor);
    this.updateRoutes(this.routes);
    link.scheduler.close();
  }

  updateRoutes(routes: Routes): void {
    this.routes = routes;
    for (const pff of this.pffs) pff.update(routes, (neighbor) => this.links.get(neighbor));
  }

  neighbors(): readonly DtLink[] {
    return [...this.links.values()];
  }

  /** The neighbour of the link fell silent, or is heard again. */
  setDown(link: DtLink, down: boolean): void {
    for (const pff of this.pffs) pff.setDown(link, down);
  }

  canReach(destination: Address): boolean {
    return this.pffs[0].nextHop(destination, 0, 0) !== undefined;
  }

  /** Longest packet in bytes that `send` takes, and of those that the next hop may get in one piece; both 0 = nothing goes there. */
  longest(to: Address, cube: QosCube, eidLow: number, eidHigh: number): LongestPackets {
    const link = this.pffs[cube].nextHop(to, eidLow, eidHigh);
    if (link === undefined) return NO_PACKETS;
    const { maxPacket, longestWhole } = link.flow;
    return { layerPacket: maxPacket - DT_PCI_LENGTH, wholePacket: longestWhole - DT_PCI_LENGTH };
  }

  /** How packets of the cube leave for a member; undefined: no way. */
  hopTo(to: Address, cube: QosCube): TraceHop | undefined {
    const link = this.pffs[cube].nextHop(to, 0, 0);
    if (link === undefined) return undefined;
    const { flow, neighbor: next, cube: linkCube, scheduler } = link;
    const waiting = scheduler.queued(cube) + flow.queuedTx();
    return { next, lowerLayer: flow.layer, longest: flow.pathPacket, waiting, linkCube };
  }

  /** Id of the lower flow that is the link to a neighbour. */
  lowerFlowTo(neighbor: Address): number | undefined {
    return this.links.get(neighbor)?.flow.flowId;
  }

  /** Sends a packet of this member at `now`. The bytes are copied. Never to itself. Without a `waiter` it is lost where it would be 'full'. */
  send(
    now: Micros,
    to: Address,
    cube: QosCube,
    eidLow: number,
    eidHigh: number,
    body: Uint8Array,
    offset: number,
    length: number,
    waiter: Waiter | null = null,
  ): DtVerdict {
    const link = this.pffs[cube].nextHop(to, eidLow, eidHigh);
    if (link === undefined) return this.drop(COUNT.dropNoNextHop);
    const mark = link.scheduler.mark(cube, now);
    writeDtPci(this.pci, 0, to, cube, this.config.maxTtl, mark, eidLow, eidHigh);
    const verdict = link.scheduler.send(cube, this.pci, DT_PCI_LENGTH, body, offset, length, waiter, true);
    if (verdict === 'full' && waiter !== null) return 'full';
    if (verdict !== 'ok') return this.drop(DROPPED[verdict]);
    this.counters.add(COUNT.dtLocalPackets);
    this.countSent(cube, length);
    return 'ok';
  }

  /** An empty packet, which keeps the link alive. */
  probe(link: DtLink): void {
    link.flow.send(EMPTY_BYTES, 0, EMPTY_BYTES, 0, 0);
  }

  private receive(link: DtLink, buffer: Uint8Array, offset: number, length: number): true {
    const urgency = length < DT_PCI_LENGTH ? 0 : urgencyOf(buffer, offset);
    this.counters.add(COUNT.dtReceivedPackets0 + urgency);
    this.counters.add(COUNT.dtReceivedBytes0 + urgency, length);
    if (length < DT_PCI_LENGTH) this.drop(COUNT.dropRunt);
    else if (dtDst(buffer, offset) === this.config.self) this.deliver(link.neighbor, buffer, offset, length);
    else this.relay(link.cube, urgency, buffer, offset, length);
    return true;
  }

  private deliver(via: Address, buffer: Uint8Array, offset: number, length: number): void {
    const low = dtEidLow(buffer, offset);
    const high = dtEidHigh(buffer, offset);
    const payload = offset + DT_PCI_LENGTH;
    if (high !== 0 || low >= DT_FIRST_FLOW_EID) {
      this.onFlowPacket(low, high, dtEcn(buffer, offset), buffer, payload, length - DT_PCI_LENGTH);
      return;
    }
    const component = this.components.get(low);
    if (component === undefined) this.drop(COUNT.dropUnknownComponent);
    else component(buffer, payload, length - DT_PCI_LENGTH, via);
  }

  /**
   * The next hop is looked up in the table of the incoming flow's cube, as in C. A TTL of 0 on arrival counts as expired,
   * where C wraps to 255 and forwards. [spec/wire-unicast-data.md Quirk 2, 4]
   */
  private relay(cube: QosCube, urgency: QosCube, buffer: Uint8Array, offset: number, length: number): void {
    const ttl = dtTtl(buffer, offset);
    if (ttl <= 1) return void this.drop(COUNT.dropTtl);
    const to = dtDst(buffer, offset) as Address;
    const link = this.pffs[cube].nextHop(to, dtEidLow(buffer, offset), dtEidHigh(buffer, offset));
    if (link === undefined) return void this.drop(COUNT.dropNoNextHop);
    this.copyPci(buffer, offset);
    setDtTtl(this.pci, 0, ttl - 1);
    markDtEcn(this.pci, 0, link.scheduler.mark(urgency, this.now));
    const body = length - DT_PCI_LENGTH;
    const from = offset + DT_PCI_LENGTH;
    const verdict = link.scheduler.send(urgency, this.pci, DT_PCI_LENGTH, buffer, from, body, null);
    if (verdict === 'ok') {
      this.counters.add(COUNT.dtForwardedPackets);
      this.countSent(urgency, body);
    } else this.drop(DROPPED[verdict]);
  }

  private copyPci(buffer: Uint8Array, offset: number): void {
    for (let i = 0; i < DT_PCI_LENGTH; i += 1) this.pci[i] = buffer[offset + i]!;
  }

  private countSent(cube: QosCube, bodyLength: number): void {
    this.counters.add(COUNT.dtSentPackets0 + cube);
    this.counters.add(COUNT.dtSentBytes0 + cube, DT_PCI_LENGTH + bodyLength);
  }

  private drop(counter: number): 'dropped' {
    this.counters.add(counter);
    return 'dropped';
  }
}

/** By the packet's own cube, of which C says nothing; whatever is no cube is best effort. */
function urgencyOf(buffer: Uint8Array, offset: number): QosCube {
  const cube = dtCube(buffer, offset);
  return cube === 1 || cube === 2 ? cube : 0;
}
