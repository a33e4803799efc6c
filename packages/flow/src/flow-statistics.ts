import type { FlowCounts, FlowDrops } from '@ouroboros/ports';
import type { FlowStack } from './stack/flow-stack.js';

/** What happened on one flow so far. Packets and bytes are those of the user; empty packets are counted apart. */
export interface PacketFlowCounters {
  packetsSent: number;
  bytesSent: number;
  packetsReceived: number;
  bytesReceived: number;
  keepAlivesSent: number;
  keepAlivesReceived: number;
  /** Times that `send` answered 'full'. */
  sendFull: number;
}

/** The counters, and what the stages of the flow know. */
export interface FlowStatistics extends Readonly<PacketFlowCounters> {
  /** Longest packet in bytes that the whole path takes, as far as is known. */
  readonly pathPacket: number;
  /** Smoothed round-trip time in µs; 0 = not measured. */
  readonly roundTrip: number;
  /** FRCP packets sent again. */
  readonly retransmitted: number;
  /** Packets sent and not yet acknowledged. */
  readonly outstanding: number;
  /** Packets that the peer's window takes beyond the first that is not acknowledged; 0 without FRCP's retransmission. */
  readonly window: number;
  /** Ordered unreliable flows: packets that never came. */
  readonly gaps: number;
  /** Messages put together from fragments or segments. */
  readonly messages: number;
  /** Messages dropped because a part was missing. */
  readonly incompleteMessages: number;
  readonly drops: FlowDrops;
}

export function statisticsOf(
  counters: PacketFlowCounters,
  pathPacket: number,
  stack: FlowStack | null,
): FlowStatistics {
  const frcp = stack?.frcp?.frcp;
  const sent = frcp?.counters;
  const reassembly = stack?.frames?.reassembly.counters;
  const segments = stack?.segments?.counters;
  return {
    ...counters,
    pathPacket,
    roundTrip: frcp?.roundTrip ?? 0,
    retransmitted: sent?.retransmitted ?? 0,
    outstanding: frcp?.outstanding ?? 0,
    window: frcp?.window ?? 0,
    gaps: sent?.gaps ?? 0,
    messages: (reassembly?.messages ?? 0) + (segments?.messages ?? 0),
    incompleteMessages: (reassembly?.incomplete ?? 0) + (segments?.incomplete ?? 0),
    drops: dropsOf(stack),
  };
}

function dropsOf(stack: FlowStack | null): FlowDrops {
  const sealed = stack?.protection?.protection.counters;
  const frames = stack?.frames;
  const frcp = stack?.frcp?.frcp.counters;
  const malformed = [frames?.counters, frames?.reassembly.counters, stack?.segments?.counters, sealed];
  return {
    checksum: stack?.checksum?.mismatches ?? 0,
    short: sealed?.short ?? 0,
    unauthentic: sealed?.unauthentic ?? 0,
    replayed: sealed?.replayed ?? 0,
    unknownEpoch: sealed?.unknownEpoch ?? 0,
    early: sealed?.early ?? 0,
    overrun: stack?.protection?.overrun ?? 0,
    malformed: malformed.reduce((sum, part) => sum + (part?.malformed ?? 0), 0),
    duplicate: (frcp?.droppedDuplicate ?? 0) + (frames?.reassembly.counters.duplicates ?? 0),
    frcp: frcp?.dropped ?? 0,
  };
}

/** The part that the IRM daemon is told. */
export function countsOf(statistics: FlowStatistics): FlowCounts {
  const { packetsSent, bytesSent, packetsReceived, bytesReceived, retransmitted, outstanding, window } = statistics;
  const lost = statistics.gaps + statistics.incompleteMessages;
  const { drops } = statistics;
  return { packetsSent, bytesSent, packetsReceived, bytesReceived, retransmitted, lost, outstanding, window, drops };
}
