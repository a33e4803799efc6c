import { OuroborosError, type QosCube } from '@ouroboros/model';
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
}

/** A member on the way. */
export interface TraceStep {
  readonly address: string;
  /** Name of the IPCP; empty when it did not answer. */
  readonly name: string;
  readonly answered: boolean;
  /** To there and back, in ms; 0 for this host's own member. */
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
  /** The first link of the first way in the layer below; null when it was not asked for, or at the bottom. */
  readonly below: NameTrace | null;
}

/** Deeper stacks are not followed. */
const MAX_RANKS = 32;

/**
 * Follows packets of a cube from here to a name, member by member; with `down` also to the first neighbour through each
 * layer below.
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
  return traceIn({ management, cube, ranks: down ? MAX_RANKS : 0 }, name, location);
}

interface Walk {
  readonly management: Management;
  readonly cube: QosCube;
  /** Layers below that are still to be looked at. */
  readonly ranks: number;
}

async function traceIn(walk: Walk, name: string, location: NameLocation): Promise<NameTrace> {
  const { ipcp, layer, type, key } = location;
  const ways = await waysOf(walk, ipcp, key);
  const below = walk.ranks > 0 && ways[0] ? await firstLink(walk, ways[0]) : null;
  return { name, layer, ipcp, type, cube: walk.cube, ways, below };
}

async function waysOf({ management, cube }: Walk, ipcp: string, hash: string): Promise<readonly Way[]> {
  try {
    const report = await management.ipcpReport(ipcp, 'trace', { hash, cube });
    return (report as unknown as { readonly members: readonly Way[] }).members;
  } catch (thrown) {
    if (thrown instanceof OuroborosError && thrown.code === 'EINVAL' && thrown.field === 'topic') return [];
    throw thrown;
  }
}

/** Members register the names of their IPCPs in the layer below, by which neighbours reach them. */
async function firstLink(walk: Walk, { steps }: Way): Promise<NameTrace | null> {
  const layer = steps[0]?.hop?.lowerLayer;
  const neighbor = steps[1]?.name ?? '';
  if (layer === undefined || neighbor === '') return null;
  const locations = await walk.management.nameLocate(neighbor);
  const location = locations.find((one) => one.layer === layer && one.answer === 'has');
  return location ? traceIn({ ...walk, ranks: walk.ranks - 1 }, neighbor, location) : null;
}
