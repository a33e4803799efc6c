/**
 * Whether a request is of now, by the clocks of both hosts. [spec/wire-crypto.md §4]
 *
 * Divergence from C, which asks it of every request: only of those for which age matters, a client that authenticates
 * itself and exchanges no key. Such a request, recorded and sent again, would open a flow in the client's name. In all
 * others a replay within the time of the table is caught, and a later one opens a flow that anybody could open, or one
 * whose keys the sender of the replay cannot have. So our hosts need no common clock.
 */
import type { DecodedOap } from '@ouroboros/wire';

const NANOS_PER_MS = 1_000_000n;
const OLDEST_MS = 20_000n;
const NEWEST_MS = -100n;

/** What is wrong, with the difference of the clocks; undefined when nothing is. */
export function staleness(request: DecodedOap, wallNanos: bigint): string | undefined {
  if (request.certificate.length === 0 || request.kex.length > 0) return undefined;
  const age = (wallNanos - request.timestampNs) / NANOS_PER_MS;
  if (age >= NEWEST_MS && age <= OLDEST_MS) return undefined;
  const seconds = Number(age < 0n ? -age : age) / 1000;
  const direction = age < 0n ? 'ahead of' : 'behind';
  return `an outdated request, or the client's clock is ${seconds} s ${direction} the server's`;
}
