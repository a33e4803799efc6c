/** Quality of service of a flow. [spec/architecture.md §8.4] */
export interface QosSpec {
  /** Maximum delay in ms; 2^32−1 = no demand. */
  readonly delay: number;
  /** Bandwidth in bit/s; 0 = no demand. */
  readonly bandwidth: bigint;
  /** Availability in nines. */
  readonly availability: number;
  /** 0 asks for retransmission (with `inOrder`). */
  readonly loss: number;
  /** Bit errors per 10^9 bits; 0 asks for a CRC32 on every packet. */
  readonly ber: number;
  /** Not 0: packets carry FRCP and arrive in order. */
  readonly inOrder: number;
  /** Longest gap in ms. */
  readonly maxGap: number;
  /** Peer time-out in ms; 0 switches keep-alives off. */
  readonly timeout: number;
}

const ANY = 0xffffffff;
const spec = (partial: Partial<QosSpec>): QosSpec => ({
  delay: ANY,
  bandwidth: 0n,
  availability: 0,
  loss: 1,
  ber: 1,
  inOrder: 0,
  maxGap: ANY,
  timeout: 120_000,
  ...partial,
});

/*
 * Where the table of the spec has ber = 0, flows with FRCP ask for 1, as C's usual build does: C's control packets and
 * retransmissions bear no checksum and would be dropped here, and ours there. [spec/architecture.md §4.5 step 1, wire-frcp.md Quirk 5]
 */
export const QOS_RAW = spec({});
export const QOS_RAW_NO_ERRORS = spec({ ber: 0 });
export const QOS_BEST_EFFORT = spec({ inOrder: 1 });
export const QOS_VIDEO = spec({
  delay: 100,
  bandwidth: 2n ** 64n - 1n,
  availability: 3,
  inOrder: 1,
  maxGap: 100,
});
export const QOS_VOICE = spec({ delay: 50, bandwidth: 100_000n, availability: 5, inOrder: 1, maxGap: 50 });
/** Of the flow of a process that joined a broadcast layer. [spec/architecture.md §4.3] */
export const QOS_JOINED = spec({ loss: ANY, ber: ANY, timeout: 0 });
export const QOS_DATA = spec({ delay: 1000, loss: 0, inOrder: 1, maxGap: 2000 });

/** The words that tools accept for a QoS. */
export const QOS_BY_NAME: Readonly<Record<string, QosSpec>> = {
  raw: QOS_RAW,
  best: QOS_BEST_EFFORT,
  video: QOS_VIDEO,
  voice: QOS_VOICE,
  data: QOS_DATA,
};

/** QoS cubes: 0 best effort, 1 video, 2 voice. [spec/wire-unicast-data.md §6] */
export type QosCube = 0 | 1 | 2;
export const QOS_CUBES: readonly QosCube[] = [0, 1, 2];

/** The cube that a spec falls into; the order of the rules is the protocol's. */
export function qosCube(qos: QosSpec): QosCube {
  if (qos.delay <= 50 && qos.bandwidth <= 100_000n && qos.availability >= 5 && qos.maxGap <= 50) return 2;
  if (qos.delay <= 100 && qos.availability >= 3 && qos.maxGap <= 100) return 1;
  return 0;
}
