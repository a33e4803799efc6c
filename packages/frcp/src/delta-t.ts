import { fromMs, fromSeconds, type Micros } from '@ouroboros/model';

/** The times of delta-t. [spec/wire-frcp.md §4] */

/** A packet that is not acknowledged so long after it was first sent brings the flow down. */
export const LONGEST_RETRANSMISSION = fromSeconds(120);
const LONGEST_ACKNOWLEDGEMENT = fromSeconds(10);

const ROUND_UP = 1;
const inactivity = (mplMs: number, lifetimes: number): Micros => {
  const whole = fromMs(lifetimes * mplMs) + LONGEST_ACKNOWLEDGEMENT + LONGEST_RETRANSMISSION;
  return fromSeconds(Math.floor(whole / fromSeconds(1)) + ROUND_UP);
};

/** After so long without a packet from us the peer may have forgotten our run. */
export const senderInactivity = (mplMs: number): Micros => inactivity(mplMs, 3);
/** After so long without a packet of a run the run is over. */
export const receiverInactivity = (mplMs: number): Micros => inactivity(mplMs, 2);
