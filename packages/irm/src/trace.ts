import { OuroborosError, type JsonObject, type QosCube } from '@ouroboros/model';
import type { Management, NameLocation } from '@ouroboros/ports';

/** How packets leave a member. */
export interface TraceHop {
  /** Address of the next member. */
  readonly next: string;
  readonly lowerLayer: string;
  /** Longest packet that the link takes in one piece, in bytes. */
  readonly longest: number;
  /** Packets that wait before the link. */
  readonly waiting: number;
  /** Cube of the link's own flow. */
  readonly linkCube: QosCube;
  /** What the hop is made of; null when it was not asked for, or the member does not tell. */
  readonly below: TraceBelow | null;
}

/** The way of a hop through the layer below. */
export interface TraceBelow {
  readonly layer: string;
  readonly type: string;
  /** Its members are authenticated. */
  readonly authenticated: boolean;
  /** There is more than was told. */
  readonly cut: boolean;
  /** Empty for a layer whose members are all neighbours, such as a shim's. */
  readonly steps: readonly TraceStep[];
}

/** A member on the way. */
export interface TraceStep {
  readonly address: string;
  /** Name of the IPCP; empty when it did not answer. */
  readonly name: string;
  readonly answered: boolean;
  /** To there and back, in ms; 0 for the member at the beginning. */
  readonly roundTripMs: number;
  /** Null at the end of the way. */
  readonly hop: TraceHop | null;
}

/** The way to one member that serves the name. */
export interface Way {
  readonly address: string;
  readonly reached: boolean;
  readonly steps: readonly TraceStep[];
}

/** The ways to a name in a layer of this host. */
export interface NameTrace {
  readonly name: string;
  readonly layer: string;
  readonly ipcp: string;
  readonly type: string;
  readonly cube: QosCube;
  /** Empty for a layer whose members are all neighbours, such as a shim's. */
  readonly ways: readonly Way[];
}

/** As deep as members follow. */
const RANKS = 8;

/**
 * Follows packets of a cube from here to a name, member by member; with `down` each member is also asked what its hop is made of
 * in the layers below.
 * @throws OuroborosError ENAME when no layer of this host has the name; what an IPCP answers with
 */
export async function traceName(
  management: Management,
  name: string,
  cube: QosCube,
  down: boolean,
): Promise<NameTrace> {
  const locations = await management.nameLocate(name);
  const location = locations.find(({ answer }) => answer === 'has');
  if (!location)
    throw new OuroborosError('ENAME', `name ${name} is in no layer that this host can reach`, { stage: 'name' });
  const { ipcp, layer, type } = location;
  return { name, layer, ipcp, type, cube, ways: await waysOf(management, location, cube, down) };
}

async function waysOf(
  management: Management,
  { ipcp, key: hash }: NameLocation,
  cube: QosCube,
  down: boolean,
): Promise<readonly Way[]> {
  const args: JsonObject = down ? { hash, cube, ranks: RANKS } : { hash, cube };
  try {
    const report = await management.ipcpReport(ipcp, 'trace', args);
    return (report as unknown as { readonly members: readonly Way[] }).members;
  } catch (thrown) {
    if (thrown instanceof OuroborosError && thrown.code === 'EINVAL' && thrown.field === 'topic') return [];
    throw thrown;
  }
}
