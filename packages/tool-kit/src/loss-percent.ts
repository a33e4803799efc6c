/** Rounded up; 0 when nothing was sent, or when more came back than was sent because a layer duplicated packets. */
export const lossPercent = (sent: number, received: number): number =>
  sent === 0 ? 0 : Math.max(0, Math.ceil(100 - (100 * received) / sent));
