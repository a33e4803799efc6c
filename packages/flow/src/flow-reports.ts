import { fromSeconds, type Micros } from '@ouroboros/model';
import type { Clock, FlowFacts } from '@ouroboros/ports';
import { countsOf } from './flow-statistics.js';
import type { PacketFlow } from './packet-flow.js';

/** A look at the flows soon after one was opened, when its path may be measured, and then now and then. */
const FIRST_LOOK = fromSeconds(1);
const NEXT_LOOK = fromSeconds(10);
/** A round-trip time that differs by less is no news. */
const RTT_NEWS = 0.2;

/** Tells the IRM daemon what the flows of a process have counted and found out about their paths, when it is news. */
export class FlowReports {
  private readonly told = new Map<PacketFlow, FlowFacts>();
  private cancel: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly report: (facts: FlowFacts) => void,
  ) {}

  /** Watches a flow. Between two processes of this host there is no path to tell of. */
  add(flow: PacketFlow): void {
    if (flow.layer === '') return;
    this.told.set(flow, { flowId: flow.flowId, pathPacket: 0, roundTripMs: 0 });
    this.lookAfter(FIRST_LOOK);
  }

  delete(flow: PacketFlow): void {
    this.told.delete(flow);
    if (this.told.size > 0) return;
    this.cancel?.();
    this.cancel = null;
  }

  /** A restarted IRM daemon knows nothing of what was told. */
  tellAgain(): void {
    for (const flow of this.told.keys()) this.add(flow);
  }

  private lookAfter(pause: Micros): void {
    this.cancel?.();
    this.cancel = this.clock.at((this.clock.now() + pause) as Micros, () => this.look());
  }

  private look(): void {
    for (const [flow, told] of this.told) {
      const facts = factsOf(flow);
      if (!isNews(told, facts)) continue;
      this.told.set(flow, facts);
      this.report(facts);
    }
    this.lookAfter(NEXT_LOOK);
  }
}

function factsOf(flow: PacketFlow): FlowFacts {
  const { flowId, pathPacket } = flow;
  const statistics = flow.statistics();
  return { flowId, pathPacket, roundTripMs: statistics.roundTrip / 1000, counts: countsOf(statistics) };
}

const isNews = (told: FlowFacts, now: FlowFacts): boolean =>
  told.counts?.packetsSent !== now.counts?.packetsSent ||
  told.counts?.packetsReceived !== now.counts?.packetsReceived ||
  told.counts?.retransmitted !== now.counts?.retransmitted ||
  told.pathPacket !== now.pathPacket ||
  Math.abs(told.roundTripMs - now.roundTripMs) > RTT_NEWS * Math.max(told.roundTripMs, now.roundTripMs);
